"""A lock on an SQLite file, as another program's: whom it keeps out, and when it is over."""

import contextlib
import sqlite3
from collections.abc import Callable
from dataclasses import astuple
from pathlib import Path

import psutil
import pytest

from stack.faults.database_locked import DatabaseLocked
from stack.faults.stressors import living_stressors
from stack.run.waiting import wait_until
from tests.stack.faults.small_stack import SmallStack

LOCKED = pytest.raises(sqlite3.OperationalError, match="database is locked")


@pytest.fixture
def new_database(bare_stack: SmallStack) -> Callable[[str], sqlite3.Connection]:
    """Makes the stack's database, with one row, in a journal mode; gives a connection to it."""

    def make(journal_mode: str) -> sqlite3.Connection:
        connection = sqlite3.connect(
            Path(bare_stack.database_url.removeprefix("sqlite:///")),
            timeout=0,
            isolation_level=None,
        )
        connection.execute(f"PRAGMA journal_mode={journal_mode}")
        connection.execute("CREATE TABLE events (stock INTEGER)")
        connection.execute("INSERT INTO events VALUES (100)")
        return connection

    return make


def injected(fault: DatabaseLocked, stack: SmallStack) -> None:
    fault.inject(stack)
    wait_until("the lock", lambda: astuple(fault.read_back(stack)), within_seconds=30)


def write(connection: sqlite3.Connection) -> None:
    connection.execute("UPDATE events SET stock = stock - 1")


def stock(connection: sqlite3.Connection) -> int:
    (value,) = connection.execute("SELECT stock FROM events").fetchone()
    return int(value)


@pytest.mark.parametrize("journal_mode", ["wal", "delete"])
def test_an_immediate_lock_keeps_writers_out_and_lets_readers_in(
    bare_stack: SmallStack,
    new_database: Callable[[str], sqlite3.Connection],
    journal_mode: str,
) -> None:
    """In both journal modes, and until it is healed only; nothing is written by it."""
    fault = DatabaseLocked("immediate")
    with contextlib.closing(new_database(journal_mode)) as connection:
        injected(fault, bare_stack)
        with LOCKED:
            write(connection)
        assert stock(connection) == 100

        fault.heal(bare_stack)
        assert fault.read_back_healed(bare_stack).took_effect
        write(connection)
        assert stock(connection) == 99


def test_an_exclusive_lock_keeps_readers_out_without_wal(
    bare_stack: SmallStack, new_database: Callable[[str], sqlite3.Connection]
) -> None:
    """Nobody reads or writes while it is held, and all is there after."""
    fault = DatabaseLocked("exclusive")
    with contextlib.closing(new_database("delete")) as connection:
        injected(fault, bare_stack)
        with LOCKED:
            stock(connection)
        fault.heal(bare_stack)
        assert stock(connection) == 100


def test_an_exclusive_lock_that_keeps_no_reader_out_is_noticed(
    bare_stack: SmallStack, new_database: Callable[[str], sqlite3.Connection]
) -> None:
    """In WAL mode readers go on, so the readback does not take the fault for effective."""
    fault = DatabaseLocked("exclusive")
    with contextlib.closing(new_database("wal")) as connection:
        fault.inject(bare_stack)
        wait_until("the lock", lambda: (_is_locked(connection), "free"), within_seconds=30)
        readback = fault.read_back(bare_stack)
    assert not readback.took_effect
    assert "not locked" in readback.observed


def test_a_lock_in_turns_is_let_go_between_them(
    bare_stack: SmallStack, new_database: Callable[[str], sqlite3.Connection]
) -> None:
    """It is seen held and free again and again, and read back as in all the while."""
    fault = DatabaseLocked("immediate", held_seconds=0.2, free_seconds=0.2)
    with contextlib.closing(new_database("delete")) as connection:
        injected(fault, bare_stack)
        for held in (True, False, True, False):
            wait_until(
                f"a database that is {'locked' if held else 'free'}",
                lambda held=held: (_is_locked(connection) is held, "the opposite"),  # type: ignore[misc]
                within_seconds=30,
            )
            assert fault.read_back(bare_stack).took_effect


def test_a_killed_process_is_noticed_and_its_lock_is_gone(
    bare_stack: SmallStack, new_database: Callable[[str], sqlite3.Connection]
) -> None:
    """The readback says no, and others write again."""
    fault = DatabaseLocked("immediate")
    with contextlib.closing(new_database("delete")) as connection:
        injected(fault, bare_stack)
        (pid,) = living_stressors(bare_stack, DatabaseLocked.stressor)
        psutil.Process(pid).kill()
        wait_until(
            "its end", lambda: astuple(fault.read_back_healed(bare_stack)), within_seconds=30
        )
        assert "the stressor does not live" in fault.read_back(bare_stack).observed
        write(connection)


def test_the_lock_ends_at_expiry(
    bare_stack: SmallStack, new_database: Callable[[str], sqlite3.Connection]
) -> None:
    """A fault that nobody heals is over by itself."""
    fault = DatabaseLocked("immediate", expires_seconds=0.5)
    with contextlib.closing(new_database("delete")) as connection:
        fault.inject(bare_stack)
        wait_until(
            "expiry",
            lambda: ("its time is over" in bare_stack.process_log(fault.name), "not over"),
            within_seconds=30,
        )
        wait_until(
            "its end", lambda: astuple(fault.read_back_healed(bare_stack)), within_seconds=30
        )
        write(connection)


def test_a_database_that_is_not_there_is_not_made(bare_stack: SmallStack) -> None:
    """The readback says that nothing is locked, and no empty file is left."""
    fault = DatabaseLocked("immediate")
    fault.inject(bare_stack)
    wait_until(
        "its end",
        lambda: ("unable to open database" in fault.read_back(bare_stack).observed, "alive"),
        within_seconds=30,
    )
    assert not Path(bare_stack.database_url.removeprefix("sqlite:///")).exists()


def _is_locked(connection: sqlite3.Connection) -> bool:
    try:
        connection.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError:
        return True
    connection.execute("ROLLBACK")
    return False
