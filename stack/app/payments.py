"""Payments: an order is charged at most once, whatever times out, repeats, races or dies.

The order's row decides who may charge: it is claimed by a conditional UPDATE (`reserved` ->
`paying`), and the gateway is asked outside of any transaction with a key made of the order's id and
the number of the attempt. A definite answer moves the row to `paid` or back to `reserved`. Without
one (timeout, broken connection, this process killed) the order stays `paying` and keeps its stock,
and the charge is settled by asking the gateway again with the same key: by the customer's next
request, or by the settling loop. A payment begun in time is honoured when it is settled later.
"""

import json
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError

from stack.app import charge_claims
from stack.app.charge_claims import Claim
from stack.app.database import Database
from stack.app.errors import ApiError
from stack.app.gateway_client import Charge, GatewayClient, Outcome
from stack.app.metrics import Metrics
from stack.app.models import Order, OrderStatus, Payment

log = logging.getLogger(__name__)

SETTLE_AFTER_SECONDS = 1.0
SETTLED_AT_ONCE = 20

# Statements are built once: building one costs more than running it.
_UNSETTLED = (
    select(Order.id)
    .where(Order.status == OrderStatus.PAYING, Order.claimed_until <= bindparam("latest"))
    .order_by(Order.claimed_until)
    .limit(SETTLED_AT_ONCE)
)
_FIND = select(Payment.order_id, Payment.method, Payment.answer_status, Payment.answer_body).where(
    Payment.idempotency_key == bindparam("key")
)
_INSERT = insert(Payment)
_RECORD = (
    update(Payment)
    .where(Payment.order_id == bindparam("order"), Payment.answer_status.is_(None))
    .values(answer_status=bindparam("status"), answer_body=bindparam("body"))
)


class UnsettledError(Exception):
    """The gateway gives no definite answer, so charges wait to be settled."""


@dataclass(frozen=True)
class Answer:
    """What a payment request is answered with, now and whenever it is repeated."""

    status: int
    body: dict[str, Any]


class Payments:
    """Takes payment requests, each known by its Idempotency-Key, and settles what was left open.

    Answers that are definite (paid, declined) are recorded and repeated. A request that ended
    without one is not: the same key sent again learns what became of the charge.
    """

    def __init__(self, database: Database, gateway: GatewayClient, metrics: Metrics) -> None:
        self._database = database
        self._gateway = gateway
        self._metrics = metrics

    def pay(self, key: str, order_id: str, method: str) -> Answer:
        """Charge the order, or repeat the answer that this key had.

        Raises:
            ApiError: 404 no such order; 409 not payable, or its payment is under way; 422 the key
                was used for another request; 502 the gateway failed; 504 it did not answer.
        """
        with self._gateway_slot(method):
            begun = self._begin(key, order_id, method)
            if isinstance(begun, Answer):
                return begun
            charge = self._gateway.charge(begun.gateway_key, begun.amount_cents, begun.method)
            was_open = self._finish(begun, charge)
        if charge.is_definite:
            if not was_open:
                return self._answer_of(key)
            if charge.outcome is Outcome.DECLINED:
                self._metrics.payments_failed.labels(method, "declined").inc()
            return _definite_answer(begun, charge)
        self._metrics.payments_failed.labels(method, charge.outcome.value).inc()
        if charge.outcome is Outcome.TIMEOUT:
            raise ApiError(
                504, "the payment gateway did not answer in time; ask again to learn the outcome"
            )
        raise ApiError(502, "the payment gateway failed; ask again to learn the outcome")

    def settle_due(self) -> None:
        """Ask again for charges whose outcome is not known, the longest waiting first.

        Raises:
            UnsettledError: the gateway is still without a definite answer; the rest waits.
        """
        latest = time.time() - SETTLE_AFTER_SECONDS
        with self._database.reading() as connection:
            order_ids = list(connection.scalars(_UNSETTLED, {"latest": latest}))
        for order_id in order_ids:
            self._settle(order_id)

    def _settle(self, order_id: str) -> None:
        with self._database.writing() as connection:
            claim = charge_claims.resume(connection, order_id, self._gateway.longest_charge_seconds)
        if claim is None:
            return
        charge = self._gateway.charge(claim.gateway_key, claim.amount_cents, claim.method)
        self._finish(claim, charge)
        if not charge.is_definite:
            raise UnsettledError(
                f"the gateway's answer about {claim.gateway_key} was: {charge.outcome.value}"
            )
        log.info("order %s: open charge settled: %s", order_id, charge.outcome.value)

    @contextmanager
    def _gateway_slot(self, method: str) -> Iterator[None]:
        if not self._gateway.slots.acquire(blocking=False):
            self._metrics.payments_failed.labels(method, "error").inc()
            raise ApiError(
                502,
                "too many payments are waiting for the gateway; nothing was charged, try again",
                retry_after_seconds=1,
            )
        try:
            yield
        finally:
            self._gateway.slots.release()

    def _begin(self, key: str, order_id: str, method: str) -> Claim | Answer:
        try:
            with self._database.writing() as connection:
                known = _known(connection, key, order_id, method)
                if isinstance(known, Answer):
                    return known
                claim = charge_claims.begin(
                    connection, order_id, method, self._gateway.longest_charge_seconds
                )
                if claim is None:
                    raise charge_claims.why_not(connection, order_id)
                if not known:
                    _remember(connection, key, order_id, method)
                return claim
        except IntegrityError:
            raise _under_way() from None

    def _finish(self, claim: Claim, charge: Charge) -> bool:
        with self._database.writing() as connection:
            was_open = charge_claims.finish(connection, claim, charge)
            if was_open and charge.is_definite:
                _record(connection, claim, _definite_answer(claim, charge))
        if was_open and charge.outcome is Outcome.SUCCEEDED:
            self._metrics.payments_successful.labels(claim.method).inc()
            self._metrics.orders_completed.inc()
            self._metrics.revenue.inc(claim.amount_cents)
        return was_open

    def _answer_of(self, key: str) -> Answer:
        with self._database.reading() as connection:
            row = connection.execute(_FIND, {"key": key}).one()
        if row.answer_status is None:
            raise _under_way()
        return Answer(row.answer_status, json.loads(row.answer_body))


def _known(connection: Connection, key: str, order_id: str, method: str) -> Answer | bool:
    """The recorded answer of this key, else whether the key was seen before."""
    row = connection.execute(_FIND, {"key": key}).first()
    if row is None:
        return False
    if (row.order_id, row.method) != (order_id, method):
        raise ApiError(
            422, "this key was used for another payment request", field="Idempotency-Key"
        )
    if row.answer_status is None:
        return True
    return Answer(row.answer_status, json.loads(row.answer_body))


def _remember(connection: Connection, key: str, order_id: str, method: str) -> None:
    connection.execute(
        _INSERT,
        {
            "idempotency_key": key,
            "order_id": order_id,
            "method": method,
            "created_at": time.time(),
            "answer_status": None,
            "answer_body": None,
        },
    )


def _definite_answer(claim: Claim, charge: Charge) -> Answer:
    if charge.outcome is Outcome.SUCCEEDED:
        return Answer(201, _paid(claim, charge))
    return Answer(402, _declined(claim))


def _record(connection: Connection, claim: Claim, answer: Answer) -> None:
    """Record the answer for every key that asked for this charge and has none yet."""
    connection.execute(
        _RECORD,
        {"order": claim.order_id, "status": answer.status, "body": json.dumps(answer.body)},
    )


def _paid(claim: Claim, charge: Charge) -> dict[str, Any]:
    return {
        "status": "paid",
        "order_id": claim.order_id,
        "amount_cents": claim.amount_cents,
        "method": claim.method,
        "charge_id": charge.id,
    }


def _declined(claim: Claim) -> dict[str, Any]:
    return {
        "status": "declined",
        "order_id": claim.order_id,
        "error": {"message": "the payment was declined; try another method", "field": None},
    }


def _under_way() -> ApiError:
    return ApiError(
        409,
        "a payment with this key is under way; ask again shortly",
        field="Idempotency-Key",
        retry_after_seconds=1,
    )
