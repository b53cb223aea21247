"""A file system of the host is full."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from stack.faults.fault import Readback
from stack.faults.parameters import require_ratio
from stack.faults.small_disk import (
    MOUNTED_BYTES,
    is_mounted,
    mount_point,
    smallest_disk,
    used_ratio,
    why_not_mounted,
)
from stack.faults.stressed import Stressed
from stack.run.stack import Stack

# A file system is filled in whole pages, and others may write to one that was there before.
TOLERANCE = 0.01


@dataclass(frozen=True)
class DiskFull(Stressed):
    """``used_ratio`` of a small file system is used.

    Root mounts one of 16 MiB in the stack's directory, which is gone with the fault; without
    root the smallest that the host shows and this user may write to is filled, if there is one of
    256 MiB at most. Nothing lags, no scrape may fail. The stressor ends after
    ``expires_seconds``, and however it ends neither mount nor file outlives it.
    """

    name: ClassVar[str] = "disk_full"
    stressor: ClassVar[str] = "stack.faults.disk_full_stressor"

    used_ratio: float

    def check(self) -> None:
        require_ratio(self, "used_ratio", below_one=True)

    @property
    def symptom_ratio(self) -> float | None:
        return self.used_ratio

    @property
    def disturbs_host(self) -> bool:
        return True

    def unavailable(self) -> str | None:
        reason = why_not_mounted()
        if reason is None:
            return None
        disk = smallest_disk()
        if disk is None:
            return (
                f"there is no small file system to fill: {reason}, and the host shows none of "
                "256 MiB at most that this user may write to"
            )
        used = used_ratio(disk)
        if used >= self.used_ratio - TOLERANCE:
            return f"{disk} is already used to {used:.3f}, and {self.used_ratio:g} is wanted"
        return None

    def arguments(self, stack: Stack, /) -> Sequence[str]:
        disk, is_ours = _disk(stack)
        return [
            *("--directory", str(disk)),
            *(("--mount-bytes", str(MOUNTED_BYTES)) if is_ours else ()),
            *("--used-ratio", str(self.used_ratio)),
        ]

    def effect(self, stack: Stack, /) -> Readback:
        """The file system that the host shows is used to the ratio."""
        disk, is_ours = _disk(stack)
        if is_ours and not is_mounted(disk):
            return Readback(False, f"nothing is mounted on {disk}")
        used = used_ratio(disk)
        return Readback(
            abs(used - self.used_ratio) <= TOLERANCE,
            f"{disk} is used to {used:.3f}, {self.used_ratio:.3f} wanted",
        )

    def aftermath(self, stack: Stack, /) -> Readback:
        """The file system is gone with it, or has its space again."""
        disk, is_ours = _disk(stack)
        if is_ours:
            still = is_mounted(disk)
            return Readback(not still, f"{disk} is {'still' if still else 'not'} mounted")
        used = used_ratio(disk)
        return Readback(used < self.used_ratio - TOLERANCE, f"{disk} is used to {used:.3f}")


def _disk(stack: Stack) -> tuple[Path, bool]:
    """The mount point of what is filled, and whether it is mounted for this stack."""
    there = None if why_not_mounted() is None else smallest_disk()
    return (mount_point(stack.directory), True) if there is None else (there, False)
