"""The lock that a transaction has on every table of a PostgreSQL database."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from stack.faults.postgresql import LOCKER, engine_for, probe
from stack.faults.sqlite_lock import Kind

# What each keeps out: writers alone, or readers too; and what every writer or reader must have.
MODES: Mapping[Kind, str] = {"immediate": "EXCLUSIVE", "exclusive": "ACCESS EXCLUSIVE"}
NEEDED: Mapping[Kind, str] = {"immediate": "ROW EXCLUSIVE", "exclusive": "ACCESS SHARE"}
NOT_AVAILABLE = "55P03"


class PostgresqlLock:
    """``immediate`` keeps others from writing, ``exclusive`` also from reading.

    It is had at once or not at all, and never waited for with a part of it held: so it is in
    nobody's way before it is whole, and deadlocks with nobody.
    """

    def __init__(self, url: str, kind: Kind) -> None:
        self._mode = MODES[kind]
        engine = engine_for(url, LOCKER).execution_options(isolation_level="READ COMMITTED")
        self._connection = engine.connect()

    def take(self) -> str | None:
        """Why it could not be had at once; None when it is held."""
        return _refused(self._connection, self._mode)

    def let_go(self) -> None:
        self._connection.rollback()


def refusal(url: str, kind: Kind) -> str | None:
    """What PostgreSQL says to a transaction that such a lock keeps out; None if it lets it in.

    Raises sqlalchemy.exc.SQLAlchemyError.
    """
    with probe(url) as connection:
        begun = connection.execution_options(isolation_level="READ COMMITTED")
        refused = _refused(begun, NEEDED[kind])
        begun.rollback()
    return refused and f"PostgreSQL answers another connection: {refused}"


def _refused(connection: Connection, mode: str) -> str | None:
    """Lock every table in this mode, at once or not at all."""
    names = connection.exec_driver_sql(
        "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = current_schema()"
    )
    tables = ", ".join(names.scalars())
    try:
        connection.exec_driver_sql(f"LOCK TABLE {tables} IN {mode} MODE NOWAIT")
    except OperationalError as error:
        connection.rollback()
        origin: Any = error.orig
        if origin.sqlstate != NOT_AVAILABLE:
            raise
        return str(origin).splitlines()[0]
    return None
