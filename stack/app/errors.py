"""Errors as callers see them: for every failure JSON, with a message and the field at fault."""

import logging

from flask import Flask, Response, jsonify
from werkzeug.exceptions import HTTPException

from stack.app.database import DATABASE_OUTAGES
from stack.app.redis_link import RedisUnavailableError

log = logging.getLogger(__name__)


class ApiError(Exception):
    """A request that is answered with an error the caller can act on."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        field: str | None = None,
        retry_after_seconds: int | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.field = field
        self.retry_after_seconds = retry_after_seconds


def error_response(status: int, message: str, field: str | None = None) -> Response:
    """The one shape all errors have."""
    response = jsonify(error={"message": message, "field": field})
    response.status_code = status
    return response


def install(app: Flask) -> None:
    """Make every failure of `app` a JSON answer; what nobody foresaw is logged and is a 500."""
    app.register_error_handler(ApiError, _api_error)
    app.register_error_handler(HTTPException, _http_exception)
    app.register_error_handler(RedisUnavailableError, _redis_unavailable)
    for kind in DATABASE_OUTAGES:
        app.register_error_handler(kind, _database_unavailable)
    app.register_error_handler(Exception, _unforeseen)


def _api_error(error: ApiError) -> Response:
    response = error_response(error.status, error.message, error.field)
    if error.retry_after_seconds is not None:
        response.headers["Retry-After"] = str(error.retry_after_seconds)
    return response


def _http_exception(error: HTTPException) -> Response:
    # The original's headers carry what the status demands, such as Allow on 405.
    response = error_response(error.code or 500, error.description or error.name)
    for name, value in error.get_headers():
        if name not in ("Content-Type", "Content-Length"):
            response.headers[name] = value
    return response


def _redis_unavailable(error: RedisUnavailableError) -> Response:
    log.debug("waiting room unavailable: %s", error)
    response = error_response(503, "the waiting room is not available now; try again shortly")
    response.headers["Retry-After"] = "1"
    return response


def _database_unavailable(error: Exception) -> Response:
    log.warning("database unavailable: %s", error)
    response = error_response(503, "the shop's records are not available now; try again shortly")
    response.headers["Retry-After"] = "1"
    return response


def _unforeseen(error: Exception) -> Response:
    log.error("unforeseen failure", exc_info=error)
    return error_response(500, "the server failed to handle this request; the failure was logged")
