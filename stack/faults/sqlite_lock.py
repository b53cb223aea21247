"""The lock that a transaction has on an SQLite file, which SQLite gives to one at a time."""

import contextlib
import sqlite3
from pathlib import Path
from typing import Literal

SCHEME = "sqlite:///"
BUSY_SECONDS = 1.0

Kind = Literal["immediate", "exclusive"]


class SqliteLock:
    """``immediate`` keeps others from writing, ``exclusive`` also from reading but in WAL mode."""

    def __init__(self, url: str, kind: Kind) -> None:
        self._kind = kind
        self._connection = _connect(url, BUSY_SECONDS)

    def take(self) -> str | None:
        """Why it could not be had in time; None once it is held."""
        try:
            self._connection.execute(f"BEGIN {self._kind}")
        except sqlite3.OperationalError as error:
            return str(error)
        return None

    def let_go(self) -> None:
        self._connection.execute("ROLLBACK")


def refusal(url: str, kind: Kind) -> str | None:
    """What SQLite says to another transaction that such a lock keeps out; None if it lets it in."""
    try:
        with contextlib.closing(_connect(url, 0)) as connection:
            if kind == "immediate":
                connection.execute("BEGIN IMMEDIATE")
            else:
                connection.execute("SELECT 1 FROM sqlite_master").fetchall()
    except sqlite3.OperationalError as error:
        return f"SQLite answers another connection: {error}"
    return None


def _connect(url: str, busy_seconds: float) -> sqlite3.Connection:
    # A database that is not there must not be made.
    file = Path(url.removeprefix(SCHEME))
    return sqlite3.connect(
        f"{file.as_uri()}?mode=rw", uri=True, timeout=busy_seconds, isolation_level=None
    )
