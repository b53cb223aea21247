"""The sink as a Flask app: token, size limit, outages, errors as JSON, and refusals kept."""

import hmac
import time
from collections.abc import Iterator

from flask import Blueprint, Flask, Response, g, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from sink.answers import failure_answer
from sink.intake import RefusedError
from sink.journal import DISCORD, SLACK, WEBHOOK
from sink.outage import STATUSES, Outages
from sink.refusals import RefusalLog

RECEIVING = (WEBHOOK, SLACK, DISCORD)
NOT_ANSWERED = 0
"""What stands for the status of a refusal that was no answer at all."""


def create_app(
    endpoints: list[Blueprint],
    refusals: RefusalLog,
    outages: Outages,
    token: str | None,
    most_body_bytes: int,
) -> Flask:
    """The app that serves ``endpoints``. Where ``token`` is None, nobody is asked for one."""
    app = Flask("sink", static_folder=None)
    # Otherwise a path with an empty receiver name would be redirected, not refused.
    app.url_map.merge_slashes = False

    @app.before_request
    def check() -> ResponseReturnValue | None:
        # The URL of a chat is its secret, as it is with the services: the endpoint checks it.
        if request.endpoint != "query.health" and request.blueprint not in (SLACK, DISCORD):
            _check_token(token)
        if len(request.get_data()) > most_body_bytes:
            raise RefusedError(413, f"the body is larger than {most_body_bytes} bytes")
        return _meet_outage() if request.blueprint in RECEIVING else None

    @app.after_request
    def delay(response: Response) -> Response:
        """What a slow receiver took it has stored by now."""
        outage = g.get("slow_outage")
        if outage is not None:
            outages.hold(outage, outage.delay_seconds)
        return response

    @app.errorhandler(RefusedError)
    def refuse(error: RefusedError) -> ResponseReturnValue:
        _remember(error.status, error.why)
        if error.answer is not None:
            return error.answer.response(error.status)
        return _refusal(error.status, error.why)

    @app.errorhandler(404)
    def refuse_path(_error: HTTPException) -> ResponseReturnValue:
        why = "nothing at this path: notifications go to /receivers/NAME/webhook"
        _remember(404, why)
        return _refusal(404, why)

    @app.errorhandler(HTTPException)
    def refuse_by_framework(error: HTTPException) -> ResponseReturnValue:
        status, why = error.code or 500, f"{error.name}: {error.description}"
        _remember(status, why)
        return _refusal(status, why)

    def _meet_outage() -> ResponseReturnValue | None:
        outage = outages.meet(
            (request.view_args or {}).get("receiver", ""), counted=request.method == "POST"
        )
        if outage is None:
            return None
        why = f"the receiver {outage.how}, as it was told to through /control"
        if outage.how in STATUSES:
            status = STATUSES[outage.how]
            raise RefusedError(status, why, failure_answer(request.blueprint or "", status))
        if outage.how == "answers slowly":
            g.slow_outage = outage
            return None
        _remember(NOT_ANSWERED, why)
        if outage.how == "never answers":
            outages.hold(outage)
        return Response(_cut_off())

    def _remember(status: int, why: str) -> None:
        if request.method in ("GET", "HEAD"):
            return
        refusals.add(
            at=time.time(),
            receiver=(request.view_args or {}).get("receiver", ""),
            method=request.method,
            path=request.path,
            status=status,
            why=why,
            body=request.get_data(),
        )

    for endpoint in endpoints:
        app.register_blueprint(endpoint)
    return app


def _refusal(status: int, why: str) -> Response:
    response = jsonify(error={"message": why})
    response.status_code = status
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _cut_off() -> Iterator[bytes]:
    """A body at which the server closes the connection, before it has sent anything."""
    raise ConnectionAbortedError("closed by an outage that was asked for")
    yield b""


def _check_token(token: str | None) -> None:
    if token is None:
        return
    header = request.headers.get("Authorization", "")
    scheme, _, given = header.partition(" ")
    if scheme.lower() != "bearer":
        raise RefusedError(401, "no bearer token: send the header `Authorization: Bearer TOKEN`")
    if not hmac.compare_digest(given.strip().encode(), token.encode()):
        raise RefusedError(401, "wrong bearer token")
