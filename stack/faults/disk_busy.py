"""A disk of the host always has something to do."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from stack.faults.disk_device import DiskMeter, directory_on_disk
from stack.faults.fault import FaultError, Readback
from stack.faults.host_cpu import on_target
from stack.faults.parameters import require_ratio
from stack.faults.stressed import Stressed
from stack.run.stack import Stack

MEASURED_SECONDS = 0.5


@dataclass(frozen=True)
class DiskBusy(Stressed):
    """The disk of the stacks' directory is busy for ``busy_ratio`` of the time.

    By reading past the kernel's cache, with few requests at a time, so that whoever else needs
    the disk waits for milliseconds: nothing lags, and no scrape may fail. From 0.97 on it reads
    without a pause. Waiting for a disk counts as busy in a host's CPU too, of one core at most.
    The stressor ends after ``expires_seconds``, whatever becomes of the harness.
    """

    name: ClassVar[str] = "disk_busy"
    stressor: ClassVar[str] = "stack.faults.disk_stressor"

    busy_ratio: float

    def check(self) -> None:
        require_ratio(self, "busy_ratio")

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

    def arguments(self, _stack: Stack, /) -> Sequence[str]:
        found = directory_on_disk()
        if found is None:
            raise FaultError(f"{self.name} was not injected: {self.unavailable()}")
        directory, disk = found
        return [
            *("--directory", str(directory), "--disk", disk),
            *("--busy-ratio", str(self.busy_ratio)),
        ]

    def effect(self, _stack: Stack, /) -> Readback:
        """The disk's busy ratio over half a second is on the target."""
        found = directory_on_disk()
        if found is None:
            return Readback(False, str(self.unavailable()))
        meter = DiskMeter(found[1])
        time.sleep(MEASURED_SECONDS)
        busy_ratio = meter.busy_ratio()
        return Readback(
            on_target(busy_ratio, self.busy_ratio),
            f"disk {found[1]} is {busy_ratio:.1%} busy, {self.busy_ratio:.1%} wanted",
        )
