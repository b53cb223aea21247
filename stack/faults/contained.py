"""A disturbance from inside a container: what ContainerMemory and ContainerCpu share."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from stack.faults.fault import FaultError
from stack.faults.stressed import Stressed
from stack.faults.stressors import start_stressor
from stack.run.stack import Service, Stack, StackError
from stack.run.way import Feature

RUNNER = "stack.faults.container_stressor"
# cAdvisor looks when it is asked, and has its answer within this, on a busy host too.
CADVISOR_SECONDS = 0.3


@dataclass(frozen=True)
class Contained(Stressed, ABC):
    """A program runs in a service's container, inside its limits, so that its own control group
    counts what it uses: no container beside it could be made a part of that group under cgroup v2.

    A subclass names as its ``stressor`` a module of this package that needs nothing but Python, as
    the container has nothing else of the harness. It is started through the engine by a process of
    the stack, and ends with it.
    """

    needs: ClassVar[frozenset[Feature]] = frozenset({"flash-tickets", "containers"})
    service: ClassVar[Service]

    @property
    def lag_seconds(self) -> float:
        return CADVISOR_SECONDS

    @property
    def heal_lag_seconds(self) -> float:
        return CADVISOR_SECONDS

    @property
    @abstractmethod
    def level(self) -> float:
        """What the program is to reach."""

    def arguments(self, stack: Stack, /) -> Sequence[str]:
        try:
            container = stack.container(self.service)
        except StackError as error:
            raise FaultError(f"{self.name} was not injected: {error}") from error
        return [
            *("--container", container),
            *("--program", self.stressor),
            *("--level", str(self.level)),
            *("--expires-seconds", str(self.expires_seconds)),
        ]

    def inject(self, stack: Stack) -> None:
        start_stressor(stack, self.name, RUNNER, self.arguments(stack))
