"""A service killed as a crash would, and started again: what RedisDown and its like share."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from stack.faults.disturbance import Disturbance
from stack.faults.fault import FaultError, Readback
from stack.faults.refusal import refuses
from stack.run.stack import Service, Stack, StackError


@dataclass(frozen=True)
class ServiceDown(Disturbance, ABC):
    """The service's process is gone; connecting to it is refused at once, so nothing lags."""

    service: ClassVar[Service]

    @property
    def stops(self) -> tuple[Service, ...]:
        return (self.service,)

    @abstractmethod
    def endpoints(self, stack: Stack) -> Sequence[tuple[str, int]]:
        """Host and port of each address at which the service answers while it is up."""

    def inject(self, stack: Stack) -> None:
        try:
            for service in self.stops:
                stack.kill_service(service)
        except StackError as error:
            raise FaultError(f"{self.name} was not injected: {error}") from error

    def read_back(self, stack: Stack) -> Readback:
        """Every address of the service refuses a connection."""
        answers = [(f"{host}:{port}", refuses(host, port)) for host, port in self.endpoints(stack)]
        return Readback(
            all(refused is True for _, (refused, _) in answers),
            ", ".join(f"{address}: {observed}" for address, (_, observed) in answers),
        )

    def heal(self, stack: Stack) -> None:
        try:
            for service in self.stops:
                if not stack.running(service):
                    stack.start_service(service)
        except StackError as error:
            raise FaultError(f"{self.name} could not be healed: {error}") from error
