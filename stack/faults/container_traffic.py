"""The container of Redis receives and sends much more than it did."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from stack.faults.contained import CADVISOR_SECONDS
from stack.faults.container_usage import bytes_per_second
from stack.faults.fault import Readback
from stack.faults.parameters import require_positive
from stack.faults.stressed import Stressed
from stack.run.stack import Service, Stack
from stack.run.way import Feature

TOLERANCE_RATIO = 0.15
RECEIVED_AND_SENT = 2


@dataclass(frozen=True)
class ContainerTraffic(Stressed):
    """``bytes_per_second`` more through the container's network, received and sent taken together.

    A client sends large values and has them sent back. Redis keeps none of them, and its hits,
    misses and memory stay as they are. The client ends after ``expires_seconds``, whatever becomes
    of the harness.
    """

    name: ClassVar[str] = "container_traffic"
    stressor: ClassVar[str] = "stack.faults.container_traffic_stressor"
    needs: ClassVar[frozenset[Feature]] = frozenset({"flash-tickets", "containers"})
    service: ClassVar[Service] = "redis"

    bytes_per_second: float

    def check(self) -> None:
        require_positive(self, "bytes_per_second")

    @property
    def lag_seconds(self) -> float:
        return CADVISOR_SECONDS

    @property
    def heal_lag_seconds(self) -> float:
        return CADVISOR_SECONDS

    def arguments(self, stack: Stack, /) -> Sequence[str]:
        return [
            *("--redis-host", stack.addresses.redis_host),
            *("--redis-port", str(stack.addresses.redis_port)),
            *("--bytes-per-second", str(self.bytes_per_second / RECEIVED_AND_SENT)),
        ]

    def effect(self, stack: Stack, /) -> Readback:
        """The container's network carries as much as was asked."""
        carried = bytes_per_second(stack, self.service)
        return Readback(
            abs(carried / self.bytes_per_second - 1) <= TOLERANCE_RATIO, self._told(carried)
        )

    def aftermath(self, stack: Stack, /) -> Readback:
        """The container's network carries less again."""
        carried = bytes_per_second(stack, self.service)
        return Readback(
            carried < self.bytes_per_second * (1 - TOLERANCE_RATIO), self._told(carried)
        )

    def _told(self, carried: float) -> str:
        return (
            f"the container carries {carried / 1e6:.1f} MB a second, "
            f"{self.bytes_per_second / 1e6:g} wanted"
        )
