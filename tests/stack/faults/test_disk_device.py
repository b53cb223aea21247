"""Which disk a directory is on, and what is none."""

from pathlib import Path

import pytest

from stack.faults.disk_busy import DiskBusy
from stack.faults.disk_device import DiskMeter, directory_on_disk, disk_of


def test_a_file_system_in_memory_is_on_no_disk() -> None:
    """Nothing counts how busy /proc is."""
    assert disk_of(Path("/proc")) is None
    assert disk_of(Path("/nowhere")) is None


def test_the_disk_that_is_found_is_a_whole_one_that_is_counted() -> None:
    """node_exporter leaves partitions out, so the fault must go by the whole disk."""
    found = directory_on_disk()
    if found is None:
        pytest.skip(str(DiskBusy(0.5).unavailable()))
    _, disk = found
    assert not Path(f"/sys/class/block/{disk}/partition").exists()
    assert any(line.split()[2] == disk for line in Path("/proc/diskstats").read_text().splitlines())
    assert 0 <= DiskMeter(disk).busy_ratio() <= 1


def test_a_disk_that_is_not_there_is_never_busy() -> None:
    """What is not counted cannot be taken for a disk that took effect."""
    assert DiskMeter("no such disk").busy_ratio() == 0
