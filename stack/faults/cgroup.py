"""What the control groups around this process leave it: a container's limits, v1 and v2."""

import re
from collections.abc import Iterator
from pathlib import Path

SELF = Path("/proc/self")
# cgroup v1 writes "no limit" as the largest multiple of a page in 64 bits.
NO_LIMIT_BYTES = 1 << 60


def memory_room_bytes(process: Path = SELF) -> int | None:
    """What may still be taken before the nearest memory limit is reached; None without one.

    Counted as the kernel would: file pages not used lately are given up before the limit bites.
    """
    rooms = []
    for directory in _directories("memory", process):
        limit = _number(directory, "memory.max", "memory.limit_in_bytes")
        used = _number(directory, "memory.current", "memory.usage_in_bytes")
        if limit is not None and used is not None and limit < NO_LIMIT_BYTES:
            rooms.append(int(limit - used + _inactive_file_bytes(directory)))
    return min(rooms, default=None)


def cpu_limit_cores(process: Path = SELF) -> float | None:
    """How many cores' time the nearest CPU quota allows; None without one."""
    limits = []
    for directory in _directories("cpu", process):
        v2 = _text(directory / "cpu.max").split()
        quota, period = v2 if len(v2) == 2 else ("", "")
        if not v2:
            quota = _text(directory / "cpu.cfs_quota_us")
            period = _text(directory / "cpu.cfs_period_us")
        if quota.isdecimal() and period.isdecimal():
            limits.append(int(quota) / int(period))
    return min(limits, default=None)


def _directories(controller: str, process: Path) -> Iterator[Path]:
    """This process's group in the controller's hierarchy, and those above it that can be seen."""
    paths = {
        controllers: path
        for _, controllers, path in (
            line.split(":", 2) for line in _text(process / "cgroup").splitlines()
        )
    }
    for line in _text(process / "mountinfo").splitlines():
        fields, _, tail = line.partition(" - ")
        root, mount_point = (_unescaped(field) for field in fields.split()[3:5])
        kind, _, options = tail.split()[:3]
        if kind == "cgroup2":
            path = paths.get("")
        elif kind == "cgroup" and controller in options.split(","):
            path = next((p for names, p in paths.items() if controller in names.split(",")), None)
        else:
            continue
        if path is None:
            continue
        top = Path(mount_point)
        group = top / _below(root, path)
        yield from (
            directory for directory in (group, *group.parents) if directory.is_relative_to(top)
        )


def _below(root: str, path: str) -> str:
    """The path seen from the mount's root; its top where the process is outside of it."""
    if ".." in path.split("/"):
        return ""
    if root == "/":
        return path.lstrip("/")
    return path[len(root) :].lstrip("/") if f"{path}/".startswith(f"{root}/") else ""


def _number(directory: Path, *names: str) -> int | None:
    for name in names:
        text = _text(directory / name)
        if text.isdecimal():
            return int(text)
    return None


def _inactive_file_bytes(directory: Path) -> int:
    # v1 sums up a group and those below it under its own name for it.
    statistics = dict(line.split(" ", 1) for line in _text(directory / "memory.stat").splitlines())
    return int(statistics.get("total_inactive_file", statistics.get("inactive_file", "0")))


def _text(file: Path) -> str:
    try:
        return file.read_text().strip()
    except OSError:
        return ""


def _unescaped(field: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), field)
