"""Limits of control groups, read from files as kernels write them."""

from pathlib import Path

import pytest

from stack.faults.cgroup import cpu_limit_cores, memory_room_bytes

NO_LIMIT_V1 = "9223372036854771712"


class Kernel:
    """A process's view of its control groups, in files."""

    def __init__(self, folder: Path) -> None:
        self.process = folder / "process"
        self.mounts = folder / "mounts"
        self.process.mkdir()
        self._mountinfo: list[str] = ["22 1 0:20 / /proc rw,nosuid - proc proc rw"]

    def mount(self, kind: str, options: str = "rw", root: str = "/", name: str = "all") -> Path:
        point = self.mounts / name
        point.mkdir(parents=True)
        escaped = str(point).replace(" ", r"\040")
        self._mountinfo.append(f"31 23 0:28 {root} {escaped} rw shared:4 - {kind} {kind} {options}")
        (self.process / "mountinfo").write_text("\n".join(self._mountinfo) + "\n")
        return point

    def member_of(self, *lines: str) -> None:
        (self.process / "cgroup").write_text("\n".join(lines) + "\n")


@pytest.fixture
def kernel(tmp_path: Path) -> Kernel:
    return Kernel(tmp_path)


def write(group: Path, **files: str) -> None:
    group.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (group / name.replace("__", ".")).write_text(text + "\n")


def test_v2_takes_the_nearest_limit_on_the_way_up(kernel: Kernel) -> None:
    """The room is that of the ancestor that runs out first; groups without a limit do not count."""
    top = kernel.mount("cgroup2")
    kernel.member_of("0::/jobs/ours")
    write(top / "jobs/ours", memory__max="max", memory__current="700")
    write(top / "jobs", memory__max="1000", memory__current="800")
    write(top, memory__max="5000", memory__current="900")
    assert memory_room_bytes(kernel.process) == 200


def test_file_pages_that_can_be_dropped_count_as_room(kernel: Kernel) -> None:
    """Cached files fill a limit without using it up."""
    top = kernel.mount("cgroup2")
    kernel.member_of("0::/ours")
    write(
        top / "ours",
        memory__max="1000",
        memory__current="800",
        memory__stat="anon 500\ninactive_file 300\nactive_file 10",
    )
    assert memory_room_bytes(kernel.process) == 500


def test_v1_has_a_hierarchy_for_memory(kernel: Kernel) -> None:
    """With v1 the memory controller's own mount and path are used, and its total of file pages."""
    kernel.mount("cgroup", "rw,cpu,cpuacct", name="cpu")
    top = kernel.mount("cgroup", "rw,memory", name="memory")
    kernel.member_of("5:cpu,cpuacct:/elsewhere", "4:memory:/ours", "0::/")
    write(
        top / "ours",
        memory__limit_in_bytes="1000",
        memory__usage_in_bytes="900",
        memory__stat="inactive_file 1\ntotal_inactive_file 50",
    )
    write(top, memory__limit_in_bytes=NO_LIMIT_V1, memory__usage_in_bytes="950")
    assert memory_room_bytes(kernel.process) == 150


def test_no_limit_is_no_room_to_speak_of(kernel: Kernel) -> None:
    """Neither v2's max nor v1's huge number is a limit."""
    top = kernel.mount("cgroup", "rw,memory", name="memory")
    kernel.mount("cgroup2")
    kernel.member_of("4:memory:/ours", "0::/ours")
    write(top / "ours", memory__limit_in_bytes=NO_LIMIT_V1, memory__usage_in_bytes="900")
    write(kernel.mounts / "all/ours", memory__max="max", memory__current="5")
    assert memory_room_bytes(kernel.process) is None


@pytest.mark.parametrize(
    ("root", "path"),
    [("/docker/abc", "/docker/abc"), ("/docker/abc", "/../../elsewhere"), ("/", "/")],
)
def test_a_container_sees_its_own_group_at_the_mounts_top(
    kernel: Kernel, root: str, path: str
) -> None:
    """With or without a namespace of its own, the container's limit is found."""
    top = kernel.mount("cgroup2", root=root)
    kernel.member_of(f"0::{path}")
    write(top, memory__max="1000", memory__current="400")
    assert memory_room_bytes(kernel.process) == 600


def test_a_mount_point_with_a_blank_is_found(tmp_path: Path) -> None:
    """The kernel writes blanks as octal numbers."""
    folder = tmp_path / "a folder"
    folder.mkdir()
    kernel = Kernel(folder)
    top = kernel.mount("cgroup2")
    kernel.member_of("0::/")
    write(top, memory__max="1000", memory__current="400")
    assert memory_room_bytes(kernel.process) == 600


def test_a_system_without_control_groups_has_no_limits(tmp_path: Path) -> None:
    """No files, no limit, no error."""
    assert memory_room_bytes(tmp_path) is None
    assert cpu_limit_cores(tmp_path) is None


def test_cpu_quota_of_v2(kernel: Kernel) -> None:
    """Quota by period is cores; the smallest on the way up counts."""
    top = kernel.mount("cgroup2")
    kernel.member_of("0::/jobs/ours")
    write(top / "jobs/ours", cpu__max="max 100000")
    write(top / "jobs", cpu__max="150000 100000")
    assert cpu_limit_cores(kernel.process) == 1.5


@pytest.mark.parametrize(("quota", "cores"), [("50000", 0.5), ("-1", None)])
def test_cpu_quota_of_v1(kernel: Kernel, quota: str, cores: float | None) -> None:
    """v1 writes -1 where there is no quota."""
    top = kernel.mount("cgroup", "rw,cpu,cpuacct", name="cpu")
    kernel.member_of("5:cpu,cpuacct:/ours")
    write(top / "ours", cpu__cfs_quota_us=quota, cpu__cfs_period_us="100000")
    assert cpu_limit_cores(kernel.process) == cores
