"""Begins uploads that never end, until the API's process holds as much memory as wanted.

Run as ``python -m stack.faults.upload_stressor``. SIGTERM ends it at once, and with it every
upload: the kernel closes the connections.
"""

import socket
import sys
import time
from urllib.parse import urlsplit

from stack.faults.app_memory import resident_bytes
from stack.faults.lifeline import Lifeline
from stack.faults.stressor_options import stressor_parser

# Of a request body the server keeps half a MiB in memory; what goes beyond it puts into a file.
HELD_BYTES = 480 << 10
ANNOUNCED_BYTES = 8 << 20
MOST_UPLOADS = 900
# At ten looks a second 40 MB a second: a slow network, and no surge of traffic on the host.
MOST_AT_ONCE = 8
LOOK_EVERY_SECONDS = 0.1
# The server closes a connection on which nothing came for two minutes.
ALIVE_EVERY_SECONDS = 30.0
CONNECT_SECONDS = 5.0


class Uploads:
    """Requests under way, each with a part of its body sent and the rest owing."""

    def __init__(self, app_url: str) -> None:
        url = urlsplit(app_url)
        self._address = (url.hostname or "127.0.0.1", url.port or 80)
        self._head = (
            f"POST /api/orders HTTP/1.1\r\nHost: {url.netloc}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {ANNOUNCED_BYTES}\r\n\r\n"
        ).encode()
        self._connections: list[socket.socket] = []

    def begin(self, count: int) -> None:
        """So many more, up to MOST_UPLOADS in all. Raises OSError."""
        for _ in range(min(count, MOST_UPLOADS - len(self._connections))):
            connection = socket.create_connection(self._address, timeout=CONNECT_SECONDS)
            self._connections.append(connection)
            connection.sendall(self._head + b" " * HELD_BYTES)

    def keep_alive(self) -> None:
        """One more byte of each. Raises OSError."""
        for connection in self._connections:
            connection.sendall(b" ")


def main() -> None:
    parser = stressor_parser(__doc__)
    parser.add_argument("--app-url", required=True)
    parser.add_argument("--metrics-url", required=True)
    parser.add_argument("--resident-bytes", type=float, required=True)
    options = parser.parse_args()

    lifeline = Lifeline(options.expires_seconds)
    uploads = Uploads(options.app_url)
    alive_at = time.monotonic()
    while lifeline.over() is None:
        try:
            missing = options.resident_bytes - resident_bytes(options.metrics_url)
            uploads.begin(min(MOST_AT_ONCE, int(missing // HELD_BYTES)))
            if time.monotonic() - alive_at >= ALIVE_EVERY_SECONDS:
                uploads.keep_alive()
                alive_at = time.monotonic()
        except OSError as error:
            sys.stderr.write(f"upload stressor cannot go on: {error}\n")
            break
        time.sleep(LOOK_EVERY_SECONDS)
    sys.stderr.write(f"upload stressor ends: {lifeline.over() or 'the API refuses uploads'}\n")


if __name__ == "__main__":
    main()
