"""Faults of a real PostgreSQL: its connections, sessions that wait, and locks on its tables."""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import astuple
from pathlib import Path

import psutil
import pytest
from sqlalchemy import NullPool, create_engine, text
from sqlalchemy.exc import OperationalError

from stack.faults.database_connections import DatabaseConnections
from stack.faults.database_lock_waits import DatabaseLockWaits
from stack.faults.database_locked import DatabaseLocked
from stack.faults.fault import Fault, FaultError
from stack.faults.postgres_down import PostgresDown
from stack.faults.stressed import Stressed
from stack.faults.stressors import living_stressors
from stack.run.stack import Service
from stack.run.waiting import wait_until
from tests.stack.faults.small_stack import SmallStack
from tests.stack.postgresql_cluster import PASSWORD, Cluster, new_cluster

pytest.importorskip("psycopg", reason="needs psycopg: pip install alert-drills[compose]")
pytestmark = pytest.mark.engines

REFUSED = pytest.raises(OperationalError, match="could not obtain lock")
FAULTS = [
    pytest.param(DatabaseConnections(used_ratio=0.5), id="DatabaseConnections"),
    pytest.param(DatabaseLockWaits(sessions=4), id="DatabaseLockWaits"),
    pytest.param(DatabaseLocked("immediate"), id="DatabaseLocked"),
    pytest.param(DatabaseLocked("exclusive"), id="DatabaseLocked to readers"),
]


class OnPostgresql(SmallStack):
    """A stack without services, whose database is in a cluster."""

    def __init__(self, directory: Path, url: str) -> None:
        self._url = url
        super().__init__(directory)

    @property
    def database_url(self) -> str:
        return self._url


class OfOneDatabase(OnPostgresql):
    """One that can stop the PostgreSQL under it, and start it again with the same data."""

    def __init__(self, directory: Path, cluster: Cluster) -> None:
        self._cluster = cluster
        super().__init__(directory, cluster.url("postgres"))

    def kill_service(self, service: Service) -> None:
        assert service == "postgres"
        self._cluster.stop()

    def start_service(self, service: Service) -> None:
        assert service == "postgres"
        self._cluster.start()

    def running(self, service: Service) -> bool:
        assert service == "postgres"
        return self._cluster.running()


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with new_cluster() as one:
        yield one


@pytest.fixture
def stack(cluster: Cluster, tmp_path: Path) -> Iterator[OnPostgresql]:
    name = f"shop_{uuid.uuid4().hex}"
    cluster.new_database(name)
    stack = OnPostgresql(tmp_path / "stack", cluster.url(name))
    try:
        ask(stack, "CREATE TABLE events (stock integer)", "INSERT INTO events VALUES (100)")
        ask(stack, 'CREATE TABLE "Odd name" (id integer)')
        yield stack
    finally:
        stack.close()


def ask(stack: OnPostgresql, *statements: str) -> list[object]:
    """What each statement gives first, in one transaction that waits for nothing."""
    engine = create_engine(stack.database_url, poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text("SET lock_timeout = 1"))
        results = [connection.execute(text(statement)) for statement in statements]
        return [result.scalar() if result.returns_rows else None for result in results]


def read(stack: OnPostgresql) -> None:
    ask(stack, "LOCK TABLE events IN ACCESS SHARE MODE NOWAIT", "SELECT stock FROM events")


def write(stack: OnPostgresql) -> None:
    ask(
        stack,
        "LOCK TABLE events IN ROW EXCLUSIVE MODE NOWAIT",
        "UPDATE events SET stock = stock - 1",
    )


def injected(fault: Fault, stack: OnPostgresql) -> None:
    fault.inject(stack)
    wait_until("the effect", lambda: astuple(fault.read_back(stack)), within_seconds=30)


def healed(fault: Fault, stack: OnPostgresql) -> None:
    wait_until("its end", lambda: astuple(fault.read_back_healed(stack)), within_seconds=30)


@pytest.mark.parametrize("fault", FAULTS)
def test_takes_effect_and_is_over_when_healed(fault: Stressed, stack: OnPostgresql) -> None:
    """A fault is read back while it is in, as healed while it is not, and heals twice."""
    assert fault.read_back_healed(stack).took_effect
    injected(fault, stack)
    not_healed = fault.read_back_healed(stack)
    assert not not_healed.took_effect, not_healed.observed
    fault.heal(stack)
    healed(fault, stack)
    assert not fault.read_back(stack).took_effect
    fault.heal(stack)


@pytest.mark.parametrize("fault", FAULTS)
def test_is_over_when_its_process_is_killed_and_that_is_noticed(
    fault: Stressed, stack: OnPostgresql
) -> None:
    """PostgreSQL ends the sessions of a process that is gone, those that wait for a lock too."""
    injected(fault, stack)
    (pid,) = living_stressors(stack, fault.stressor)
    psutil.Process(pid).kill()
    healed(fault, stack)
    assert "the stressor does not live" in fault.read_back(stack).observed


@pytest.mark.parametrize(
    "make",
    [
        lambda: DatabaseConnections(0.1, expires_seconds=0.5),
        lambda: DatabaseLockWaits(2, expires_seconds=0.5),
        lambda: DatabaseLocked("exclusive", expires_seconds=0.5),
    ],
)
def test_a_fault_that_nobody_heals_is_over_by_itself(
    make: Callable[[], Stressed], stack: OnPostgresql
) -> None:
    """After its expiry neither the process is there nor what it did."""
    fault = make()
    fault.inject(stack)
    wait_until(
        "expiry",
        lambda: ("its time is over" in stack.process_log(fault.name), "not over"),
        within_seconds=30,
    )
    healed(fault, stack)
    read(stack)


@pytest.mark.parametrize("fault", FAULTS)
def test_the_password_is_in_no_list_of_processes(fault: Stressed, stack: OnPostgresql) -> None:
    injected(fault, stack)
    (pid,) = living_stressors(stack, fault.stressor)
    command = " ".join(psutil.Process(pid).cmdline())
    assert fault.stressor in command
    assert PASSWORD not in command
    assert PASSWORD.partition("@")[2] not in command


@pytest.mark.parametrize("fault", FAULTS)
def test_a_database_that_does_not_answer_is_neither_disturbed_nor_healed(
    fault: Stressed, tmp_path: Path
) -> None:
    """The readbacks say what they were told, and do not raise."""
    nobody = OnPostgresql(tmp_path / "nobody", "postgresql+psycopg://tickets@127.0.0.1:1/tickets")
    try:
        looked = fault.effect(nobody)
        assert not looked.took_effect
        assert "refused" in looked.observed
        assert not fault.read_back_healed(nobody).took_effect
    finally:
        nobody.close()


def test_as_many_connections_are_taken_as_asked_for(stack: OnPostgresql) -> None:
    """A share of those that ordinary users may have, 97 of 100, and none beside."""
    injected(DatabaseConnections(used_ratio=0.6), stack)

    def taken() -> tuple[bool, str]:
        (count,) = ask(
            stack,
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE backend_type = 'client backend' AND pid != pg_backend_pid()",
        )
        return count == 59, str(count)

    # PostgreSQL may still be ending a connection of somebody's who looked before.
    wait_until("59 connections", taken, within_seconds=10)


def test_a_postgresql_that_takes_no_more_is_told_of(stack: OnPostgresql) -> None:
    """Where others have come first, the log names how far it came, and why no further."""
    first, second = DatabaseLockWaits(sessions=50), DatabaseLockWaits(sessions=50)
    injected(first, stack)
    other = OnPostgresql(stack.directory.parent / "other", stack.database_url)
    try:
        second.inject(other)
        wait_until(
            "its giving up",
            lambda: ("of 51 sessions" in second.read_back(other).observed, "nothing"),
            within_seconds=30,
        )
        assert "too many clients" in second.read_back(other).observed
    finally:
        other.close()


def test_an_immediate_lock_keeps_writers_out_of_every_table_and_lets_readers_in(
    stack: OnPostgresql,
) -> None:
    fault = DatabaseLocked("immediate")
    injected(fault, stack)
    with REFUSED:
        write(stack)
    with REFUSED:
        ask(stack, 'LOCK TABLE "Odd name" IN ROW EXCLUSIVE MODE NOWAIT')
    read(stack)
    fault.heal(stack)
    healed(fault, stack)
    write(stack)


def test_an_exclusive_lock_keeps_readers_out_too(stack: OnPostgresql) -> None:
    fault = DatabaseLocked("exclusive")
    injected(fault, stack)
    with REFUSED:
        read(stack)
    fault.heal(stack)
    healed(fault, stack)
    read(stack)


def test_a_lock_in_turns_is_let_go_between_them(stack: OnPostgresql) -> None:
    """It is seen held and free again and again, and read back as in all the while."""
    fault = DatabaseLocked("exclusive", held_seconds=0.2, free_seconds=0.2)
    injected(fault, stack)
    for held in (True, False, True, False):
        wait_until(
            f"a database that is {'locked' if held else 'free'}",
            lambda held=held: (keeps_out_readers(stack) is held, "the opposite"),  # type: ignore[misc]
            within_seconds=30,
        )
        assert fault.read_back(stack).took_effect


def test_a_lock_that_another_has_is_waited_for_without_being_in_the_way(
    stack: OnPostgresql,
) -> None:
    """While a part of the tables is not to be had, the rest stays free for others."""
    fault = DatabaseLocked("exclusive")
    engine = create_engine(stack.database_url, poolclass=NullPool)
    with engine.begin() as other:
        other.execute(text("LOCK TABLE events IN ACCESS SHARE MODE"))
        fault.inject(stack)
        wait_until(
            "its first try",
            lambda: ("not locked, tries again" in stack.process_log(fault.name), "no try"),
            within_seconds=30,
        )
        wait_until(
            "a reader between two tries",
            lambda: (not keeps_out_readers(stack), "kept out"),
            within_seconds=30,
        )
        assert not fault.read_back(stack).took_effect
    wait_until("the lock", lambda: astuple(fault.read_back(stack)), within_seconds=30)


def test_a_postgresql_that_is_gone_is_seen_to_be_gone_and_back(tmp_path: Path) -> None:
    """Nobody can connect while it is down, and healing starts it once."""
    fault = PostgresDown()
    with new_cluster() as cluster:
        stack = OfOneDatabase(tmp_path / "stack", cluster)
        try:
            assert not fault.read_back(stack).took_effect
            assert fault.read_back_healed(stack).took_effect
            fault.inject(stack)
            assert fault.read_back(stack).took_effect
            down = fault.read_back_healed(stack)
            assert not down.took_effect
            assert "refused" in down.observed
            fault.heal(stack)
            healed(fault, stack)
            fault.heal(stack)
            assert not fault.read_back(stack).took_effect
        finally:
            stack.close()


def test_names_are_the_files_names_and_each_needs_a_postgresql() -> None:
    """Where there is none the drill is skipped; a lock can be had on every stack."""
    faults: list[Fault] = [DatabaseConnections(0.5), DatabaseLockWaits(1), PostgresDown()]
    for fault in faults:
        assert fault.name == type(fault).__module__.rpartition(".")[2]
        assert "postgresql" in fault.needs
    assert DatabaseLocked("immediate").needs == {"flash-tickets"}


def test_a_database_of_another_sort_is_not_locked(tmp_path: Path) -> None:
    stack = OnPostgresql(tmp_path / "stack", "mysql://tickets:secret@127.0.0.1/tickets")
    try:
        with pytest.raises(FaultError, match=r"locks SQLite and PostgreSQL, not mysql$"):
            DatabaseLocked("immediate").inject(stack)
    finally:
        stack.close()


def keeps_out_readers(stack: OnPostgresql) -> bool:
    try:
        read(stack)
    except OperationalError:
        return True
    return False


@pytest.mark.parametrize("sessions", [0, 51, 1.5, True, None])
def test_refuses_a_number_of_sessions_that_cannot_be_meant(sessions: object) -> None:
    with pytest.raises(ValueError, match=r"DatabaseLockWaits\.sessions must be a whole number"):
        DatabaseLockWaits(sessions)  # type: ignore[arg-type]


@pytest.mark.parametrize("used_ratio", [0, 1, 1.2, float("nan"), True, None])
def test_refuses_a_share_of_connections_that_cannot_be_meant(used_ratio: object) -> None:
    with pytest.raises(ValueError, match=r"DatabaseConnections\.used_ratio must be a ratio"):
        DatabaseConnections(used_ratio)  # type: ignore[arg-type]
