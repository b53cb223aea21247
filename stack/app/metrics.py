"""Every metric of the API by its name, in its own registry, each known label set from 0."""

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    Summary,
    disable_created_metrics,
)

from stack.app.runtime_metrics import RuntimeCollector

# Each counter would carry a second series with its birth time, which nothing here reads.
disable_created_metrics()  # type: ignore[no-untyped-call]

HTTP_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 1.5, 2, 2.5, 3, 5, 10)
GATEWAY_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 2.5, 5, 10)
STORE_BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)

PAYMENT_METHODS = ("card", "wallet")
PAYMENT_FAILURE_REASONS = ("declined", "error", "timeout")
REDIS_COMMANDS = ("get", "set", "evalsha", "ping")
DATABASE_OPERATIONS = ("begin", "select", "insert", "update", "other")


class Metrics:
    """The API's metrics. Every label set that can be foreseen exists from the start, at 0.

    A ratio over counters is then defined before the first failure, and the first failure is an
    increase rather than a new series.
    """

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)
        GCCollector(registry=registry)
        registry.register(RuntimeCollector())

        self.http_requests = Counter(
            "http_requests_total",
            "Requests answered.",
            ["method", "route", "status"],
            registry=registry,
        )
        self.http_duration = Histogram(
            "http_request_duration_seconds",
            "Time from a worker taking a request to its answer being ready.",
            ["method", "route"],
            buckets=HTTP_BUCKETS,
            registry=registry,
        )
        self.http_request_size = Summary(
            "http_request_size_bytes",
            "Size of request bodies.",
            ["method", "route"],
            registry=registry,
        )
        self.http_response_size = Summary(
            "http_response_size_bytes",
            "Size of answer bodies.",
            ["method", "route"],
            registry=registry,
        )
        self.queue_waiting = Gauge(
            "queue_waiting_users_total",
            "Users in the waiting room, as the admission loop last saw it (kept without Redis).",
            registry=registry,
        )
        self.queue_processing = Gauge(
            "queue_processing_users_total",
            "Users admitted who have neither ordered nor run out of time (kept without Redis).",
            registry=registry,
        )
        self.queue_admitted = Counter(
            "queue_admitted_users_total", "Users admitted.", registry=registry
        )
        self.orders_created = Counter(
            "orders_created_total", "Orders that reserved stock.", registry=registry
        )
        self.orders_completed = Counter(
            "orders_completed_total", "Orders that were paid.", registry=registry
        )
        self.revenue = Counter(
            "revenue_cents_total", "Money charged for paid orders.", registry=registry
        )
        self.payments_successful = Counter(
            "payments_successful_total",
            "Charges that succeeded, each once.",
            ["method"],
            registry=registry,
        )
        self.payments_failed = Counter(
            "payments_failed_total",
            "Payment requests answered with a failure of the charge.",
            ["method", "reason"],
            registry=registry,
        )
        self.gateway_duration = Histogram(
            "payment_gateway_request_duration_seconds",
            "Time the payment gateway took, failures and timeouts included.",
            buckets=GATEWAY_BUCKETS,
            registry=registry,
        )
        self.cache_hits = Counter(
            "cache_hits_total", "Catalogue reads answered by the cache.", registry=registry
        )
        self.cache_misses = Counter(
            "cache_misses_total",
            "Catalogue reads that went to the database: not cached, or no answer from the cache.",
            registry=registry,
        )
        self.redis_duration = Histogram(
            "redis_command_duration_seconds",
            "Time a Redis command took as the API sees it, failures and timeouts included.",
            ["command"],
            buckets=STORE_BUCKETS,
            registry=registry,
        )
        self.redis_errors = Counter(
            "redis_command_errors_total",
            "Redis commands that were sent and got no answer.",
            ["command"],
            registry=registry,
        )
        self.db_connections_active = Gauge(
            "db_connections_active", "Database connections in use.", registry=registry
        )
        self.db_connections_max = Gauge(
            "db_connections_max",
            "Database connections that may be in use at once.",
            registry=registry,
        )
        self.db_duration = Histogram(
            "db_query_duration_seconds",
            "Time a statement took; `begin` holds the wait for the write lock of SQLite.",
            ["operation"],
            buckets=STORE_BUCKETS,
            registry=registry,
        )
        self.db_errors = Counter(
            "db_query_errors_total", "Statements that failed.", ["operation"], registry=registry
        )
        self._start_at_zero()

    def _start_at_zero(self) -> None:
        for method in PAYMENT_METHODS:
            self.payments_successful.labels(method)
            for reason in PAYMENT_FAILURE_REASONS:
                self.payments_failed.labels(method, reason)
        for command in REDIS_COMMANDS:
            self.redis_duration.labels(command)
            self.redis_errors.labels(command)
        for operation in DATABASE_OPERATIONS:
            self.db_duration.labels(operation)
            self.db_errors.labels(operation)
