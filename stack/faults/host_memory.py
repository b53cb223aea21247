"""The host's memory is used up to a ratio."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from stack.faults.cpu_stressor import LOWEST_PRIORITY
from stack.faults.fault import Readback
from stack.faults.memory_sizing import TOLERANCE, why_unavailable
from stack.faults.memory_stressor import memory_now
from stack.faults.parameters import require_ratio
from stack.faults.stressed import Stressed
from stack.run.stack import Stack


@dataclass(frozen=True)
class HostMemory(Stressed):
    """``used_ratio`` of the host's memory is not available, held there whatever others take.

    At least 1 GiB is left free, of the host and of a container's limit. The readback says no
    until the level is reached, and node_exporter then shows it at once, so nothing lags, and no
    scrape may fail. The stressor ends after ``expires_seconds``, whatever becomes of the harness.

    Filling takes a tenth of a second for each GiB on Linux, and longer where pages must be
    written. One process does it, at the lowest priority: it would go faster with one for each
    core, and the host's CPU alert would rightly fire.
    """

    name: ClassVar[str] = "host_memory"
    stressor: ClassVar[str] = "stack.faults.memory_stressor"
    nice: ClassVar[int] = LOWEST_PRIORITY

    used_ratio: float

    def check(self) -> None:
        require_ratio(self, "used_ratio", below_one=True)

    @property
    def symptom_ratio(self) -> float | None:
        return self.used_ratio

    @property
    def ramps(self) -> bool:
        return True

    @property
    def confirm_within_seconds(self) -> float:
        """Where pages must be written, a large host takes minutes."""
        return 240.0

    @property
    def disturbs_host(self) -> bool:
        return True

    def unavailable(self) -> str | None:
        return why_unavailable(memory_now(), self.used_ratio)

    def arguments(self, _stack: Stack, /) -> Sequence[str]:
        return ["--used-ratio", str(self.used_ratio)]

    def effect(self, _stack: Stack, /) -> Readback:
        """The host's used ratio is on the target."""
        used_ratio = memory_now().used_ratio
        return Readback(
            abs(used_ratio - self.used_ratio) <= TOLERANCE,
            f"the host's memory is used to {used_ratio:.3f}, {self.used_ratio:.3f} wanted",
        )

    def aftermath(self, _stack: Stack, /) -> Readback:
        """Nothing else keeps the memory at the level."""
        used_ratio = memory_now().used_ratio
        return Readback(
            used_ratio < self.used_ratio - TOLERANCE,
            f"no stressor lives, the host's memory is used to {used_ratio:.3f}",
        )
