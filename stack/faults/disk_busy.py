"""A disk of the host always has something to do."""

import time
from dataclasses import dataclass
from typing import ClassVar

from stack.faults.disk_device import DiskMeter, directory_on_disk
from stack.faults.disturbance import EXPIRES_SECONDS, Disturbance
from stack.faults.fault import FaultError, Readback
from stack.faults.host_cpu import on_target
from stack.faults.parameters import require_ratio, require_seconds
from stack.faults.stressors import living_stressors, start_stressor, stop_stressor
from stack.run.stack import Stack

STRESSOR = "stack.faults.disk_stressor"
PROCESS = "disk_busy"
MEASURED_SECONDS = 0.5


@dataclass(frozen=True)
class DiskBusy(Disturbance):
    """The disk of the stacks' directory is busy for ``busy_ratio`` of the time.

    By reading past the kernel's cache, with few requests at a time, so that whoever else needs
    the disk waits for milliseconds: nothing lags, and no scrape may fail. From 0.97 on it reads
    without a pause. Waiting for a disk counts as busy in a host's CPU too, of one core at most.
    The stressor ends after ``expires_seconds``, whatever becomes of the harness.
    """

    name: ClassVar[str] = "disk_busy"

    busy_ratio: float
    expires_seconds: float = EXPIRES_SECONDS

    def __post_init__(self) -> None:
        require_ratio(self, "busy_ratio")
        require_seconds(self, "expires_seconds")

    @property
    def symptom_ratio(self) -> float | None:
        return self.busy_ratio

    @property
    def disturbs_host(self) -> bool:
        return True

    def unavailable(self) -> str | None:
        if directory_on_disk() is not None:
            return None
        return (
            "no directory for temporary files is on a disk of which this host counts how busy it "
            "is: let TMPDIR name one"
        )

    def inject(self, stack: Stack) -> None:
        found = directory_on_disk()
        if found is None:
            raise FaultError(f"{self.name} was not injected: {self.unavailable()}")
        directory, disk = found
        start_stressor(
            stack,
            PROCESS,
            STRESSOR,
            [
                *("--directory", str(directory), "--disk", disk),
                *("--busy-ratio", str(self.busy_ratio)),
                *("--expires-seconds", str(self.expires_seconds)),
            ],
        )

    def read_back(self, stack: Stack) -> Readback:
        """The stressor lives, and the disk's busy ratio over half a second is on the target."""
        found = directory_on_disk()
        if found is None or not living_stressors(stack, STRESSOR):
            log = stack.process_log(PROCESS).strip()
            return Readback(False, f"the stressor does not live; log: {log or '(empty)'}")
        meter = DiskMeter(found[1])
        time.sleep(MEASURED_SECONDS)
        busy_ratio = meter.busy_ratio()
        return Readback(
            on_target(busy_ratio, self.busy_ratio),
            f"disk {found[1]} is {busy_ratio:.1%} busy, {self.busy_ratio:.1%} wanted",
        )

    def heal(self, stack: Stack) -> None:
        stop_stressor(stack, PROCESS)

    def read_back_healed(self, stack: Stack) -> Readback:
        """No stressor lives; what others do is not this fault's."""
        living = living_stressors(stack, STRESSOR)
        return Readback(not living, f"{len(living)} stressors live")
