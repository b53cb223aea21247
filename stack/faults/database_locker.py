"""Locks an SQLite database as another program would that writes to it and does not finish.

Run as ``python -m stack.faults.database_locker``. SIGTERM ends it at once; the system then takes
its lock away, and nothing was written.
"""

import argparse
import sqlite3
import sys
import time
from pathlib import Path

from stack.faults.lifeline import Lifeline

LOCKS = ("immediate", "exclusive")
# Written each time the lock is taken, with the unix seconds.
LOCKED = "locked at"
BUSY_SECONDS = 1.0
LOOK_EVERY_SECONDS = 0.05


def wait(seconds: float, lifeline: Lifeline) -> None:
    """Let the time pass, or what is left of the lifeline."""
    until = time.monotonic() + seconds
    while lifeline.over() is None and (left := until - time.monotonic()) > 0:
        time.sleep(min(left, LOOK_EVERY_SECONDS))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stack-directory", required=True, help="names the stack it belongs to")
    parser.add_argument("--database", type=Path, required=True)
    parser.add_argument("--lock", choices=LOCKS, required=True)
    parser.add_argument("--held-seconds", type=float, required=True)
    parser.add_argument("--free-seconds", type=float, required=True)
    parser.add_argument("--expires-seconds", type=float, required=True)
    options = parser.parse_args()

    lifeline = Lifeline(options.expires_seconds)
    # A database that is not there must not be made.
    connection = sqlite3.connect(
        f"{options.database.as_uri()}?mode=rw", uri=True, timeout=BUSY_SECONDS, isolation_level=None
    )
    while lifeline.over() is None:
        try:
            connection.execute(f"BEGIN {options.lock}")
        except sqlite3.OperationalError as error:
            sys.stderr.write(f"not locked, tries again: {error}\n")
            continue
        sys.stderr.write(f"{LOCKED} {time.time()}\n")
        wait(options.held_seconds, lifeline)
        connection.execute("ROLLBACK")
        wait(options.free_seconds, lifeline)
    sys.stderr.write(f"database locker ends: {lifeline.over()}\n")


if __name__ == "__main__":
    main()
