"""Sends bytes to itself through the loopback, at a steady rate.

Run as ``python -m stack.faults.network_stressor``. One connection, large pieces, one thread: a
hundred megabytes a second take a few hundredths of a core. SIGTERM ends it as it ends any program
that does not listen to it.
"""

import contextlib
import socket
import sys
import time

from stack.faults.lifeline import Lifeline
from stack.faults.stressor_options import stressor_parser

LOOPBACK = "127.0.0.1"
PIECE_BYTES = 256 << 10
PERIOD_SECONDS = 0.01
# What a stall kept from being sent is not made up for: the rate is to be steady.
LARGEST_BACKLOG_SECONDS = 0.1


class Pipe:
    """A connection of this process with itself through the loopback."""

    def __init__(self) -> None:
        with socket.create_server((LOOPBACK, 0)) as server:
            self._sender = socket.create_connection(server.getsockname()[:2])
            self._receiver, _ = server.accept()
        # It must not wait for the one who receives: that is this thread too.
        self._sender.setblocking(False)
        self._piece = bytes(PIECE_BYTES)
        self._received = bytearray(PIECE_BYTES)

    def carry(self, count: int) -> None:
        """Send and receive so many bytes."""
        sent = received = 0
        while received < count:
            with contextlib.suppress(BlockingIOError):
                sent += self._sender.send(memoryview(self._piece)[: count - sent])
            received += self._receiver.recv_into(self._received)


def main() -> None:
    parser = stressor_parser(__doc__)
    parser.add_argument("--bytes-per-second", type=float, required=True)
    options = parser.parse_args()

    lifeline = Lifeline(options.expires_seconds)
    pipe = Pipe()
    carried_until = time.monotonic()
    while lifeline.over() is None:
        time.sleep(PERIOD_SECONDS)
        now = time.monotonic()
        carried_until = max(carried_until, now - LARGEST_BACKLOG_SECONDS)
        pipe.carry(int((now - carried_until) * options.bytes_per_second))
        carried_until = now
    sys.stderr.write(f"network stressor ends: {lifeline.over()}\n")


if __name__ == "__main__":
    main()
