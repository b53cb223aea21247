"""Prometheus is gone: nothing is scraped or evaluated, and Alertmanager hears no more."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import urlsplit

from stack.faults.fault import Readback
from stack.faults.service_down import ServiceDown
from stack.observe.prometheus import Prometheus, ReadError
from stack.run.stack import Service, Stack


@dataclass(frozen=True)
class PrometheusDown(ServiceDown):
    """Prometheus' process is killed, and started again on the same data: a restart, where it is
    healed at once.

    Back means that it knows an Alertmanager and has scraped every target, so that the first
    evaluations see what is there: nothing lags after that.
    """

    name: ClassVar[str] = "prometheus_down"
    service: ClassVar[Service] = "prometheus"

    def endpoints(self, stack: Stack) -> Sequence[tuple[str, int]]:
        url = urlsplit(stack.addresses.prometheus)
        return [(url.hostname or "127.0.0.1", url.port or 80)]

    def read_back_healed(self, stack: Stack) -> Readback:
        """It scraped every target since it started, and found an Alertmanager."""
        prometheus = Prometheus(stack.addresses.prometheus)
        try:
            targets = prometheus.targets()
            managers = prometheus.active_alertmanagers()
        except ReadError as error:
            return Readback(False, str(error))
        waiting = [target.instance for target in targets if target.last_scrape == 0]
        return Readback(
            bool(targets) and bool(managers) and not waiting,
            f"{len(targets)} targets, not scraped yet: {waiting or 'none'}; "
            f"active Alertmanagers: {managers or 'none'}",
        )
