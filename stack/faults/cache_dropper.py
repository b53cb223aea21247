"""Deletes the cached catalogue from Redis at a steady rate, whether or not it is there.

Run as ``python -m stack.faults.cache_dropper``. It goes on while Redis is gone, and SIGTERM ends
it at once.
"""

import sys
import time

import redis

from stack.faults.lifeline import Lifeline
from stack.faults.stressor_options import stressor_parser

CACHED_KEY = "catalogue:events"
ANSWER_SECONDS = 1.0


def main() -> None:
    parser = stressor_parser(__doc__)
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--drops-per-second", type=float, required=True)
    options = parser.parse_args()

    lifeline = Lifeline(options.expires_seconds)
    client = redis.Redis(host=options.host, port=options.port, socket_timeout=ANSWER_SECONDS)
    due = time.monotonic()
    while lifeline.over() is None:
        try:
            client.unlink(CACHED_KEY)
        except redis.RedisError as error:
            sys.stderr.write(f"not dropped: {error}\n")
        # After a stall it goes on from now: a burst of drops would be fewer misses, not more.
        due = max(due + 1 / options.drops_per_second, time.monotonic())
        time.sleep(due - time.monotonic() if due > time.monotonic() else 0)
    sys.stderr.write(f"cache dropper ends: {lifeline.over()}\n")


if __name__ == "__main__":
    main()
