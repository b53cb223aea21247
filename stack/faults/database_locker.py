"""Locks a database as another program would that writes to it and does not finish.

Run as ``python -m stack.faults.database_locker``, with the database's address in DATABASE_URL.
SIGTERM ends it at once; the system then takes its lock away, and nothing was written.
"""

import os
import sys
import time
from typing import Protocol, get_args

from stack.faults import sqlite_lock
from stack.faults.lifeline import Lifeline
from stack.faults.sqlite_lock import Kind, SqliteLock
from stack.faults.stressor_options import stressor_parser

# Where the address is found: it may hold a password, which no command line may show.
URL_VARIABLE = "DATABASE_URL"
# Written each time the lock is taken, with the unix seconds.
LOCKED = "locked at"
LOOK_EVERY_SECONDS = 0.05
TRY_EVERY_SECONDS = 0.01


class Lock(Protocol):
    """What keeps others out of the database for as long as it is held."""

    def take(self) -> str | None: ...

    def let_go(self) -> None: ...


def lock_of(url: str, kind: Kind) -> Lock:
    """The lock of a database's own sort."""
    if url.startswith(sqlite_lock.SCHEME):
        return SqliteLock(url, kind)
    # Loaded here: it takes longer than an SQLite file is locked in.
    from stack.faults.postgresql_lock import PostgresqlLock  # noqa: PLC0415

    return PostgresqlLock(url, kind)


def wait(seconds: float, lifeline: Lifeline) -> None:
    """Let the time pass, or what is left of the lifeline."""
    until = time.monotonic() + seconds
    while lifeline.over() is None and (left := until - time.monotonic()) > 0:
        time.sleep(min(left, LOOK_EVERY_SECONDS))


def main() -> None:
    parser = stressor_parser(__doc__)
    parser.add_argument("--lock", choices=get_args(Kind), required=True)
    parser.add_argument("--held-seconds", type=float, required=True)
    parser.add_argument("--free-seconds", type=float, required=True)
    options = parser.parse_args()

    lifeline = Lifeline(options.expires_seconds)
    lock = lock_of(os.environ[URL_VARIABLE], options.lock)
    told = ""
    while lifeline.over() is None:
        refused = lock.take()
        if refused is not None:
            if refused != told:
                sys.stderr.write(f"not locked, tries again: {refused}\n")
            told = refused
            time.sleep(TRY_EVERY_SECONDS)
            continue
        sys.stderr.write(f"{LOCKED} {time.time()}\n")
        wait(options.held_seconds, lifeline)
        lock.let_go()
        wait(options.free_seconds, lifeline)
    sys.stderr.write(f"database locker ends: {lifeline.over()}\n")


if __name__ == "__main__":
    main()
