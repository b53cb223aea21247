"""A small service to be drilled: takes pictures, makes thumbnails in the background, counts.

POST /thumbnails   one more picture to shrink
GET  /metrics
GET, PUT /control  what is broken in it, as its operator sets it: {"failure_ratio": 0.3} or
                   {"stopped": 1}. It heals itself after five minutes.
"""

import argparse
import json
import queue
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest

SHRINKING_SECONDS = 0.01
HEALS_AFTER_SECONDS = 300.0
HEALTHY = {"failure_ratio": 0.0, "stopped": 0.0}

registry = CollectorRegistry()
jobs = Counter("thumbnail_jobs", "Thumbnails by result.", ["result"], registry=registry)
waiting = Gauge("thumbnail_jobs_waiting", "Pictures nobody has shrunk yet.", registry=registry)
failed, done = jobs.labels(result="failed"), jobs.labels(result="done")
pictures: queue.SimpleQueue[None] = queue.SimpleQueue()


class Broken:
    """What is broken now, until it heals itself."""

    def __init__(self) -> None:
        self._set = dict(HEALTHY)
        self._heals_at = 0.0

    def now(self) -> dict[str, float]:
        return dict(self._set) if time.monotonic() < self._heals_at else dict(HEALTHY)

    def put(self, wanted: dict[str, Any]) -> None:
        """Raises ValueError for what cannot be broken."""
        if not wanted.keys() <= HEALTHY.keys():
            raise ValueError(f"write one of {', '.join(HEALTHY)}")
        self._set = {**self.now(), **{name: float(value) for name, value in wanted.items()}}
        self._heals_at = time.monotonic() + HEALS_AFTER_SECONDS


broken = Broken()
waiting.set_function(pictures.qsize)


def shrink() -> None:
    """One picture after another; of those that fail each comes as long after the last."""
    failures_due = 0.0
    while True:
        if broken.now()["stopped"]:
            time.sleep(SHRINKING_SECONDS)
            continue
        pictures.get()
        time.sleep(SHRINKING_SECONDS)
        failures_due += broken.now()["failure_ratio"]
        if failures_due >= 1:
            failures_due -= 1
            failed.inc()
        else:
            done.inc()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path == "/metrics":
            self._answer(200, generate_latest(registry), "text/plain; version=0.0.4")
        elif self.path == "/control":
            self._answer(200, json.dumps(broken.now()).encode())
        else:
            self._answer(404, b"{}")

    def do_POST(self) -> None:
        self._body()
        if self.path == "/thumbnails":
            pictures.put(None)
            self._answer(202, b"{}")
        else:
            self._answer(404, b"{}")

    def do_PUT(self) -> None:
        try:
            broken.put(json.loads(self._body()))
        except (ValueError, TypeError, AttributeError) as error:
            self._answer(400, json.dumps({"error": str(error)}).encode())
        else:
            self._answer(200, json.dumps(broken.now()).encode())

    def log_message(self, *_: object) -> None:
        """Say nothing: a scrape every two seconds is no news."""

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def _answer(self, status: int, body: bytes, kind: str = "application/json") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    threading.Thread(target=shrink, daemon=True).start()
    ThreadingHTTPServer(("127.0.0.1", parser.parse_args().port), Handler).serve_forever()
