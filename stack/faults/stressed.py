"""A disturbance made by a process of the stack: what DiskBusy, SlowUploads and their like share."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, final

from stack.faults.disturbance import EXPIRES_SECONDS, Disturbance
from stack.faults.fault import FaultError, Readback
from stack.faults.parameters import require_seconds
from stack.faults.stressors import living_stressors, start_stressor, stop_stressor
from stack.run.stack import Stack


@dataclass(frozen=True)
class Stressed(Disturbance, ABC):
    """One process, the stressor, disturbs for as long as it lives, and is named after the fault.

    A subclass names the ``stressor``'s module, which takes ``--expires-seconds``: it ends after
    them, whatever becomes of the harness.
    """

    stressor: ClassVar[str]
    nice: ClassVar[int] = 0

    expires_seconds: float = field(default=EXPIRES_SECONDS, kw_only=True)

    @final
    def __post_init__(self) -> None:
        require_seconds(self, "expires_seconds")
        self.check()

    def check(self) -> None:
        """Refuse parameters of its own that cannot be meant. Raises ValueError."""

    @abstractmethod
    def arguments(self, stack: Stack, /) -> Sequence[str]:
        """What the stressor is told, beside when it ends. Raises FaultError."""

    def environment(self, _stack: Stack, /) -> Mapping[str, str]:
        """What the stressor is told that no list of processes may show."""
        return {}

    @abstractmethod
    def effect(self, stack: Stack, /) -> Readback:
        """Whether what the stressor does shows; asked only while it lives."""

    def aftermath(self, _stack: Stack, /) -> Readback:
        """Whether what it did is over too; asked once it lives no more."""
        return Readback(True, "0 stressors live")

    def inject(self, stack: Stack) -> None:
        reason = self.unavailable()
        if reason is not None:
            raise FaultError(f"{self.name} was not injected: {reason}")
        arguments = [*self.arguments(stack), "--expires-seconds", str(self.expires_seconds)]
        start_stressor(
            stack,
            self.name,
            self.stressor,
            arguments,
            nice=self.nice,
            environment=self.environment(stack),
        )

    def read_back(self, stack: Stack) -> Readback:
        """The stressor lives, and its effect is there."""
        if not living_stressors(stack, self.stressor):
            log = stack.process_log(self.name).strip()
            return Readback(False, f"the stressor does not live; log: {log or '(empty)'}")
        return self.effect(stack)

    def heal(self, stack: Stack) -> None:
        stop_stressor(stack, self.name)

    def read_back_healed(self, stack: Stack) -> Readback:
        """The stressor is gone, and what it left with it."""
        living = living_stressors(stack, self.stressor)
        if living:
            return Readback(False, f"{len(living)} stressors live")
        return self.aftermath(stack)
