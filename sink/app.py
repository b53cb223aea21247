"""The sink as a Flask app: the token, the size limit, errors as JSON, and refusals kept."""

import hmac
import time

from flask import Blueprint, Flask, Response, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from sink.intake import RefusedError
from sink.refusals import RefusalLog


def create_app(
    endpoints: list[Blueprint], refusals: RefusalLog, token: str | None, most_body_bytes: int
) -> Flask:
    """The app that serves ``endpoints``. Where ``token`` is None, nobody is asked for one."""
    app = Flask("sink", static_folder=None)
    # Otherwise a path with an empty receiver name would be redirected, not refused.
    app.url_map.merge_slashes = False

    @app.before_request
    def check() -> None:
        if request.endpoint != "query.health":
            _check_token(token)
        if len(request.get_data()) > most_body_bytes:
            raise RefusedError(413, f"the body is larger than {most_body_bytes} bytes")

    @app.errorhandler(RefusedError)
    def refuse(error: RefusedError) -> ResponseReturnValue:
        return _refusal(error.status, error.why)

    @app.errorhandler(404)
    def refuse_path(_error: HTTPException) -> ResponseReturnValue:
        return _refusal(404, "nothing at this path: notifications go to /receivers/NAME/webhook")

    @app.errorhandler(HTTPException)
    def refuse_by_framework(error: HTTPException) -> ResponseReturnValue:
        return _refusal(error.code or 500, f"{error.name}: {error.description}")

    def _refusal(status: int, why: str) -> Response:
        if request.method not in ("GET", "HEAD"):
            refusals.add(
                at=time.time(),
                receiver=(request.view_args or {}).get("receiver", ""),
                method=request.method,
                path=request.path,
                status=status,
                why=why,
                body=request.get_data(),
            )
        response = jsonify(error={"message": why})
        response.status_code = status
        if status == 401:
            response.headers["WWW-Authenticate"] = "Bearer"
        return response

    for endpoint in endpoints:
        app.register_blueprint(endpoint)
    return app


def _check_token(token: str | None) -> None:
    if token is None:
        return
    header = request.headers.get("Authorization", "")
    scheme, _, given = header.partition(" ")
    if scheme.lower() != "bearer":
        raise RefusedError(401, "no bearer token: send the header `Authorization: Bearer TOKEN`")
    if not hmac.compare_digest(given.strip().encode(), token.encode()):
        raise RefusedError(401, "wrong bearer token")
