"""The HTTP server of the API: waitress with threads, saying in JSON even what is no HTTP."""

import json
from typing import Any

from flask import Flask
from waitress.channel import HTTPChannel  # type: ignore[import-untyped]
from waitress.server import create_server  # type: ignore[import-untyped]
from waitress.task import ErrorTask  # type: ignore[import-untyped]

MOST_CONNECTIONS = 4000
# Above the API's own limit, so that it can name that limit itself for all but absurd bodies.
MOST_BODY_BYTES = 16 * 1024 * 1024


def build_server(app: Flask, host: str, port: int, threads: int) -> Any:
    """Listen at once; `run()` then serves.

    Raises:
        OSError: the port is taken or not allowed.
    """
    server = create_server(
        app,
        host=host,
        port=port,
        threads=threads,
        ident=None,
        connection_limit=MOST_CONNECTIONS,
        asyncore_use_poll=True,
        max_request_body_size=MOST_BODY_BYTES,
    )
    server.channel_class = _Channel
    return server


class _JsonError:
    """A refusal of the server's own, such as a malformed header, in the API's shape."""

    def __init__(self, error: Any) -> None:
        self._error = error

    def to_response(self, _ident: str | None) -> tuple[str, list[tuple[str, str]], bytes]:
        message = f"{self._error.reason}: {self._error.body}"
        body = json.dumps({"error": {"message": message, "field": None}}).encode()
        status = f"{self._error.code} {self._error.reason}"
        return status, [("Content-Type", "application/json")], body


class _ErrorTask(ErrorTask):  # type: ignore[misc]
    def execute(self) -> None:
        self.request.error = _JsonError(self.request.error)
        super().execute()


class _Channel(HTTPChannel):  # type: ignore[misc]
    error_task_class = _ErrorTask
