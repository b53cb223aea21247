"""Serves /metrics on a port and in threads of its own, from memory alone: it waits for nothing."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, CollectorRegistry, generate_latest

IDLE_CONNECTION_SECONDS = 120


class MetricsListener:
    """A small HTTP server beside the API's, so that neither the API's workers nor what they wait
    for can delay a scrape.

    It speaks the classic text format only: gauges named *_total, as two here are, have no place
    in OpenMetrics.
    """

    def __init__(self, host: str, port: int, registry: CollectorRegistry) -> None:
        """Listen at once.

        Raises:
            OSError: the port is taken or not allowed.
        """

        class Handler(_Handler):
            source = registry

        self._server = ThreadingHTTPServer((host, port), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, name="metrics-listener", daemon=True
        )

    def start(self) -> None:
        """Answer from now on."""
        self._thread.start()


class _Handler(BaseHTTPRequestHandler):
    source: CollectorRegistry
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = IDLE_CONNECTION_SECONDS

    def do_GET(self) -> None:
        if self.path.partition("?")[0] != "/metrics":
            self.send_error(404, "only /metrics is here")
            return
        page = generate_latest(self.source)
        self.send_response(200)
        self.send_header("Content-Type", CONTENT_TYPE_PLAIN_0_0_4)
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, format: str, *arguments: object) -> None:
        """Scrapes are not worth a log line each."""
