"""Connects to PostgreSQL until so many of its connections are taken, and holds its own.

Run as ``python -m stack.faults.database_connection_stressor``, with the database's address in
DATABASE_URL. SIGTERM ends it at once, and the connections with it.
"""

import os
import sys
import time
from math import ceil

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from stack.faults.database_locker import URL_VARIABLE
from stack.faults.lifeline import Lifeline
from stack.faults.postgresql import CONNECTIONS, connections, engine_for
from stack.faults.stressor_options import stressor_parser

LOOK_EVERY_SECONDS = 0.1
# Written once there are as many connections as wanted.
HOLDS = "holds all of its connections"


def main() -> int:
    parser = stressor_parser(__doc__)
    parser.add_argument("--used-ratio", type=float, required=True)
    options = parser.parse_args()

    lifeline = Lifeline(options.expires_seconds)
    engine = engine_for(os.environ[URL_VARIABLE], CONNECTIONS)
    held: list[Connection] = []
    missing = 1
    try:
        while len(held) < missing:
            held.append(engine.connect())
            if len(held) == 1:
                found = connections(held[0], CONNECTIONS)
                missing = ceil(options.used_ratio * found.most) - found.all + 1
    except SQLAlchemyError as error:
        sys.stderr.write(f"only {len(held)} of {missing} connections: {error}\n")
        return 1
    sys.stderr.write(f"{HOLDS}: {len(held)}\n")
    while lifeline.over() is None:
        time.sleep(LOOK_EVERY_SECONDS)
    sys.stderr.write(f"database connection stressor ends: {lifeline.over()}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
