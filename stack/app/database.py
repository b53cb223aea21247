"""The database: an instrumented engine and two scopes, one to read in and one to write in."""

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from math import ceil
from time import perf_counter
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import ExceptionContext
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from stack.app.metrics import DATABASE_OPERATIONS, Metrics

TIMEOUT_SECONDS = 5.0
# PostgreSQL says itself that a lock did not come in time; how long after that it is given up.
GRACE_SECONDS = 1.0
POOL_SIZE = 16
# WAL, first, lets others read while one writes; it needs memory that all users of the file share.
JOURNAL_MODES = ("wal", "delete")


class DatabaseBusyError(Exception):
    """The turn to write did not come in time."""


# What a database that is slow, locked or gone raises, as opposed to a mistake in a statement.
DATABASE_OUTAGES = (DatabaseBusyError, OperationalError, PoolTimeoutError)


class Database:
    """Connections to one database, SQLite or PostgreSQL.

    SQLite has one writer at a time, and its writers poll for their turn. Within this process a
    lock hands the turn over instead; across processes BEGIN IMMEDIATE waits for it up front, so
    that a transaction which has read never fails for having to write. PostgreSQL needs neither:
    every change in this service is a conditional UPDATE that is right under READ COMMITTED.
    """

    def __init__(
        self,
        url: str,
        metrics: Metrics,
        *,
        pool_size: int = POOL_SIZE,
        timeout_seconds: float = TIMEOUT_SECONDS,
        journal_mode: str = JOURNAL_MODES[0],
    ) -> None:
        """`timeout_seconds` is how long to wait for a connection, for a turn, and for a lock; an
        answer of PostgreSQL's is waited for a second longer, which psycopg alone can do."""
        self._is_sqlite = make_url(url).get_backend_name() == "sqlite"
        self._write_lock = threading.Lock()
        self._timeout_seconds = timeout_seconds
        self._pool_size = pool_size
        self.engine = create_engine(
            url,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=timeout_seconds,
            connect_args=_patience(timeout_seconds, is_sqlite=self._is_sqlite),
        )
        if self._is_sqlite:
            _make_transactions_explicit(self.engine, journal_mode)
        if self.engine.driver == "psycopg":
            _give_up_a_frozen_server(self.engine, timeout_seconds + GRACE_SECONDS)
        _instrument(self.engine, metrics)
        metrics.db_connections_max.set(pool_size)

    def fill_pool(self) -> None:
        """Open every connection now: a database that is locked lets no new one in."""
        with ExitStack() as opened:
            for _ in range(self._pool_size):
                opened.enter_context(self.engine.connect())

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees one consistent state and changes nothing."""
        with self.engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that is committed when the block ends well and undone when it raises.

        Raises:
            DatabaseBusyError: other writers of this process held the database for too long.
        """
        with self._turn_to_write(), self.engine.connect() as connection:
            connection.execution_options(writing=True)
            with connection.begin():
                yield connection

    def _turn_to_write(self) -> AbstractContextManager[Any]:
        return self._locked() if self._is_sqlite else nullcontext()

    @contextmanager
    def _locked(self) -> Iterator[None]:
        if not self._write_lock.acquire(timeout=self._timeout_seconds):
            raise DatabaseBusyError(
                f"waited {self._timeout_seconds:g} s for the turn to write; another still has it"
            )
        try:
            yield
        finally:
            self._write_lock.release()

    def close(self) -> None:
        """Close the connections that are not in use."""
        self.engine.dispose()


def _patience(timeout_seconds: float, *, is_sqlite: bool) -> dict[str, Any]:
    """How long the driver waits for a connection and for a lock, in its own words."""
    if is_sqlite:
        return {"timeout": timeout_seconds}
    return {
        "connect_timeout": ceil(timeout_seconds),
        "options": f"-c lock_timeout={ceil(timeout_seconds * 1000)}",
    }


def _give_up_a_frozen_server(engine: Engine, answer_within_seconds: float) -> None:
    # Where orders are kept in SQLite there need be no psycopg.
    from stack.app.postgresql import BoundedConnection  # noqa: PLC0415

    @event.listens_for(engine, "do_connect")
    def connect(_dialect: Any, _record: Any, arguments: Any, named: Any) -> BoundedConnection:
        connection = BoundedConnection.connect(*arguments, **named)
        connection.answer_within_seconds = answer_within_seconds
        return connection


def _make_transactions_explicit(engine: Engine, journal_mode: str) -> None:
    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        connection.execute(f"PRAGMA journal_mode={journal_mode}")
        # In WAL mode NORMAL survives the death of this process; only a power cut may lose the
        # last transactions, never their order.
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute("PRAGMA foreign_keys=ON")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writing = connection.get_execution_options().get("writing", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def _operation(statement: str | None) -> str:
    first_word = (statement or "").split(None, 1)[:1]
    operation = first_word[0].lower() if first_word else "other"
    return operation if operation in DATABASE_OPERATIONS else "other"


def _instrument(engine: Engine, metrics: Metrics) -> None:
    durations = {name: metrics.db_duration.labels(name) for name in DATABASE_OPERATIONS}

    @event.listens_for(engine, "checkout")
    def taken(_connection: Any, _record: Any, _proxy: Any) -> None:
        metrics.db_connections_active.inc()

    @event.listens_for(engine, "checkin")
    def given_back(_connection: Any, _record: Any) -> None:
        metrics.db_connections_active.dec()

    @event.listens_for(engine, "before_cursor_execute")
    def started(connection: Connection, *_arguments: Any) -> None:
        connection.info["query_started"] = perf_counter()

    @event.listens_for(engine, "after_cursor_execute")
    def finished(connection: Connection, _cursor: Any, statement: str, *_arguments: Any) -> None:
        elapsed_seconds = perf_counter() - connection.info["query_started"]
        durations[_operation(statement)].observe(elapsed_seconds)

    @event.listens_for(engine, "handle_error")
    def failed(context: ExceptionContext) -> None:
        # A broken uniqueness rule is an answer ("this pass was used"), not a failing database.
        if not isinstance(context.sqlalchemy_exception, IntegrityError):
            metrics.db_errors.labels(_operation(context.statement)).inc()
