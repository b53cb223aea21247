"""Takes a lock of PostgreSQL's in one session, and lets others wait for it.

Run as ``python -m stack.faults.database_lock_stressor``, with the database's address in
DATABASE_URL. SIGTERM ends it at once; PostgreSQL then gives the lock to one after another, each of
which is gone.
"""

import os
import sys
import threading
import time

from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from stack.faults.database_locker import URL_VARIABLE
from stack.faults.lifeline import Lifeline
from stack.faults.postgresql import LOCK_WAITS, engine_for
from stack.faults.stressor_options import stressor_parser

LOOK_EVERY_SECONDS = 0.1
# Advisory locks have no names; any number that nobody else uses.
LOCK = text("SELECT pg_advisory_lock(7081923)")


def main() -> int:
    parser = stressor_parser(__doc__)
    parser.add_argument("--sessions", type=int, required=True)
    options = parser.parse_args()

    lifeline = Lifeline(options.expires_seconds)
    engine = engine_for(os.environ[URL_VARIABLE], LOCK_WAITS)
    held: list[Connection] = []
    try:
        for _ in range(options.sessions + 1):
            held.append(engine.connect())
        held[0].execute(LOCK)
    except SQLAlchemyError as error:
        sys.stderr.write(f"only {len(held)} of {options.sessions + 1} sessions: {error}\n")
        return 1
    for session in held[1:]:
        threading.Thread(target=session.execute, args=(LOCK,), daemon=True).start()
    while lifeline.over() is None:
        time.sleep(LOOK_EVERY_SECONDS)
    sys.stderr.write(f"database lock stressor ends: {lifeline.over()}\n")
    # Not by way of the interpreter's own end, which would wait for what waits.
    sys.stderr.flush()
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
