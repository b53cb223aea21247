"""A double of Grafana: the two calls of its annotations API that matter here, as documented.

Not Grafana: it holds whoever calls it to the documentation, and keeps what it is given.
https://grafana.com/docs/grafana/v12.4/developer-resources/api-reference/http-api/annotations
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "glsa_of_a_service_account"
Json = dict[str, Any]


class GrafanaDouble(ThreadingHTTPServer):
    """Takes annotations from whoever has ``authorization``, and finds them by their tags."""

    daemon_threads = True

    def __init__(self, answer: "Callable[[Handler], None] | None" = None) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.authorization = f"Bearer {TOKEN}"
        self.annotations: list[Json] = []
        self.requests = 0
        # Answers in place of the API, as a Grafana that is unwell would.
        self.answer = answer

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: GrafanaDouble

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.requests += 1
        if self.server.answer is not None:
            self.server.answer(self)
        elif self.headers["Authorization"] != self.server.authorization:
            self.send_json(401, {"message": "Unauthorized"})
        elif self.path != "/api/annotations":
            self.send_json(404, {"message": "Not found"})
        elif problem := wrong_with(self.headers.get_content_type(), body):
            self.send_json(400, {"message": problem})
        else:
            self.server.annotations.append(json.loads(body))
            added = {"message": "Annotation added", "id": len(self.server.annotations)}
            self.send_json(200, added)

    def do_GET(self) -> None:
        """Find annotations: with all of the tags, between two times, no more than the limit."""
        asked = parse_qs(urlsplit(self.path).query)
        tags, limit = set(asked.get("tags", [])), int(asked.get("limit", ["100"])[0])
        begin, end = (int(asked[name][0]) for name in ("from", "to"))
        found = [
            one
            for one in self.server.annotations
            if tags <= set(one["tags"])
            and one["time"] <= end
            and one.get("timeEnd", one["time"]) >= begin
        ]
        self.send_json(200, found[:limit])

    def send_json(self, status: int, document: object) -> None:
        self.send_text(status, json.dumps(document), "application/json")

    def send_text(self, status: int, text: str, kind: str = "text/html") -> None:
        data = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        pass


def wrong_with(content_type: str, body: bytes) -> str:
    """What of a new annotation is not as documented; "" if nothing."""
    if content_type != "application/json":
        return f"Content-Type is {content_type}"
    one = json.loads(body)
    if not isinstance(one.get("text"), str) or not one["text"]:
        return "text is required"
    if unknown := set(one) - {"dashboardUID", "panelId", "time", "timeEnd", "tags", "text"}:
        return f"there is no {unknown}"
    tags = one.get("tags", [])
    if not isinstance(tags, list) or not all(isinstance(tag, str) and tag for tag in tags):
        return "tags are a list of strings"
    for name in ("time", "timeEnd"):
        # Seconds, or a fraction, would stand in January 1970.
        if name in one and (type(one[name]) is not int or one[name] < 1_000_000_000_000):
            return f"{name} is in unix milliseconds"
    return "timeEnd is before time" if one.get("timeEnd", one["time"]) < one["time"] else ""


@contextmanager
def running(double: GrafanaDouble) -> Iterator[GrafanaDouble]:
    thread = Thread(target=double.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield double
    finally:
        double.shutdown()
        thread.join()
        double.server_close()
