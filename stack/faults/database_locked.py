"""The app's database is locked by another program."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from sqlalchemy.exc import SQLAlchemyError

from stack.faults import postgresql, postgresql_lock, sqlite_lock
from stack.faults.database_locker import LOCKED, URL_VARIABLE
from stack.faults.disturbance import EXPIRES_SECONDS
from stack.faults.fault import FaultError, Readback
from stack.faults.parameters import require_ratio, require_seconds
from stack.faults.sqlite_lock import Kind
from stack.faults.stressed import Stressed
from stack.run.stack import Stack

FREE = "the database is not locked"
# How late a turn of the lock may be, as it waits for the app to let go.
TURN_LATE_SECONDS = 1.0


@dataclass(frozen=True)
class DatabaseLocked(Stressed):
    """Another process begins a transaction that locks the database, and does not end it.

    An ``immediate`` one keeps others from writing; an ``exclusive`` one also from reading, unless
    it is an SQLite database in WAL mode. With ``free_seconds`` the lock is held for
    ``held_seconds``, let go for so long, and taken again. A statement waits for the app's own
    ``timeout_seconds``, holding its connection, and then fails: that is the lag. Nothing is
    written, and the lock goes with its process, after ``expires_seconds`` at the latest.

    ``failing_ratio`` is how many statements fail for each that was made before, at least: fewer
    come while every connection waits, so a ratio over a range that began before rises no faster.
    """

    name: ClassVar[str] = "database_locked"
    stressor: ClassVar[str] = "stack.faults.database_locker"

    lock: Kind
    held_seconds: float = EXPIRES_SECONDS
    free_seconds: float = 0.0
    timeout_seconds: float = 5.0
    failing_ratio: float | None = None

    def check(self) -> None:
        for field in ("held_seconds", "timeout_seconds"):
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

    def arguments(self, _stack: Stack, /) -> Sequence[str]:
        return [
            *("--lock", self.lock),
            *("--held-seconds", str(self.held_seconds)),
            *("--free-seconds", str(self.free_seconds)),
        ]

    def environment(self, stack: Stack, /) -> Mapping[str, str]:
        url = stack.database_url
        if not url.startswith((sqlite_lock.SCHEME, postgresql.SCHEME)):
            raise FaultError(
                f"{self.name} locks SQLite and PostgreSQL, not {url.partition(':')[0]}"
            )
        return {URL_VARIABLE: url}

    def effect(self, stack: Stack, /) -> Readback:
        """Another connection is refused what the lock keeps from it.

        Of a lock that is let go again and again, the process itself says when it had it last.
        """
        if self.free_seconds:
            return self._last_turn(stack)
        return self._looked(stack, locked=True)

    def aftermath(self, stack: Stack, /) -> Readback:
        """Another connection gets what the lock kept from it."""
        return self._looked(stack, locked=False)

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

    def _looked(self, stack: Stack, *, locked: bool) -> Readback:
        url = stack.database_url
        try:
            if url.startswith(sqlite_lock.SCHEME):
                refusal = sqlite_lock.refusal(url, self.lock)
            else:
                refusal = postgresql_lock.refusal(url, self.lock)
        except SQLAlchemyError as error:
            return Readback(False, f"PostgreSQL cannot be asked: {error}")
        return Readback((refusal is not None) is locked, refusal or FREE)
