"""Sessions of PostgreSQL wait for a lock that another holds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from sqlalchemy.exc import SQLAlchemyError

from stack.faults.database_locker import URL_VARIABLE
from stack.faults.fault import Readback
from stack.faults.parameters import require_whole_number
from stack.faults.postgresql import LOCK_WAITS, probe, waiting
from stack.faults.stressed import Stressed
from stack.run.stack import Stack
from stack.run.way import Feature

MOST_SESSIONS = 50


@dataclass(frozen=True)
class DatabaseLockWaits(Stressed):
    """One session holds a lock and ``sessions`` more wait for it, as jobs that take turns do.

    It is an advisory lock, which the app never asks for: it goes on. One process has all of the
    sessions; they end with it, after ``expires_seconds`` at the latest.
    """

    name: ClassVar[str] = "database_lock_waits"
    needs: ClassVar[frozenset[Feature]] = frozenset({"flash-tickets", "postgresql"})
    stressor: ClassVar[str] = "stack.faults.database_lock_stressor"

    sessions: int

    def check(self) -> None:
        require_whole_number(self, "sessions", at_most=MOST_SESSIONS)

    def arguments(self, _stack: Stack, /) -> Sequence[str]:
        return ["--sessions", str(self.sessions)]

    def environment(self, stack: Stack, /) -> Mapping[str, str]:
        return {URL_VARIABLE: stack.database_url}

    def effect(self, stack: Stack, /) -> Readback:
        """PostgreSQL itself counts as many that wait."""
        return self._counted(stack, wanted=self.sessions)

    def aftermath(self, stack: Stack, /) -> Readback:
        """None of them waits any more."""
        return self._counted(stack, wanted=0)

    def _counted(self, stack: Stack, *, wanted: int) -> Readback:
        try:
            with probe(stack.database_url) as connection:
                found = waiting(connection, LOCK_WAITS)
        except SQLAlchemyError as error:
            return Readback(False, f"PostgreSQL does not tell who waits: {error}")
        return Readback(found == wanted, f"{found} of the fault's sessions wait for a lock")
