"""PostgreSQL has nearly as many connections as it takes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from sqlalchemy.exc import SQLAlchemyError

from stack.faults.database_connection_stressor import HOLDS
from stack.faults.database_locker import URL_VARIABLE
from stack.faults.fault import Readback
from stack.faults.parameters import require_ratio
from stack.faults.postgresql import CONNECTIONS, connections, probe
from stack.faults.stressed import Stressed
from stack.run.stack import Stack
from stack.run.way import Feature

# The exporter's, which comes and goes with each scrape.
FLEETING = 1


@dataclass(frozen=True)
class DatabaseConnections(Stressed):
    """Connections are opened until ``used_ratio`` of those that ordinary users may have are taken.

    One process holds them, idle; they end with it, after ``expires_seconds`` at the latest. The
    app has its own already, and notices nothing until it needs more. The exporter counts at each
    scrape, so nothing lags.
    """

    name: ClassVar[str] = "database_connections"
    needs: ClassVar[frozenset[Feature]] = frozenset({"flash-tickets", "postgresql"})
    stressor: ClassVar[str] = "stack.faults.database_connection_stressor"

    used_ratio: float

    def check(self) -> None:
        require_ratio(self, "used_ratio", below_one=True)

    def arguments(self, _stack: Stack, /) -> Sequence[str]:
        return ["--used-ratio", str(self.used_ratio)]

    def environment(self, stack: Stack, /) -> Mapping[str, str]:
        return {URL_VARIABLE: stack.database_url}

    def effect(self, stack: Stack, /) -> Readback:
        """The process has all of its own, and PostgreSQL itself counts as many."""
        counted = self._counted(stack, wanted=True)
        if counted.took_effect and HOLDS not in stack.process_log(self.name):
            return Readback(False, f"the stressor is still connecting: {counted.observed}")
        return counted

    def aftermath(self, stack: Stack, /) -> Readback:
        """PostgreSQL has noticed that those of the process are gone."""
        return self._counted(stack, wanted=False)

    def _counted(self, stack: Stack, *, wanted: bool) -> Readback:
        try:
            with probe(stack.database_url) as connection:
                found = connections(connection, CONNECTIONS)
        except SQLAlchemyError as error:
            return Readback(False, f"PostgreSQL does not tell its connections: {error}")
        if wanted:
            held = found.all + FLEETING >= self.used_ratio * found.most
        else:
            held = found.applications == 0
        return Readback(
            held,
            f"PostgreSQL has {found.all} of {found.most} connections, "
            f"{found.applications} are the fault's",
        )
