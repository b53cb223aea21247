"""Tables: events with their stock, orders with their state, payments with their recorded answer."""

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """The schema's registry."""


class Event(Base):
    """Something to be sold. `initial_stock` never changes; `stock` is what is left to reserve."""

    __tablename__ = "events"
    __table_args__ = (CheckConstraint("stock >= 0", name="stock_not_negative"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    price_cents: Mapped[int]
    stock: Mapped[int]
    initial_stock: Mapped[int]


class OrderStatus:
    """States of an order and the moves between them.

    reserved -> paying: a charge is claimed; reserved -> expired: its time is over.
    paying -> paid: the gateway charged; paying -> reserved: the gateway declined.
    An order stays `paying` while the outcome of its charge is not known, and keeps its stock.
    """

    RESERVED = "reserved"
    PAYING = "paying"
    PAID = "paid"
    EXPIRED = "expired"


class Order(Base):
    """Tickets taken from stock. Times are unix seconds.

    `charge_attempt` counts charges begun after a definite "no" to the one before; together with
    the id it makes the gateway's idempotency key, so that asking again never charges again.
    `charge_method` is empty before the first of them.
    `claimed_until` keeps two workers from charging one order at the same time.
    """

    __tablename__ = "orders"
    __table_args__ = (
        Index("orders_by_expiry", "status", "expires_at"),
        Index("orders_by_claim", "status", "claimed_until"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"))
    pass_id: Mapped[str] = mapped_column(String(64), unique=True)
    quantity: Mapped[int]
    amount_cents: Mapped[int]
    status: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[float]
    expires_at: Mapped[float]
    paid_at: Mapped[float | None]
    charge_attempt: Mapped[int]
    charge_method: Mapped[str] = mapped_column(String(16))
    charge_id: Mapped[str | None] = mapped_column(String(64))
    claimed_until: Mapped[float]


class Payment(Base):
    """One Idempotency-Key of a customer, and the answer recorded for it once it is known."""

    __tablename__ = "payments"
    __table_args__ = (Index("payments_by_order", "order_id"),)

    idempotency_key: Mapped[str] = mapped_column(String(200), primary_key=True)
    order_id: Mapped[str] = mapped_column(ForeignKey("orders.id"))
    method: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[float]
    answer_status: Mapped[int | None]
    answer_body: Mapped[str | None] = mapped_column(Text)
