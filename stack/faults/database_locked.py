"""The app's database is locked by another program."""

import contextlib
import sqlite3
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

from stack.faults.database_locker import LOCKED
from stack.faults.disturbance import EXPIRES_SECONDS
from stack.faults.fault import FaultError, Readback
from stack.faults.parameters import require_ratio, require_seconds
from stack.faults.stressed import Stressed
from stack.run.stack import Stack

SQLITE = "sqlite:///"
FREE = "the database is not locked"
# How late a turn of the lock may be, as it waits for the app to let go.
TURN_LATE_SECONDS = 1.0


@dataclass(frozen=True)
class DatabaseLocked(Stressed):
    """Another process begins a transaction on the SQLite file and does not end it.

    An ``immediate`` one keeps others from writing; an ``exclusive`` one also from reading, unless
    the database is in WAL mode. With ``free_seconds`` the lock is held for ``held_seconds``, let
    go for so long, and taken again. A statement waits for the app's own ``timeout_seconds``,
    holding its connection, and then fails: that is the lag. Nothing is written, and the lock goes
    with its process, after ``expires_seconds`` at the latest.

    ``failing_ratio`` is how many statements fail for each that was made before, at least: fewer
    come while every connection waits, so a ratio over a range that began before rises no faster.
    """

    name: ClassVar[str] = "database_locked"
    stressor: ClassVar[str] = "stack.faults.database_locker"

    lock: Literal["immediate", "exclusive"]
    held_seconds: float = EXPIRES_SECONDS
    free_seconds: float = 0.0
    timeout_seconds: float = 5.0
    failing_ratio: float | None = None

    def __post_init__(self) -> None:
        for field in ("held_seconds", "timeout_seconds", "expires_seconds"):
            require_seconds(self, field)
        if self.free_seconds:
            require_seconds(self, "free_seconds")
        if self.failing_ratio is not None:
            require_ratio(self, "failing_ratio")

    @property
    def wanted(self) -> Mapping[str, float | str]:
        return {name: value for name, value in super().wanted.items() if value is not None}

    @property
    def symptom_ratio(self) -> float | None:
        return self.failing_ratio

    @property
    def lag_seconds(self) -> float:
        return self.timeout_seconds

    def arguments(self, stack: Stack, /) -> Sequence[str]:
        return [
            *("--database", str(self._file(stack))),
            *("--lock", self.lock),
            *("--held-seconds", str(self.held_seconds)),
            *("--free-seconds", str(self.free_seconds)),
        ]

    def effect(self, stack: Stack, /) -> Readback:
        """Another connection is refused what the lock keeps from it.

        Of a lock that is let go again and again, the process itself says when it had it last.
        """
        if self.free_seconds:
            return self._last_turn(stack)
        refusal = self._refusal(stack)
        return Readback(refusal is not None, refusal or FREE)

    def aftermath(self, stack: Stack, /) -> Readback:
        """Another connection gets what the lock kept from it."""
        refusal = self._refusal(stack)
        return Readback(refusal is None, refusal or FREE)

    def _last_turn(self, stack: Stack) -> Readback:
        turns = [
            float(line.removeprefix(LOCKED))
            for line in stack.process_log(self.name).splitlines()
            if line.startswith(LOCKED)
        ]
        if not turns:
            return Readback(False, FREE)
        ago_seconds = time.time() - turns[-1]
        return Readback(
            ago_seconds <= self.held_seconds + self.free_seconds + TURN_LATE_SECONDS,
            f"the database was locked {ago_seconds:.2f} s ago",
        )

    def _refusal(self, stack: Stack) -> str | None:
        """What SQLite says to a transaction that the lock keeps out; None where it lets it in."""
        file = self._file(stack)
        try:
            with contextlib.closing(
                sqlite3.connect(
                    f"{file.as_uri()}?mode=rw", uri=True, timeout=0, isolation_level=None
                )
            ) as connection:
                if self.lock == "immediate":
                    connection.execute("BEGIN IMMEDIATE")
                else:
                    connection.execute("SELECT 1 FROM sqlite_master").fetchall()
        except sqlite3.OperationalError as error:
            return f"SQLite answers another connection: {error}"
        return None

    def _file(self, stack: Stack) -> Path:
        if not stack.database_url.startswith(SQLITE):
            raise FaultError(f"{self.name} locks an SQLite file, not {stack.database_url}")
        return Path(stack.database_url.removeprefix(SQLITE))
