"""Which disk a directory is on, and how busy that disk is as its kernel counts it."""

import os
import tempfile
import time
from pathlib import Path

import psutil

BLOCK_DEVICES = Path("/sys/dev/block")
# The directory of stacks first; where that is in memory or on an overlay, another may not be.
CANDIDATES = (Path(tempfile.gettempdir()), Path("/var/tmp"), Path.home())  # noqa: S108 - the disk


def disk_of(directory: Path) -> str | None:
    """The name of the whole disk as node_exporter shows it; None where it is none that counts."""
    try:
        number = directory.stat().st_dev
        device = (BLOCK_DEVICES / f"{os.major(number)}:{os.minor(number)}").resolve(strict=True)
    except OSError:
        return None
    disk = device.parent if (device / "partition").exists() else device
    return disk.name if disk.name in _busy_milliseconds() else None


def directory_on_disk() -> tuple[Path, str] | None:
    """A directory to write to and the disk it is on, if there is any."""
    for directory in CANDIDATES:
        disk = disk_of(directory)
        if disk is not None and os.access(directory, os.W_OK):
            return directory, disk
    return None


class DiskMeter:
    """Measures from one call to the next, as ``rate(node_disk_io_time_seconds_total[…])`` does."""

    def __init__(self, disk: str) -> None:
        self._disk = disk
        self._busy, self._at = _busy_milliseconds().get(disk, 0), time.monotonic()

    def busy_ratio(self) -> float:
        """The part of the time since the last call in which the disk had something to do."""
        busy, at = _busy_milliseconds().get(self._disk, 0), time.monotonic()
        elapsed = at - self._at
        ratio = (busy - self._busy) / 1000 / elapsed if elapsed else 0.0
        self._busy, self._at = busy, at
        return min(1.0, max(0.0, ratio))


def _busy_milliseconds() -> dict[str, int]:
    """Of each disk that the system counts; empty where it counts none."""
    counters = psutil.disk_io_counters(perdisk=True) or {}
    return {
        name: int(counter.busy_time)
        for name, counter in counters.items()
        if hasattr(counter, "busy_time")
    }
