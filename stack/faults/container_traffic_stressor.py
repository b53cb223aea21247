"""Sends bytes to Redis and has them sent back, at a steady rate.

Run as ``python -m stack.faults.container_traffic_stressor``. Redis keeps nothing of an ECHO, and
counts neither a hit nor a miss. SIGTERM ends this process as it ends any that does not listen to
it.
"""

import sys
import time

import redis

from stack.faults.lifeline import Lifeline
from stack.faults.stressor_options import stressor_parser

PIECE_BYTES = 128 << 10
# What a stall kept from being sent is not made up for: the rate is to be steady.
LARGEST_BACKLOG_SECONDS = 0.1
ANSWER_SECONDS = 5.0


def main() -> None:
    parser = stressor_parser(__doc__)
    parser.add_argument("--redis-host", required=True)
    parser.add_argument("--redis-port", type=int, required=True)
    parser.add_argument("--bytes-per-second", type=float, required=True, help="each way")
    options = parser.parse_args()

    lifeline = Lifeline(options.expires_seconds)
    piece = bytes(PIECE_BYTES)
    every_seconds = PIECE_BYTES / options.bytes_per_second
    with redis.Redis(
        host=options.redis_host,
        port=options.redis_port,
        socket_timeout=ANSWER_SECONDS,
        single_connection_client=True,
        protocol=2,
        driver_info=None,
    ) as client:
        due = time.monotonic()
        while lifeline.over() is None:
            due = max(due, time.monotonic() - LARGEST_BACKLOG_SECONDS) + every_seconds
            try:
                client.echo(piece)
            except redis.RedisError as error:
                sys.stderr.write(f"container traffic stressor cannot go on: {error}\n")
                break
            time.sleep(max(0.0, due - time.monotonic()))
    sys.stderr.write(f"container traffic stressor ends: {lifeline.over() or 'no answer'}\n")


if __name__ == "__main__":
    main()
