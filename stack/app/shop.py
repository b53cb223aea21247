"""The shop's parts, built from its settings and wired to each other, and its background loops."""

from dataclasses import dataclass

from stack.app import seeding
from stack.app.admission import Admission
from stack.app.catalogue import Catalogue
from stack.app.database import DATABASE_OUTAGES, Database
from stack.app.gateway_client import GatewayClient
from stack.app.health import Readiness
from stack.app.loops import Loop
from stack.app.metrics import Metrics
from stack.app.orders import Orders
from stack.app.payments import Payments, UnsettledError
from stack.app.redis_link import RedisLink, RedisUnavailableError
from stack.app.settings import Settings
from stack.app.tokens import Tokens
from stack.app.waiting_room import WaitingRoom

ADMISSION_PERIOD_SECONDS = 0.2
EXPIRY_PERIOD_SECONDS = 0.5
SETTLING_PERIOD_SECONDS = 1.0

# The loops and readiness checks need connections besides the workers.
CONNECTIONS_BESIDE_WORKERS = 4


@dataclass(frozen=True, kw_only=True)
class Shop:
    """What the routes call. Redis and the gateway need not be reachable when it is built."""

    metrics: Metrics
    database: Database
    redis: RedisLink
    catalogue: Catalogue
    tokens: Tokens
    room: WaitingRoom
    admission: Admission
    orders: Orders
    payments: Payments
    readiness: Readiness
    loops: tuple[Loop, ...]
    admin_token: str | None

    def open(self) -> None:
        """Start the background loops."""
        for loop in self.loops:
            loop.start()

    def close(self) -> None:
        """Stop the loops and give connections back."""
        for loop in self.loops:
            loop.stop()
        self.redis.close()
        self.database.close()


def build(settings: Settings) -> Shop:
    """Wire the parts; the database is created and filled if it is new."""
    metrics = Metrics()
    database = Database(
        settings.database_url,
        metrics,
        pool_size=settings.database_pool_size,
        timeout_seconds=settings.database_timeout_seconds,
        journal_mode=settings.database_journal_mode,
    )
    seeding.prepare(database, settings.seed_stock)
    database.fill_pool()
    redis = RedisLink(
        settings.redis_url,
        settings.redis_timeout_seconds,
        settings.threads + CONNECTIONS_BESIDE_WORKERS,
        metrics,
    )
    # A quarter of the workers is always left for requests that need no gateway.
    gateway = GatewayClient(
        settings.gateway_url,
        settings.gateway_timeout_seconds,
        max(1, settings.threads * 3 // 4),
        metrics,
    )
    tokens = Tokens(settings.secret)
    room = WaitingRoom(redis, tokens, settings.reservation_seconds, metrics)
    admission = Admission(room, settings.admission_rate_per_second)
    orders = Orders(database, settings.reservation_seconds, metrics)
    payments = Payments(database, gateway, metrics)
    return Shop(
        metrics=metrics,
        database=database,
        redis=redis,
        catalogue=Catalogue(database, redis, metrics),
        tokens=tokens,
        room=room,
        admission=admission,
        orders=orders,
        payments=payments,
        readiness=Readiness(database, redis, gateway),
        loops=(
            Loop(
                "admission", ADMISSION_PERIOD_SECONDS, admission.run_once, (RedisUnavailableError,)
            ),
            Loop("expiry", EXPIRY_PERIOD_SECONDS, orders.expire_due, DATABASE_OUTAGES),
            Loop(
                "settling",
                SETTLING_PERIOD_SECONDS,
                payments.settle_due,
                (UnsettledError, *DATABASE_OUTAGES),
            ),
        ),
        admin_token=settings.admin_token,
    )
