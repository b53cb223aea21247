"""Redis answers late: a slow network between the app and Redis, which itself is well."""

from dataclasses import dataclass
from typing import ClassVar

from stack.faults.parameters import require_seconds
from stack.faults.proxy_latency import SHORTEST_LATENCY_SECONDS, ProxyLatency
from stack.faults.redis_probe import ping_seconds
from stack.faults.toxiproxy_client import Proxy

# The most that one request of the app waits for, one after the other: a cache miss reads, then
# writes.
COMMANDS_A_REQUEST = 2


@dataclass(frozen=True)
class RedisLatency(ProxyLatency):
    """Each Redis command of the app takes ``latency_seconds`` longer, or runs into its timeout.

    A request is observed when the last of its commands ends, and the readback has waited for one
    command: the others are the lag. redis_exporter reaches Redis directly and the app's /metrics
    asks nothing of it, so no scrape may fail.
    """

    name: ClassVar[str] = "redis_latency"
    proxy: ClassVar[str] = "redis"

    latency_seconds: float

    def __post_init__(self) -> None:
        require_seconds(self, "latency_seconds", at_least=SHORTEST_LATENCY_SECONDS)

    @property
    def slow_seconds(self) -> float:
        return self.latency_seconds

    @property
    def lag_seconds(self) -> float:
        return self.latency_seconds * (COMMANDS_A_REQUEST - 1)

    def exchange(self, proxy: Proxy, timeout_seconds: float) -> float:
        """Seconds that a PING takes."""
        return ping_seconds(proxy.host, proxy.port, timeout_seconds)
