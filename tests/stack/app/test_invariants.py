"""The check of the books: it is silent where they agree and names each place where they do not."""

from collections.abc import Callable

import pytest
from sqlalchemy import create_engine, text

from stack.app.invariants import UnreadableError, check


@pytest.fixture(scope="module")
def traded(rig):
    """A closed shop with a paid, a reserved, a declined and an unpaid order.

    Closed, as it would go on with what a test falsifies: end a reservation, settle a payment.
    """
    for _ in range(2):
        assert rig.pay(rig.order_id(1, 2)).status_code == 201
    rig.order_id(2, 3)
    rig.disturb(failure_ratio=1, expires_in_seconds=60)
    assert rig.pay(rig.order_id(3, 1)).status_code == 402
    rig.heal()
    rig.app.stop()
    return rig


@pytest.fixture
def falsify(traded) -> Callable[[str], None]:
    """Changes one thing in the shop's books, for one test; they agreed before."""
    traded.assert_invariants_hold()
    engine = create_engine(traded.database_url)
    undo = []

    def change(table: str, column: str, value: str, where: str) -> None:
        with engine.begin() as connection:
            rows = connection.execute(
                text(f"SELECT rowid, {column} FROM {table} WHERE {where} LIMIT 1")  # noqa: S608
            ).all()
            for rowid, before in rows:
                undo.append((table, column, before, rowid))
                connection.execute(
                    text(f"UPDATE {table} SET {column} = {value} WHERE rowid = :rowid"),  # noqa: S608
                    {"rowid": rowid},
                )
        assert rows, f"nothing in {table} where {where}"

    yield change
    with engine.begin() as connection:
        for table, column, before, rowid in reversed(undo):
            connection.execute(
                text(f"UPDATE {table} SET {column} = :before WHERE rowid = :rowid"),  # noqa: S608
                {"before": before, "rowid": rowid},
            )
    engine.dispose()


def found(rig) -> str:
    return "\n".join(str(each) for each in check(rig.database_url, rig.gateway_url))


def test_books_that_agree_are_reported_as_such(traded):
    report = traded.invariants(settle_seconds=0)
    assert report.returncode == 0
    assert report.stdout == "0 disagreements\n"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("events", "stock", "stock + 1", "id = 1"), "event 1: stock"),
        (("events", "stock", "stock - 1", "id = 2"), "event 2: stock"),
        (("orders", "quantity", "quantity + 1", "status = 'reserved'"), "is not the initial"),
        (("orders", "status", "'expired'", "status = 'reserved'"), "is not the initial"),
        (("orders", "status", "'reserved'", "status = 'paid'"), "charged (order-"),
        (("orders", "status", "'paying'", "status = 'paid'"), "but paying"),
        (("orders", "status", "'paid'", "status = 'reserved'"), "the gateway has no charge for it"),
        (("orders", "amount_cents", "1", "status = 'paid'"), "costs 1 cents, charged"),
        (("orders", "charge_id", "'ch_other'", "status = 'paid'"), "paid by ch_other"),
        (("orders", "id", "'other'", "status = 'paid'"), "for an order that does not exist"),
        (("payments", "answer_status", "402", "answer_status = 201"), "no payment request has"),
        (("payments", "answer_status", "201", "answer_status = 402"), "was told that it is paid"),
    ],
)
def test_one_false_entry_is_found_and_told(
    traded, falsify, change: tuple[str, str, str, str], said: str
):
    falsify(*change)
    assert said in found(traded)
    report = traded.invariants(settle_seconds=0)
    assert report.returncode == 1
    assert said in report.stdout


def test_a_charge_made_twice_under_two_keys_is_found(new_rig):
    rig = new_rig()
    order = rig.order().json()
    assert rig.pay(order["id"]).status_code == 201
    rig.charge_behind_the_shops_back(f"order-{order['id']}-2", order["amount_cents"])
    assert "charged 2 times" in found(rig)


def test_a_charge_for_nothing_is_found(new_rig):
    rig = new_rig()
    rig.charge_behind_the_shops_back("order-unknown-1", 100)
    assert found(rig) == (
        "charge order-unknown-1: money was taken for an order that does not exist"
    )


def test_books_out_of_reach_are_an_error_and_no_agreement(traded, tmp_path):
    with pytest.raises(UnreadableError, match=r"missing\.db"):
        check(f"sqlite:///{tmp_path / 'missing.db'}", traded.gateway_url)
    assert not (tmp_path / "missing.db").exists()
    with pytest.raises(UnreadableError, match=r"127\.0\.0\.1:1"):
        check(traded.database_url, "http://127.0.0.1:1")
    report = traded.invariants(settle_seconds=0, database_url="sqlite:////nowhere/shop.db")
    assert report.returncode == 2
    assert "Traceback" not in report.stderr
