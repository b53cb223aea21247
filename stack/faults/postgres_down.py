"""PostgreSQL is gone, and with it orders, payments and the catalogue."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError

from stack.faults.fault import Readback
from stack.faults.postgresql import probe
from stack.faults.service_down import ServiceDown
from stack.run.stack import Service, Stack
from stack.run.way import Feature


@dataclass(frozen=True)
class PostgresDown(ServiceDown):
    """PostgreSQL is killed; what was committed is there again when it returns.

    Its exporter answers with pg_up 0, but pauses for a second before it does: with everything sped
    up that is longer than a scrape may take, and then its scrapes fail.
    """

    name: ClassVar[str] = "postgres_down"
    needs: ClassVar[frozenset[Feature]] = frozenset({"flash-tickets", "postgresql"})
    service: ClassVar[Service] = "postgres"

    @property
    def disturbs_jobs(self) -> tuple[str, ...]:
        return ("postgres",)

    @property
    def symptom_ratio(self) -> float:
        """No statement succeeds, and at least half as many are tried as before."""
        return 0.5

    def endpoints(self, stack: Stack) -> Sequence[tuple[str, int]]:
        url = make_url(stack.database_url)
        assert url.host is not None
        assert url.port is not None
        return [(url.host, url.port)]

    def read_back_healed(self, stack: Stack) -> Readback:
        """PostgreSQL answers a query."""
        try:
            with probe(stack.database_url) as connection:
                version = connection.exec_driver_sql("SHOW server_version").scalar_one()
        except SQLAlchemyError as error:
            return Readback(False, f"PostgreSQL does not answer: {error}")
        return Readback(True, f"PostgreSQL {version} answers")
