"""A small file system to fill: mounted for the fault, or one that this host has already.

It must be among the mounts of process 1, as those are what node_exporter shows.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path

MOUNTS = Path("/proc/1/mountinfo")
OWN_MOUNTS = Path("/proc/self/mountinfo")
OWN_STATUS = Path("/proc/self/status")
CAP_SYS_ADMIN = 21
MOUNTED_BYTES = 16 << 20
# One larger than this would take long to fill, and others may need it.
LARGEST_BYTES = 256 << 20
# What node_exporter leaves out unless it is told otherwise.
NOT_SHOWN = re.compile(
    r"^/(dev|proc|run/credentials/.+|sys|var/lib/docker/.+|var/lib/containers/storage/.+)($|/)"
)
ESCAPED = re.compile(r"\\([0-7]{3})")


def mount_point(stack_directory: Path) -> Path:
    """Where a file system is mounted for the fault of one stack."""
    return stack_directory.resolve() / "small-disk"


def used_ratio(directory: Path) -> float:
    """As of ``1 - node_filesystem_avail_bytes / node_filesystem_size_bytes``. Raises OSError."""
    space = os.statvfs(directory)
    return 1 - space.f_bavail / space.f_blocks


def mounted(mounts: Path = MOUNTS) -> dict[Path, str]:
    """The id of each mount by its mount point, the topmost where several are on one. OSError."""
    fields = (line.split() for line in mounts.read_text().splitlines())
    return {Path(_unescaped(field[4])): field[0] for field in fields}


def is_mounted(directory: Path) -> bool:
    """Whether the host shows a file system mounted there."""
    try:
        return directory in mounted()
    except OSError:
        return False


def why_not_mounted() -> str | None:
    """Why no file system can be mounted where node_exporter sees it, or None."""
    root = Path("/")
    try:
        seen, own = mounted().get(root), mounted(OWN_MOUNTS).get(root)
        capabilities = re.search(r"^CapEff:\s*(\w+)$", OWN_STATUS.read_text(), re.MULTILINE)
    except OSError as error:
        return f"the mounts of process 1, which node_exporter shows, cannot be read: {error}"
    if capabilities is None or not int(capabilities[1], 16) >> CAP_SYS_ADMIN & 1:
        return "mounting one needs root"
    if seen != own:
        return "process 1, whose mounts node_exporter shows, has others than this process"
    return None


def smallest_disk() -> Path | None:
    """The smallest file system that is shown and that this user may write to, if any is small."""
    return min(_small_disks(), default=(0, None))[1]


def _small_disks() -> Iterator[tuple[int, Path | None]]:
    try:
        directories = list(mounted())
    except OSError:
        return
    for directory in directories:
        if NOT_SHOWN.match(str(directory)) or not os.access(directory, os.W_OK):
            continue
        space = os.statvfs(directory)
        size_bytes = space.f_blocks * space.f_frsize
        if 0 < size_bytes <= LARGEST_BYTES and not space.f_flag & os.ST_RDONLY:
            yield size_bytes, directory


def _unescaped(field: str) -> str:
    """A path as mountinfo spells it: blanks and the like are octal."""
    return ESCAPED.sub(lambda match: chr(int(match[1], 8)), field)
