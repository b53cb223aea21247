"""After a run: do orders, payments, stock and the gateway's charges agree? Says where they do not.

    python -m stack.app.invariants --database-url sqlite:////path/app.db --gateway-url http://...

Exit status: 0 they agree, 1 they do not (one line each), 2 they could not be read.
"""

import argparse
import json
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Row, create_engine, make_url, select
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from urllib3 import PoolManager
from urllib3.exceptions import HTTPError

from stack.app.models import Event, Order, OrderStatus, Payment

GATEWAY_TIMEOUT_SECONDS = 10
LOOK_AGAIN_SECONDS = 0.25


class UnreadableError(Exception):
    """The database or the gateway could not be read; the message says which and why."""


@dataclass(frozen=True)
class Disagreement:
    """One thing that two records tell differently."""

    subject: str
    message: str

    def __str__(self) -> str:
        return f"{self.subject}: {self.message}"


@dataclass(frozen=True)
class Books:
    """Everything on record, of the shop and of the gateway. Charges are by idempotency key."""

    events: Sequence[Row[Any]]
    orders: Sequence[Row[Any]]
    payments: Sequence[Row[Any]]
    charges: dict[str, dict[str, Any]]
    successful_charges: int


def check(
    database_url: str, gateway_url: str, settle_seconds: float = 0
) -> tuple[Disagreement, ...]:
    """Every disagreement between the shop's records and the gateway's.

    Payments whose outcome is open are settled by the API in the background: as long as there are
    any, or something disagrees, the records are read again, for `settle_seconds` at most.

    Raises:
        UnreadableError: the database or the gateway could not be read.
    """
    deadline = time.monotonic() + settle_seconds
    while True:
        books = read(database_url, gateway_url)
        found = tuple(compare(books))
        is_open = any(order.status == OrderStatus.PAYING for order in books.orders)
        if time.monotonic() >= deadline or not (found or is_open):
            return found
        time.sleep(LOOK_AGAIN_SECONDS)


def read(database_url: str, gateway_url: str) -> Books:
    """The shop's records and then the gateway's. A shop that is trading moves in between."""
    try:
        url = make_url(database_url)
    except ArgumentError as error:
        raise UnreadableError(f"{database_url!r} is no address of a database: {error}") from None
    try:
        if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
            raise UnreadableError(f"there is no database at {url}")
        engine = create_engine(url)
        with engine.connect() as connection:
            events = connection.execute(select(*Event.__table__.columns)).all()
            orders = connection.execute(select(*Order.__table__.columns)).all()
            payments = connection.execute(select(*Payment.__table__.columns)).all()
        engine.dispose()
    except (ModuleNotFoundError, SQLAlchemyError) as error:
        # As text the address hides its password.
        raise UnreadableError(f"cannot read the database {url}: {error}") from None
    return Books(events, orders, payments, *_read_charges(gateway_url))


def _read_charges(gateway_url: str) -> tuple[dict[str, dict[str, Any]], int]:
    charges: dict[str, dict[str, Any]] = {}
    pool = PoolManager(timeout=GATEWAY_TIMEOUT_SECONDS, retries=False)
    after: int | None = 0
    page: dict[str, Any] = {}
    try:
        while after is not None:
            answer = pool.request("GET", f"{gateway_url.rstrip('/')}/charges?after={after}")
            page = json.loads(answer.data)
            charges |= page["by_key"]
            after = page["next"]
        return charges, page["count"]
    except (HTTPError, ValueError, KeyError, TypeError) as error:
        raise UnreadableError(f"cannot read the charges of {gateway_url}: {error!r}") from None


def compare(books: Books) -> Iterator[Disagreement]:
    """Hold the records against each other."""
    yield from _stock_is_accounted_for(books)
    yield from _paid_orders_are_charged_once(books)
    yield from _answers_match_orders(books)


def _stock_is_accounted_for(books: Books) -> Iterator[Disagreement]:
    taken: dict[tuple[int, bool], int] = defaultdict(int)
    for order in books.orders:
        if order.status != OrderStatus.EXPIRED:
            taken[order.event_id, order.status == OrderStatus.PAID] += order.quantity
    for event in books.events:
        sold, reserved = taken[event.id, True], taken[event.id, False]
        if event.stock < 0:
            yield Disagreement(f"event {event.id}", f"stock is {event.stock}: oversold")
        if event.stock + sold + reserved != event.initial_stock:
            yield Disagreement(
                f"event {event.id}",
                f"stock {event.stock} + sold {sold} + reserved {reserved} "
                f"is not the initial {event.initial_stock}",
            )


def _paid_orders_are_charged_once(books: Books) -> Iterator[Disagreement]:
    succeeded: dict[str, list[str]] = defaultdict(list)
    for key, charge in books.charges.items():
        if charge["status"] == "succeeded":
            succeeded[key.removeprefix("order-").rpartition("-")[0]].append(key)
    total = sum(len(keys) for keys in succeeded.values())
    if total != books.successful_charges:
        yield Disagreement(
            "gateway", f"counts {books.successful_charges} charges, under {total} different keys"
        )
    orders = {order.id: order for order in books.orders}
    for order_id in sorted(succeeded.keys() - orders.keys()):
        yield Disagreement(
            f"charge {succeeded[order_id][0]}", "money was taken for an order that does not exist"
        )
    for order in books.orders:
        keys = succeeded[order.id]
        if len(keys) > 1:
            yield Disagreement(f"order {order.id}", f"charged {len(keys)} times: {', '.join(keys)}")
        if keys and order.status != OrderStatus.PAID:
            yield Disagreement(f"order {order.id}", f"charged ({keys[0]}) but {order.status}")
        if not keys and order.status == OrderStatus.PAID:
            yield Disagreement(f"order {order.id}", "paid, but the gateway has no charge for it")
        for key in keys:
            yield from _charge_is_for(order, key, books.charges[key])


def _charge_is_for(order: Row[Any], key: str, charge: dict[str, Any]) -> Iterator[Disagreement]:
    if charge["amount_cents"] != order.amount_cents:
        yield Disagreement(
            f"order {order.id}",
            f"costs {order.amount_cents} cents, charged {charge['amount_cents']} ({key})",
        )
    if order.status == OrderStatus.PAID and charge["id"] != order.charge_id:
        yield Disagreement(
            f"order {order.id}", f"paid by {order.charge_id}, gateway says {charge['id']} ({key})"
        )


def _answers_match_orders(books: Books) -> Iterator[Disagreement]:
    paid = {order.id for order in books.orders if order.status == OrderStatus.PAID}
    told_paid = {payment.order_id for payment in books.payments if payment.answer_status == 201}
    for order_id in sorted(told_paid - paid):
        yield Disagreement(f"order {order_id}", "its customer was told that it is paid; it is not")
    for order_id in sorted(paid - told_paid):
        yield Disagreement(f"order {order_id}", "paid, but no payment request has that answer")


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the disagreements, one a line."""
    parser = argparse.ArgumentParser(
        prog="python -m stack.app.invariants",
        description="Hold orders, payments, stock and the gateway's charges against each other.",
    )
    parser.add_argument("--database-url", required=True)
    parser.add_argument("--gateway-url", required=True)
    parser.add_argument(
        "--settle-seconds", type=float, default=0, help="how long payments may take to be settled"
    )
    options = parser.parse_args(arguments)
    try:
        found = check(options.database_url, options.gateway_url, options.settle_seconds)
    except UnreadableError as error:
        sys.stderr.write(f"invariants: {error}\n")
        return 2
    for disagreement in found:
        sys.stdout.write(f"{disagreement}\n")
    sys.stdout.write(f"{len(found)} disagreements\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
