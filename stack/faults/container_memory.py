"""The API's container holds memory up to a ratio of its limit."""

from dataclasses import dataclass
from typing import ClassVar

from stack.faults.contained import Contained
from stack.faults.container_usage import held_ratio
from stack.faults.fault import Readback
from stack.faults.parameters import require_ratio
from stack.run.stack import Service, Stack

TOLERANCE = 0.03


@dataclass(frozen=True)
class ContainerMemory(Contained):
    """``used_ratio`` of the container's limit is held, by its service and a process beside it, and
    none of that is a cache.

    Should it be too much, the kernel ends that process and not the service. It ends after
    ``expires_seconds``, whatever becomes of the harness.
    """

    name: ClassVar[str] = "container_memory"
    stressor: ClassVar[str] = "stack.faults.contained_memory"
    service: ClassVar[Service] = "app"

    used_ratio: float

    def check(self) -> None:
        require_ratio(self, "used_ratio", below_one=True)

    @property
    def level(self) -> float:
        return self.used_ratio

    @property
    def ramps(self) -> bool:
        return True

    def effect(self, stack: Stack, /) -> Readback:
        """The container holds what it should."""
        held = held_ratio(stack, self.service)
        return Readback(abs(held - self.used_ratio) <= TOLERANCE, self._told(held))

    def aftermath(self, stack: Stack, /) -> Readback:
        """The container holds less again."""
        held = held_ratio(stack, self.service)
        return Readback(held < self.used_ratio - TOLERANCE, self._told(held))

    def _told(self, held_ratio: float) -> str:
        return f"the container holds {held_ratio:.3f} of its limit, {self.used_ratio:.3f} wanted"
