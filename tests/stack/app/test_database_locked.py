"""A database locked by another program: what waits, what fails, and books that agree after."""

import contextlib
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

QUICK = {"APP_DATABASE_TIMEOUT_SECONDS": "0.3"}


@contextmanager
def locked(rig, lock: str) -> Iterator[None]:
    """Another program's transaction, begun and not ended."""
    with contextlib.closing(
        sqlite3.connect(
            rig.database_url.removeprefix("sqlite:///"), timeout=5, isolation_level=None
        )
    ) as other:
        other.execute(f"BEGIN {lock}")
        yield
        other.execute("ROLLBACK")


def test_orders_are_503_and_counted_while_reads_go_on(new_rig):
    """With the default journal a writer keeps no reader out."""
    rig = new_rig(**QUICK)
    text = rig.new_pass()
    with locked(rig, "IMMEDIATE"):
        answer = rig.order(text=text)
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "1"
        assert len(rig.uncached_events()) == 21
    assert rig.metric("db_query_errors_total", operation="begin") == 1
    # The pass was not used up by the order that failed.
    assert rig.order(text=text).status_code == 201


def test_a_lock_that_keeps_readers_out_fails_them_and_holds_their_connections(new_rig):
    """Each read waits on a connection of its own, no more of them than the pool has."""
    rig = new_rig(
        APP_DATABASE_TIMEOUT_SECONDS="1.5",
        APP_DATABASE_POOL_SIZE="3",
        APP_DATABASE_JOURNAL_MODE="delete",
    )
    assert rig.metric("db_connections_max") == 3
    with locked(rig, "EXCLUSIVE"), rig.background() as pool:
        reads = [pool.submit(rig.get, "/api/events") for _ in range(8)]
        rig.eventually("a full pool", lambda: rig.metric("db_connections_active") == 3)
        statuses = {read.result().status_code for read in reads}
    assert statuses == {503}
    assert rig.metric("db_query_errors_total", operation="select") >= 3
    assert rig.metric("http_requests_total", status="500") == 0
    rig.eventually("a free pool", lambda: rig.metric("db_connections_active") == 0)
    assert rig.get("/api/events").status_code == 200


@pytest.mark.parametrize(("lock", "journal_mode"), [("IMMEDIATE", "wal"), ("EXCLUSIVE", "delete")])
def test_books_agree_after_a_lock_in_the_middle_of_payments(new_rig, lock: str, journal_mode: str):
    """Charges that could not be recorded are settled; nobody is charged twice or for nothing."""
    rig = new_rig(**QUICK, APP_DATABASE_JOURNAL_MODE=journal_mode)
    with rig.background() as pool:
        payments = rig.pay_at_a_frozen_gateway(pool, 6)
        with locked(rig, lock):
            rig.thaw(rig.gateway)
            statuses = [payment.result().status_code for payment in payments]
    assert 503 in statuses
    assert set(statuses) <= {201, 503}
    rig.assert_invariants_hold()
