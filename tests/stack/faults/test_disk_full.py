"""A full disk: mounted or found, filled, and gone however the stressor ends."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import astuple
from pathlib import Path

import psutil
import pytest

from stack.faults.disk_full import DiskFull
from stack.faults.mount_holder import mount, unmount
from stack.faults.small_disk import (
    LARGEST_BYTES,
    is_mounted,
    mount_point,
    mounted,
    smallest_disk,
    used_ratio,
    why_not_mounted,
)
from stack.faults.stressors import living_stressors, start_stressor
from stack.run.supervisor import REPOSITORY
from stack.run.waiting import wait_until
from tests.stack.faults.small_stack import SmallStack

NOBODY = 65534
needs_mounts = pytest.mark.skipif(why_not_mounted() is not None, reason=str(why_not_mounted()))


@pytest.fixture
def a_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MiB that the host had before any fault."""
    directory = tmp_path / "a disk"
    directory.mkdir()
    mount(directory, 1 << 20)
    yield directory
    unmount(directory)


def inject(stack: SmallStack) -> DiskFull:
    fault = DiskFull(0.8, expires_seconds=60)
    fault.inject(stack)
    wait_until("the full disk", lambda: astuple(fault.read_back(stack)), within_seconds=30)
    return fault


def until_unmounted(directory: Path) -> None:
    wait_until(
        "the file system to be gone",
        lambda: (not is_mounted(directory) and not directory.exists(), "it is there"),
        within_seconds=10,
    )


@needs_mounts
def test_the_host_shows_it_as_full_as_was_asked(bare_stack: SmallStack) -> None:
    """Among the mounts of process 1, with as much in use, in the stack's own directory."""
    inject(bare_stack)
    disk = mount_point(bare_stack.directory)
    assert disk in mounted()
    assert used_ratio(disk) == pytest.approx(0.8, abs=0.01)
    assert disk.is_relative_to(bare_stack.directory)


@needs_mounts
def test_it_is_unmounted_when_the_stressor_is_killed(bare_stack: SmallStack) -> None:
    """A process that is killed cleans nothing up: somebody else must have."""
    inject(bare_stack)
    (pid,) = living_stressors(bare_stack, DiskFull.stressor)
    psutil.Process(pid).kill()
    until_unmounted(mount_point(bare_stack.directory))


@needs_mounts
def test_it_is_unmounted_when_the_stack_is_closed(bare_stack: SmallStack) -> None:
    """The stack's directory can then be removed, and is."""
    inject(bare_stack)
    bare_stack.close()
    until_unmounted(mount_point(bare_stack.directory))
    assert not bare_stack.directory.exists()


@needs_mounts
def test_a_mount_that_fails_is_told(bare_stack: SmallStack) -> None:
    """The readback says why there is nothing to fill."""
    mount_point(bare_stack.directory).write_text("in the way")
    fault = DiskFull(0.8, expires_seconds=60)
    fault.inject(bare_stack)
    wait_until(
        "the reason",
        lambda: ("nothing was mounted" in fault.read_back(bare_stack).observed, "another"),
        within_seconds=30,
    )
    assert not fault.read_back(bare_stack).took_effect


@needs_mounts
def test_a_disk_that_was_there_is_filled_and_given_back(
    a_disk: Path, bare_stack: SmallStack
) -> None:
    """Without a mount of its own the stressor fills what it is given, and leaves no file."""
    assert smallest_disk() == a_disk
    start_stressor(
        bare_stack,
        DiskFull.name,
        DiskFull.stressor,
        ["--directory", str(a_disk), "--used-ratio", "0.7", "--expires-seconds", "60"],
    )
    wait_until(
        "the disk to fill",
        lambda: (abs(used_ratio(a_disk) - 0.7) < 0.01, f"{used_ratio(a_disk)}"),
        within_seconds=30,
    )
    assert list(a_disk.iterdir()) == []
    bare_stack.stop_process(DiskFull.name)
    assert used_ratio(a_disk) < 0.01


def test_a_large_disk_is_left_alone(tmp_path: Path, bare_stack: SmallStack) -> None:
    """Whatever it is told to fill, the stressor takes nothing of a disk that others need."""
    if os.statvfs(tmp_path).f_blocks * os.statvfs(tmp_path).f_frsize <= LARGEST_BYTES:
        pytest.skip("the directory for temporary files is small itself")
    full = min(0.99, used_ratio(tmp_path) + 0.01)
    start_stressor(
        bare_stack,
        DiskFull.name,
        DiskFull.stressor,
        ["--directory", str(tmp_path), "--used-ratio", str(full), "--expires-seconds", "5"],
    )
    wait_until(
        "the stressor to give up",
        lambda: ("others may need it" in bare_stack.process_log(DiskFull.name), "silence"),
        within_seconds=30,
    )


@needs_mounts
def test_whoever_may_not_mount_uses_what_is_there(a_disk: Path) -> None:
    """Another user is told that mounting needs root, and takes the small disk it may write to."""
    a_disk.chmod(0o777)
    for directory in (a_disk.parent, *a_disk.parent.parents[:2]):
        directory.chmod(0o755)
    asked = (
        "import json, os; from stack.faults.disk_full import DiskFull; "
        "from stack.faults.small_disk import smallest_disk, why_not_mounted; "
        f"os.setuid({NOBODY}); "
        "print(json.dumps([why_not_mounted(), str(smallest_disk()), DiskFull(0.5).unavailable()]))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", asked], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stderr
    assert json.loads(answer.stdout) == ["mounting one needs root", str(a_disk), None]


def test_a_mount_point_with_blanks_is_read_as_it_is(tmp_path: Path) -> None:
    """mountinfo spells blanks as octal numbers; the topmost of two mounts counts."""
    file = tmp_path / "mountinfo"
    file.write_text(
        "22 1 254:0 / / rw - ext4 /dev/vda rw\n"
        "30 22 0:30 / /my\\040disk rw - tmpfs tmpfs rw\n"
        "31 30 0:31 / /my\\040disk rw - tmpfs tmpfs rw\n"
    )
    assert mounted(file) == {Path("/"): "22", Path("/my disk"): "31"}
