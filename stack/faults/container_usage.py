"""What a container of the stack uses, read inside of it from what the kernel counts for it.

Docker's engine tells the same, but no sooner than the second after it was asked.
"""

import contextlib
import time
from collections.abc import Iterator, Mapping

from docker.errors import DockerException
from docker.models.containers import Container

from stack.faults.fault import FaultError
from stack.run.compose.engine import client
from stack.run.stack import Service, Stack, StackError

MEASURED_SECONDS = 0.5
NANOSECONDS = 1e9
MICROSECONDS = 1e6
CGROUP = "/sys/fs/cgroup"
# cgroup v2, then v1, which has a folder for each controller.
MEMORY = (
    (f"{CGROUP}/memory.current", f"{CGROUP}/memory/memory.usage_in_bytes"),
    (f"{CGROUP}/memory.max", f"{CGROUP}/memory/memory.limit_in_bytes"),
    (f"{CGROUP}/memory.stat", f"{CGROUP}/memory/memory.stat"),
)
CACHE = ("file", "total_cache")
CPU = (f"{CGROUP}/cpu.stat", f"{CGROUP}/cpuacct/cpuacct.usage")
NETWORK = "/proc/net/dev"
LOOPBACK = "lo"
RECEIVED_COLUMN, SENT_COLUMN = 0, 8

# Lines by file.
Read = Mapping[str, list[str]]


def held_ratio(stack: Stack, service: Service) -> float:
    """The memory it holds without its caches, of its limit. Raises FaultError."""
    with _container(stack, service) as container:
        read = _read(container, *(file for files in MEMORY for file in files))
    usage, limit, statistics = (_first(read, *files) for files in MEMORY)
    caches = [line.split()[1] for line in statistics if line.split()[0] in CACHE]
    return (int(usage[0]) - int(caches[0])) / int(limit[0])


def busy_ratio(stack: Stack, service: Service) -> float:
    """The CPU time it uses, of its quota, over half a second. Raises FaultError."""
    with _container(stack, service) as container:
        quota = container.attrs["HostConfig"]["NanoCpus"] / NANOSECONDS
        if not quota:
            raise FaultError(f"the container of {service} has no quota of CPU time")
        began, before = time.monotonic(), _cpu_seconds(container)
        time.sleep(MEASURED_SECONDS)
        ended, after = time.monotonic(), _cpu_seconds(container)
    return float((after - before) / (ended - began) / quota)


def bytes_per_second(stack: Stack, service: Service) -> float:
    """What it receives and sends, taken together, over half a second. Raises FaultError."""
    with _container(stack, service) as container:
        began, before = time.monotonic(), _network_bytes(container)
        time.sleep(MEASURED_SECONDS)
        ended, after = time.monotonic(), _network_bytes(container)
    return (after - before) / (ended - began)


@contextlib.contextmanager
def _container(stack: Stack, service: Service) -> Iterator[Container]:
    try:
        engine = client()
        try:
            yield engine.containers.get(stack.container(service))
        finally:
            engine.close()
    except (DockerException, OSError, StackError) as error:
        raise FaultError(f"the container of {service} cannot be looked at: {error}") from error


def _cpu_seconds(container: Container) -> float:
    lines = _first(_read(container, *CPU), *CPU)
    if len(lines) == 1:
        return int(lines[0]) / NANOSECONDS
    statistics = dict(line.split() for line in lines)
    return int(statistics["usage_usec"]) / MICROSECONDS


def _network_bytes(container: Container) -> int:
    total = 0
    for line in _first(_read(container, NETWORK), NETWORK):
        interface, colon, counters = line.partition(":")
        if colon and interface.strip() != LOOPBACK:
            columns = counters.split()
            total += int(columns[RECEIVED_COLUMN]) + int(columns[SENT_COLUMN])
    return total


def _read(container: Container, *files: str) -> Read:
    """Those of the files that are there."""
    output = container.exec_run(["grep", "-sH", "", *files]).output
    assert isinstance(output, bytes)
    read: dict[str, list[str]] = {}
    for line in output.decode().splitlines():
        file, _, content = line.partition(":")
        read.setdefault(file, []).append(content)
    return read


def _first(read: Read, *files: str) -> list[str]:
    for file in files:
        if file in read:
            return read[file]
    raise FaultError(f"the container shows none of {', '.join(files)}: {dict(read)}")
