"""Orders: stock reserved against a pass, for a limited time, and returned when that is over."""

import secrets
import time
from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError

from stack.app.database import Database
from stack.app.errors import ApiError
from stack.app.metrics import Metrics
from stack.app.models import Event, Order, OrderStatus
from stack.app.tokens import Pass

MOST_TICKETS_PER_ORDER = 8
EXPIRED_AT_ONCE = 500

# Statements are built once: building one costs more than running it.
_TAKE = (
    update(Event)
    .where(Event.id == bindparam("event"), Event.stock >= bindparam("wanted"))
    .values(stock=Event.stock - bindparam("wanted"))
    .returning(Event.price_cents)
)
_GIVE_BACK = (
    update(Event)
    .where(Event.id == bindparam("event"))
    .values(stock=Event.stock + bindparam("returned"))
)
_INSERT = insert(Order)
_FIND = select(
    Order.id,
    Order.event_id,
    Order.quantity,
    Order.amount_cents,
    Order.status,
    Order.created_at,
    Order.expires_at,
    Order.paid_at,
).where(Order.id == bindparam("order"))
_DUE = (
    select(Order.id)
    .where(Order.status == OrderStatus.RESERVED, Order.expires_at <= bindparam("now"))
    .order_by(Order.expires_at)
    .limit(EXPIRED_AT_ONCE)
)
_EXPIRE = (
    update(Order)
    .where(Order.id.in_(bindparam("due", expanding=True)), Order.status == OrderStatus.RESERVED)
    .values(status=OrderStatus.EXPIRED)
    .returning(Order.event_id, Order.quantity)
)


@dataclass(frozen=True)
class OrderView:
    """An order as its owner sees it. Times are unix seconds."""

    id: str
    event_id: int
    quantity: int
    amount_cents: int
    status: str
    created_at: float
    expires_at: float
    paid_at: float | None

    def as_json(self) -> dict[str, Any]:
        """The order's fields by name."""
        return asdict(self)


class Orders:
    """Reserves stock so that it can never be oversold: the UPDATE that takes it is conditional."""

    def __init__(self, database: Database, reservation_seconds: float, metrics: Metrics) -> None:
        self._database = database
        self._reservation_seconds = reservation_seconds
        self._metrics = metrics

    def reserve(self, event_id: int, quantity: int, used: Pass) -> OrderView:
        """Take `quantity` tickets out of stock for this pass, which is used up by it.

        Raises:
            ApiError: 403 the pass is for another event, its time is over or it was used;
                409 fewer tickets are left.
        """
        now = time.time()
        if used.event_id != event_id:
            raise ApiError(403, "this pass is for another event", field="pass")
        if used.expires_at <= now:
            raise ApiError(403, "this pass has expired; join the queue again", field="pass")
        try:
            order = self._reserve(event_id, quantity, used, now)
        except IntegrityError:
            raise ApiError(403, "this pass was used for an order already", field="pass") from None
        self._metrics.orders_created.inc()
        return order

    def _reserve(self, event_id: int, quantity: int, used: Pass, now: float) -> OrderView:
        with self._database.writing() as connection:
            price_cents = connection.scalar(_TAKE, {"event": event_id, "wanted": quantity})
            if price_cents is None:
                raise ApiError(409, "not enough tickets are left for this event", field="quantity")
            order = OrderView(
                id=secrets.token_hex(16),
                event_id=event_id,
                quantity=quantity,
                amount_cents=price_cents * quantity,
                status=OrderStatus.RESERVED,
                created_at=now,
                expires_at=now + self._reservation_seconds,
                paid_at=None,
            )
            connection.execute(
                _INSERT,
                {
                    **order.as_json(),
                    "pass_id": used.id,
                    "charge_attempt": 0,
                    "charge_method": "",
                    "charge_id": None,
                    "claimed_until": 0.0,
                },
            )
        return order

    def get(self, order_id: str) -> OrderView:
        """The order as it stands.

        Raises:
            ApiError: 404, there is none with this id.
        """
        with self._database.reading() as connection:
            row = connection.execute(_FIND, {"order": order_id}).first()
        if row is None:
            raise ApiError(404, "no such order", field="id")
        return OrderView(*row)

    def expire_due(self) -> None:
        """Return the stock of reservations whose time is over.

        Only `reserved` orders expire. One whose payment is under way is `paying`, and becomes
        `reserved` again, and due at once, only by a definite "no" of the gateway.
        """
        # Looked at without the write lock first: mostly nothing is due.
        with self._database.reading() as connection:
            order_ids = list(connection.scalars(_DUE, {"now": time.time()}))
        if order_ids:
            self._expire(order_ids)

    def _expire(self, order_ids: list[str]) -> None:
        returned: Counter[int] = Counter()
        with self._database.writing() as connection:
            for event_id, quantity in connection.execute(_EXPIRE, {"due": order_ids}):
                returned[event_id] += quantity
            for event_id, quantity in sorted(returned.items()):
                connection.execute(_GIVE_BACK, {"event": event_id, "returned": quantity})
