"""The harness's own connections to the stack's PostgreSQL, past the app's pool and its proxy."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil

from sqlalchemy import Connection, Engine, NullPool, create_engine, text

SCHEME = "postgresql"
# By these names PostgreSQL's statistics tell our connections from others, and each other.
LOCKER = "drill: locker"
CONNECTIONS = "drill: connections"
LOCK_WAITS = "drill: lock waits"
PROBE = "drill: probe"
ANSWER_SECONDS = 5.0

_COUNT = text(
    "SELECT count(*), count(*) FILTER (WHERE application_name = :application),"
    " current_setting('max_connections')::int"
    " - current_setting('superuser_reserved_connections')::int"
    " FROM pg_stat_activity WHERE backend_type = 'client backend' AND application_name != :probe"
)
_WAITING = text(
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE application_name = :application AND wait_event_type = 'Lock'"
)


@dataclass(frozen=True)
class Connections:
    """How many there are, those that only look aside; how many are one application's; and how many
    ordinary users may have."""

    all: int
    applications: int
    most: int


def engine_for(url: str, application: str) -> Engine:
    """Each connection is opened for itself and commits each statement; nothing is kept."""
    return create_engine(
        url,
        poolclass=NullPool,
        isolation_level="AUTOCOMMIT",
        connect_args={
            "connect_timeout": ceil(ANSWER_SECONDS),
            "application_name": application,
        },
    )


@contextmanager
def probe(url: str) -> Iterator[Connection]:
    """A connection to look with. Raises sqlalchemy.exc.SQLAlchemyError."""
    with engine_for(url, PROBE).connect() as connection:
        yield connection


def connections(connection: Connection, application: str) -> Connections:
    """Raises sqlalchemy.exc.SQLAlchemyError."""
    named = {"application": application, "probe": PROBE}
    return Connections(*connection.execute(_COUNT, named).one())


def waiting(connection: Connection, application: str) -> int:
    """How many of an application's sessions wait for a lock. Raises SQLAlchemyError."""
    return int(connection.execute(_WAITING, {"application": application}).scalar_one())
