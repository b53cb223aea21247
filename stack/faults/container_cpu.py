"""The payment gateway's container is busy up to a ratio of its CPU quota."""

from dataclasses import dataclass
from typing import ClassVar

from stack.faults.contained import Contained
from stack.faults.container_usage import busy_ratio
from stack.faults.fault import Readback
from stack.faults.parameters import require_ratio
from stack.run.stack import Service, Stack

TOLERANCE = 0.08


@dataclass(frozen=True)
class ContainerCpu(Contained):
    """The container uses ``busy_ratio`` of the CPU time it may, its service and a process beside it
    taken together.

    That process has the lowest priority, so that the service is not kept waiting while there is
    quota left. It is one thread: of a quota of several cores it can use one. It ends after
    ``expires_seconds``, whatever becomes of the harness.

    The gateway's quota is half a core, the API's a whole one, which a small host would miss.
    """

    name: ClassVar[str] = "container_cpu"
    stressor: ClassVar[str] = "stack.faults.contained_cpu"
    service: ClassVar[Service] = "gateway"

    busy_ratio: float

    def check(self) -> None:
        require_ratio(self, "busy_ratio")

    @property
    def level(self) -> float:
        return self.busy_ratio

    def effect(self, stack: Stack, /) -> Readback:
        """The container is as busy as it should be."""
        busy = busy_ratio(stack, self.service)
        return Readback(abs(busy - self.busy_ratio) <= TOLERANCE, self._told(busy))

    def aftermath(self, stack: Stack, /) -> Readback:
        """The container is less busy again."""
        busy = busy_ratio(stack, self.service)
        return Readback(busy < self.busy_ratio - TOLERANCE, self._told(busy))

    def _told(self, busy_ratio: float) -> str:
        return f"the container uses {busy_ratio:.2f} of its quota, {self.busy_ratio:.2f} wanted"
