"""Races of an order, made to happen each time by letting the rival in at the worst moment."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection, select, text

from stack.app import charge_claims, seeding
from stack.app.database import Database
from stack.app.gateway_client import Charge, Outcome
from stack.app.metrics import Metrics
from stack.app.models import Event, Order
from stack.app.orders import Orders
from stack.app.tokens import Pass


class RivalDatabase(Database):
    """A database in which a rival acts once, right after the next look at it."""

    rival: Callable[[], None] | None = None

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        with super().reading() as connection:
            yield connection
        rival, self.rival = self.rival, None
        if rival is not None:
            rival()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[RivalDatabase]:
    database = RivalDatabase(f"sqlite:///{tmp_path / 'shop.db'}", Metrics())
    seeding.prepare(database, 100)
    yield database
    database.close()


@pytest.fixture
def due_order(database: RivalDatabase) -> str:
    """The id of a reservation of three tickets whose time is over."""
    orders = Orders(database, -1, Metrics())
    return orders.reserve(1, 3, Pass("a", "ticket", 1, time.time() + 60)).id


def state(database: RivalDatabase, order_id: str) -> tuple[str, int]:
    with database.engine.connect() as connection:
        status = connection.scalar(select(Order.status).where(Order.id == order_id))
        stock = connection.scalar(select(Event.stock).where(Event.id == 1))
    return status, stock


def test_a_due_order_expires_and_returns_its_tickets(database, due_order: str):
    assert state(database, due_order) == ("reserved", 97)
    Orders(database, 60, Metrics()).expire_due()
    assert state(database, due_order) == ("expired", 100)


def test_a_payment_that_begins_as_the_order_is_found_due_keeps_its_tickets(
    database, due_order: str
):
    def begin_payment() -> None:
        with database.writing() as connection:
            connection.execute(text("UPDATE orders SET status = 'paying'"))

    database.rival = begin_payment
    Orders(database, 60, Metrics()).expire_due()
    assert state(database, due_order) == ("paying", 97)


def test_two_sweeps_that_find_the_same_order_return_its_tickets_once(database, due_order: str):
    orders = Orders(database, 60, Metrics())
    database.rival = orders.expire_due
    orders.expire_due()
    assert state(database, due_order) == ("expired", 100)


@pytest.fixture
def order_id(database: RivalDatabase) -> str:
    """The id of a reservation that can be paid."""
    orders = Orders(database, 60, Metrics())
    return orders.reserve(1, 3, Pass("a", "ticket", 1, time.time() + 60)).id


def test_of_two_claims_of_one_order_the_second_gets_nothing(database, order_id: str):
    with database.writing() as connection:
        assert charge_claims.begin(connection, order_id, "card", 60) is not None
    with database.writing() as connection:
        assert charge_claims.begin(connection, order_id, "wallet", 60) is None
        assert charge_claims.resume(connection, order_id, 60) is None


def test_an_overtaken_claim_is_resumed_with_its_key_and_method_and_finished_once(
    database, order_id: str
):
    """A worker slower than its claim: both ask with one key, and one moves the order."""
    with database.writing() as connection:
        slow = charge_claims.begin(connection, order_id, "card", -1)
        quick = charge_claims.begin(connection, order_id, "wallet", 60)
    assert (quick.gateway_key, quick.method) == (slow.gateway_key, "card")
    charge = Charge(Outcome.SUCCEEDED, "ch_1")
    with database.writing() as connection:
        assert charge_claims.finish(connection, quick, charge)
        assert not charge_claims.finish(connection, slow, charge)
    assert state(database, order_id) == ("paid", 97)


def test_a_late_no_of_an_earlier_attempt_does_not_undo_a_later_one(database, order_id: str):
    declined = Charge(Outcome.DECLINED)
    with database.writing() as connection:
        first = charge_claims.begin(connection, order_id, "card", 60)
        assert charge_claims.finish(connection, first, declined)
        second = charge_claims.begin(connection, order_id, "card", 60)
        assert second.gateway_key != first.gateway_key
        assert not charge_claims.finish(connection, first, declined)
    assert state(database, order_id) == ("paying", 97)


def test_a_timeout_of_a_claim_that_was_taken_over_does_not_free_the_order(database, order_id: str):
    with database.writing() as connection:
        slow = charge_claims.begin(connection, order_id, "card", -1)
        charge_claims.resume(connection, order_id, 60)
        assert not charge_claims.finish(connection, slow, Charge(Outcome.TIMEOUT))
        assert charge_claims.resume(connection, order_id, 60) is None
