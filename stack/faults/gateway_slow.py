"""The payment gateway answers late: every charge decided at once, and heard of late.

By a Toxiproxy latency toxic, not by the gateway's own delay. The toxic can be read back from
outside without making a charge (the gateway's delay holds back charges alone), holds back any
number of charges (the gateway's takes a thread for each), and is independent of PaymentFailures
(the gateway has one setting, and setting or healing one part replaces the other).
"""

from dataclasses import dataclass
from typing import ClassVar

from stack.faults.http_probe import health_seconds
from stack.faults.parameters import require_seconds
from stack.faults.proxy_latency import SHORTEST_LATENCY_SECONDS, ProxyLatency
from stack.faults.toxiproxy_client import Proxy


@dataclass(frozen=True)
class GatewaySlow(ProxyLatency):
    """Each answer of the gateway comes ``delay_seconds`` later, or after its caller gave up.

    A slow payment is observed only when it ends, and the readback has waited for one that began
    after injection: beyond it nothing lags. Nor does healing, at which every answer held back is
    let go. The app's /metrics asks nothing of the gateway, so no scrape may fail.
    """

    name: ClassVar[str] = "gateway_slow"
    proxy: ClassVar[str] = "gateway"

    delay_seconds: float

    def __post_init__(self) -> None:
        require_seconds(self, "delay_seconds", at_least=SHORTEST_LATENCY_SECONDS)

    @property
    def slow_seconds(self) -> float:
        return self.delay_seconds

    def exchange(self, proxy: Proxy, timeout_seconds: float) -> float:
        """Seconds that GET /health takes, connecting included."""
        return health_seconds(proxy.host, proxy.port, timeout_seconds)
