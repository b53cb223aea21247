"""A settings file with all that it needs, and servers that stand where remote ones would."""

import json
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from stack.run.external.settings import ExternalSettings, read_settings

TOKEN = "a-token-of-some-length"
SETTINGS = """# Where it is.
prometheus: {prometheus}
alertmanager: {alertmanager}
app: http://127.0.0.1:9
sink:
  listen: 127.0.0.1:{port}
  url: http://drills.staging:9000
  token_file: sink-token
drills: drills
"""


class Remote:
    """An HTTP server with the APIs that are asked; its clock is ``ahead_seconds`` of this host's.

    ``answers`` has the data of Prometheus' answers and the documents of Alertmanager's, by path.
    """

    def __init__(self) -> None:
        self.ahead_seconds = 0.0
        self.answers: dict[str, Any] = {
            "/api/v1/status/config": {"yaml": "global: {}"},
            "/api/v1/status/runtimeinfo": {"startTime": "2026-11-23T03:02:11Z"},
            "/api/v1/rules": {"groups": []},
            "/api/v2/receivers": [],
            "/api/v2/status": {
                "config": {"original": "route: {receiver: a}"},
                "uptime": "2026-11-23T03:02:10Z",
            },
        }
        self.text: dict[str, str] = {}
        self.authorizations: list[str | None] = []
        remote = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                remote.authorizations.append(self.headers.get("Authorization"))
                path = self.path.partition("?")[0]
                status, body = remote.answer(path)
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def date_time_string(self, _timestamp: float | None = None) -> str:
                return super().date_time_string(time.time() + remote.ahead_seconds)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        Thread(target=self._server.serve_forever, daemon=True).start()

    def answer(self, path: str) -> tuple[int, bytes]:
        if path == "/api/v1/query":
            now = int((time.time() + self.ahead_seconds) * 1000) / 1000
            data = {"resultType": "scalar", "result": [now, str(now)]}
        elif path in self.text:
            return 200, self.text[path].encode()
        elif path in self.answers:
            data = self.answers[path]
        else:
            return 404, b"404 page not found"
        whole = {"status": "success", "data": data} if path.startswith("/api/v1/") else data
        return 200, json.dumps(whole).encode()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def remote() -> Iterator[Remote]:
    server = Remote()
    yield server
    server.close()


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., Path]:
    """Write a settings file with these texts replaced, and what it names."""

    def write(
        *edits: tuple[str, str],
        prometheus: str = "http://127.0.0.1:9",
        alertmanager: str = "http://127.0.0.1:9",
        port: int = 9000,
    ) -> Path:
        (tmp_path / "sink-token").write_text(TOKEN)
        (tmp_path / "drills").mkdir(exist_ok=True)
        text = SETTINGS.format(prometheus=prometheus, alertmanager=alertmanager, port=port)
        for old, new in edits:
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        path = tmp_path / "external.yml"
        path.write_text(text)
        return path

    return write


@pytest.fixture
def settings_of(written: Callable[..., Path]) -> Callable[..., ExternalSettings]:
    return lambda *edits, **where: read_settings(written(*edits, **where))
