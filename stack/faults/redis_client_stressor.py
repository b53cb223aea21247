"""Connects to Redis many times, lets each connection be answered once, and holds them all.

Run as ``python -m stack.faults.redis_client_stressor``. SIGTERM ends it at once, and the
connections with it.
"""

import socket
import sys
import time

from stack.faults.lifeline import Lifeline
from stack.faults.stressor_options import stressor_parser

ANSWER_SECONDS = 2.0
LOOK_EVERY_SECONDS = 0.1
PONG = b"+PONG\r\n"


def connect(host: str, port: int) -> socket.socket:
    """A connection that Redis has answered on. Raises OSError."""
    connection = socket.create_connection((host, port), timeout=ANSWER_SECONDS)
    connection.sendall(b"PING\r\n")
    answer = b""
    while len(answer) < len(PONG) and (piece := connection.recv(len(PONG))):
        answer += piece
    if answer != PONG:
        raise ConnectionError(f"Redis answered {answer!r} to PING")
    return connection


def main() -> int:
    parser = stressor_parser(__doc__)
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--clients", type=int, required=True)
    options = parser.parse_args()

    lifeline = Lifeline(options.expires_seconds)
    held: list[socket.socket] = []
    try:
        for _ in range(options.clients):
            held.append(connect(options.host, options.port))
    except OSError as error:
        sys.stderr.write(f"only {len(held)} of {options.clients} connections: {error}\n")
        return 1
    sys.stderr.write(f"holds {len(held)} connections\n")
    while lifeline.over() is None:
        time.sleep(LOOK_EVERY_SECONDS)
    sys.stderr.write(f"redis client stressor ends: {lifeline.over()}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
