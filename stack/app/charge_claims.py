"""Claims on an order's charge: how the order's row moves before and after the gateway is asked."""

import time
from dataclasses import dataclass

from sqlalchemy import (
    ColumnElement,
    Connection,
    Executable,
    String,
    and_,
    bindparam,
    case,
    or_,
    select,
    update,
)

from stack.app.errors import ApiError
from stack.app.gateway_client import Charge, Outcome
from stack.app.models import Order, OrderStatus

# Statements are built once: building one costs more than running it.
_ORDER_IS_IT = Order.id == bindparam("order")
_IS_PAYABLE = and_(Order.status == OrderStatus.RESERVED, Order.expires_at > bindparam("now"))
_IS_UNSETTLED = and_(Order.status == OrderStatus.PAYING, Order.claimed_until <= bindparam("now"))


def _claiming(condition: ColumnElement[bool]) -> Executable:
    is_new = Order.status == OrderStatus.RESERVED
    return (
        update(Order)
        .where(_ORDER_IS_IT, condition)
        .values(
            status=OrderStatus.PAYING,
            charge_attempt=case((is_new, Order.charge_attempt + 1), else_=Order.charge_attempt),
            charge_method=case(
                (is_new, bindparam("method", type_=String)), else_=Order.charge_method
            ),
            claimed_until=bindparam("until"),
        )
        .returning(Order.charge_attempt, Order.amount_cents, Order.charge_method)
    )


_BEGIN = _claiming(or_(_IS_PAYABLE, _IS_UNSETTLED))
_RESUME = _claiming(_IS_UNSETTLED)
_STILL_OPEN = update(Order).where(
    _ORDER_IS_IT,
    Order.status == OrderStatus.PAYING,
    Order.charge_attempt == bindparam("attempt"),
)
_SUCCEED = _STILL_OPEN.values(
    status=OrderStatus.PAID, paid_at=bindparam("now"), charge_id=bindparam("charge")
)
_DECLINE = _STILL_OPEN.values(status=OrderStatus.RESERVED)
_LEAVE_OPEN = _STILL_OPEN.where(Order.claimed_until == bindparam("until")).values(
    claimed_until=bindparam("now")
)
_STATUS = select(Order.status).where(_ORDER_IS_IT)


@dataclass(frozen=True)
class Claim:
    """The right of one worker, until `until` (unix seconds), to ask for one charge of one order.

    A worker that is slower than that may be overtaken, which does no harm: both ask with the
    same key, and only one of them finds the row as it left it.
    """

    order_id: str
    attempt: int
    amount_cents: int
    method: str
    until: float

    @property
    def gateway_key(self) -> str:
        """The gateway's idempotency key: the same whoever asks, new after a definite "no"."""
        return f"order-{self.order_id}-{self.attempt}"


def begin(connection: Connection, order_id: str, method: str, seconds: float) -> Claim | None:
    """Claim a new charge of a reserved order, or the unsettled charge of a paying one.

    An unsettled charge keeps the method it was begun with. None: there is nothing to claim now.
    """
    return _claim(connection, _BEGIN, order_id, method, seconds)


def resume(connection: Connection, order_id: str, seconds: float) -> Claim | None:
    """Claim the unsettled charge of a paying order; None: another has it, or it is settled."""
    return _claim(connection, _RESUME, order_id, "", seconds)


def _claim(
    connection: Connection,
    statement: Executable,
    order_id: str,
    method: str,
    seconds: float,
) -> Claim | None:
    now = time.time()
    until = now + seconds
    row = connection.execute(
        statement, {"order": order_id, "method": method, "now": now, "until": until}
    ).first()
    if row is None:
        return None
    attempt, amount_cents, charge_method = row
    return Claim(order_id, attempt, amount_cents, charge_method, until)


def finish(connection: Connection, claim: Claim, charge: Charge) -> bool:
    """Move the order as the charge turned out; False: another has moved it before."""
    this_charge = {"order": claim.order_id, "attempt": claim.attempt}
    now = time.time()
    if charge.outcome is Outcome.SUCCEEDED:
        moved = connection.execute(_SUCCEED, this_charge | {"now": now, "charge": charge.id})
    elif charge.outcome is Outcome.DECLINED:
        moved = connection.execute(_DECLINE, this_charge)
    else:
        moved = connection.execute(_LEAVE_OPEN, this_charge | {"until": claim.until, "now": now})
    return moved.rowcount == 1


def why_not(connection: Connection, order_id: str) -> ApiError:
    """Why an order that could not be claimed cannot be paid now."""
    status = connection.scalar(_STATUS, {"order": order_id})
    if status is None:
        return ApiError(404, "no such order", field="order_id")
    if status == OrderStatus.PAID:
        return ApiError(409, "this order is paid already", field="order_id")
    if status == OrderStatus.PAYING:
        return ApiError(
            409,
            "a payment of this order is under way; ask again shortly",
            field="order_id",
            retry_after_seconds=1,
        )
    return ApiError(409, "this order has expired; its tickets were returned", field="order_id")
