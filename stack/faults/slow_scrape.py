"""A target answers its scrapes late: a slow network between Prometheus and redis_exporter."""

from dataclasses import dataclass
from typing import ClassVar

from stack.faults.disturbance import Disturbance
from stack.faults.fault import FaultError, Readback
from stack.faults.http_probe import health_seconds
from stack.faults.parameters import require_ratio
from stack.faults.proxy_latency import SHORTEST_LATENCY_SECONDS, ProxyLatency
from stack.faults.toxiproxy_client import Proxy
from stack.observe.prometheus import Prometheus, ReadError
from stack.run.stack import Stack

JOB = "redis"


@dataclass(frozen=True)
class SlowScrape(Disturbance):
    """Each scrape of redis_exporter takes ``timeout_ratio`` of its timeout longer.

    A scrape's timeout is divided by the speed, and the latency with it; so the fault asks
    Prometheus for it. On a busy host a scrape may take a little more than that and fail.
    """

    name: ClassVar[str] = "slow_scrape"

    timeout_ratio: float

    def __post_init__(self) -> None:
        require_ratio(self, "timeout_ratio", below_one=True)

    @property
    def disturbs_jobs(self) -> tuple[str, ...]:
        return (JOB,)

    def inject(self, stack: Stack) -> None:
        self._latency(stack).inject(stack)

    def read_back(self, stack: Stack) -> Readback:
        """The toxic as Toxiproxy reports it, and an exchange timed through the proxy."""
        return self._latency(stack).read_back(stack)

    def heal(self, stack: Stack) -> None:
        # To remove a latency nobody needs to know how long it was.
        ExporterLatency(SHORTEST_LATENCY_SECONDS).heal(stack)

    def read_back_healed(self, stack: Stack) -> Readback:
        return self._latency(stack).read_back_healed(stack)

    def _latency(self, stack: Stack) -> "ExporterLatency":
        return ExporterLatency(self.timeout_ratio * scrape_timeout_seconds(stack))


@dataclass(frozen=True)
class ExporterLatency(ProxyLatency):
    """Each answer of redis_exporter comes ``latency_seconds`` later."""

    name: ClassVar[str] = SlowScrape.name
    proxy: ClassVar[str] = "redis_exporter"

    latency_seconds: float

    @property
    def slow_seconds(self) -> float:
        return self.latency_seconds

    def exchange(self, proxy: Proxy, timeout_seconds: float) -> float:
        """Seconds that GET /health takes, connecting included."""
        return health_seconds(proxy.host, proxy.port, timeout_seconds)


def scrape_timeout_seconds(stack: Stack) -> float:
    """The timeout of the exporter's scrapes, as Prometheus exposes it. Raises FaultError."""
    query = f'scrape_timeout_seconds{{job="{JOB}"}}'
    try:
        series = Prometheus(stack.addresses.prometheus).query(query)
    except ReadError as error:
        raise FaultError(f"{SlowScrape.name}: the scrape timeout is not known: {error}") from error
    if not series:
        raise FaultError(
            f"{SlowScrape.name}: Prometheus has no {query}; let its configuration set "
            "extra_scrape_metrics"
        )
    return series[0].samples[-1][1]
