"""Faults of real containers: what the kernel counts for them, restarts, and stressors that end."""

import contextlib
import dataclasses
import importlib
import uuid
from collections.abc import Callable, Iterator
from dataclasses import astuple
from pathlib import Path

import docker
import psutil
import pytest
from docker.errors import APIError, ImageNotFound
from docker.models.containers import Container

from stack.faults import contained_memory, container_crash
from stack.faults.contained import RUNNER
from stack.faults.container_cpu import ContainerCpu
from stack.faults.container_crash import ContainerCrash
from stack.faults.container_gone import ContainerGone
from stack.faults.container_memory import ContainerMemory
from stack.faults.container_traffic import ContainerTraffic
from stack.faults.container_usage import busy_ratio, bytes_per_second, held_ratio
from stack.faults.fault import Fault, FaultError
from stack.faults.stressors import living_stressors
from stack.run.stack import Addresses, Service, StackError
from stack.run.waiting import wait_until
from tests.docker import need_docker, overrides
from tests.stack.faults.small_stack import SmallStack

pytestmark = pytest.mark.containers

# As compose.yaml has it.
PYTHON = "flash-tickets/api"
REDIS = "flash-drills/redis:bookworm" if overrides() else "redis:8.2.3-bookworm"
WAITS = ["python", "-c", "import signal; signal.pause()"]
LIMIT_BYTES = 128 << 20
QUOTA_CORES = 0.4
SOON_SECONDS = 20.0


class ContainerStack(SmallStack):
    """A stack whose only services are the containers that a test starts."""

    def __init__(self, directory: Path, engine: docker.DockerClient) -> None:
        self._engine = engine
        self._containers: dict[Service, Container] = {}
        self.restarts_let: list[Service] = []
        super().__init__(directory)

    def run(self, service: Service, image: str, command: list[str], **options: object) -> Container:
        try:
            self._containers[service] = container = self._engine.containers.run(
                image,
                command,
                name=f"flash-drills-test-{uuid.uuid4().hex[:8]}",
                detach=True,
                read_only=True,
                cap_drop=["ALL"],
                security_opt=["no-new-privileges:true"],
                **options,
            )
        except ImageNotFound:
            pytest.skip(f"there is no image {image}: docker compose -f stack/compose.yaml build")
        container.reload()
        return container

    @property
    def addresses(self) -> Addresses:
        local = super().addresses
        if "redis" not in self._containers:
            return local
        (published,) = self._containers["redis"].ports["6379/tcp"]
        return dataclasses.replace(
            local, redis_host=published["HostIp"], redis_port=int(published["HostPort"])
        )

    def container(self, service: Service) -> str:
        if service not in self._containers:
            raise StackError(f"there is no container of {service}")
        return str(self._containers[service].name)

    def let_restart(self, service: Service) -> None:
        self.restarts_let.append(service)

    def close(self) -> None:
        super().close()
        for container in self._containers.values():
            with contextlib.suppress(APIError):
                container.remove(force=True)


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[ContainerStack]:
    need_docker()
    engine = docker.from_env()
    stack = ContainerStack(tmp_path / "stack", engine)
    yield stack
    stack.close()
    engine.close()


def limited(stack: ContainerStack, service: Service, **options: object) -> Container:
    return stack.run(
        service,
        PYTHON,
        WAITS,
        user="10001:10001",
        mem_limit=LIMIT_BYTES,
        memswap_limit=LIMIT_BYTES,
        nano_cpus=int(QUOTA_CORES * 1e9),
        **options,
    )


def redis_server(stack: ContainerStack) -> Container:
    container = stack.run(
        "redis",
        REDIS,
        ["redis-server", "--save", "", "--protected-mode", "no"],
        ports={"6379/tcp": ("127.0.0.1", None)},
    )

    def answers() -> tuple[bool, str]:
        container.reload()
        said = container.exec_run(["redis-cli", "ping"]).output
        return said.strip() == b"PONG" and bool(container.ports["6379/tcp"]), repr(said)

    wait_until("Redis", answers, within_seconds=SOON_SECONDS)
    return container


def programs_inside(container: Container) -> list[str]:
    """All that runs in it but for its first process."""
    processes = container.top()["Processes"]
    return [words[-1] for words in processes if not words[-1].endswith(WAITS[-1])]


def until_in(fault: Fault, stack: ContainerStack) -> None:
    fault.inject(stack)
    wait_until("the effect", lambda: astuple(fault.read_back(stack)), within_seconds=SOON_SECONDS)


@pytest.mark.parametrize(
    ("fault", "start"),
    [
        (ContainerMemory(0.5), lambda stack: limited(stack, "app")),
        (ContainerCpu(0.7), lambda stack: limited(stack, "gateway")),
        (ContainerTraffic(5e6), redis_server),
    ],
    ids=["memory", "cpu", "traffic"],
)
def test_takes_effect_and_is_over_when_healed(
    fault: Fault, start: Callable[[ContainerStack], Container], stack: ContainerStack
) -> None:
    """A fault is read back while it is in, as healed while it is not, and heals twice."""
    start(stack)
    assert not fault.read_back(stack).took_effect
    assert fault.read_back_healed(stack).took_effect

    until_in(fault, stack)
    not_healed = fault.read_back_healed(stack)
    assert not not_healed.took_effect, not_healed.observed

    for _ in range(2):
        fault.heal(stack)
        wait_until(
            "its end", lambda: astuple(fault.read_back_healed(stack)), within_seconds=SOON_SECONDS
        )
    assert not fault.read_back(stack).took_effect


def test_what_a_stressor_uses_counts_for_the_container(stack: ContainerStack) -> None:
    """The engine's own statistics of the container show the memory, and none of it as a cache."""
    container = limited(stack, "app")
    until_in(ContainerMemory(0.6), stack)

    memory = container.stats(stream=False)["memory_stats"]
    cache = memory["stats"].get("total_cache", memory["stats"].get("file"))
    assert (memory["usage"] - cache) / LIMIT_BYTES == pytest.approx(0.6, abs=0.03)
    assert held_ratio(stack, "app") == pytest.approx(0.6, abs=0.03)


def test_a_readback_says_no_where_the_level_is_another(stack: ContainerStack) -> None:
    """While one level is held, no fault of another level is read back as in."""
    limited(stack, "app")
    until_in(ContainerMemory(0.6), stack)
    assert not ContainerMemory(0.4).read_back(stack).took_effect
    assert not ContainerMemory(0.8).read_back(stack).took_effect


def test_memory_and_cpu_are_told_apart(stack: ContainerStack) -> None:
    """With both in, each is read back and healed alone."""
    limited(stack, "app")
    limited(stack, "gateway")
    memory, cpu = ContainerMemory(0.5), ContainerCpu(0.7)
    until_in(memory, stack)
    until_in(cpu, stack)

    memory.heal(stack)

    wait_until(
        "its end", lambda: astuple(memory.read_back_healed(stack)), within_seconds=SOON_SECONDS
    )
    wait_until("the other", lambda: astuple(cpu.read_back(stack)), within_seconds=SOON_SECONDS)


def test_a_killed_stressor_leaves_nothing_in_the_container(stack: ContainerStack) -> None:
    """After SIGKILL of the process outside, that inside ends too, and the readback says so."""
    container = limited(stack, "app")
    fault = ContainerMemory(0.5)
    until_in(fault, stack)
    assert programs_inside(container)

    for pid in living_stressors(stack, RUNNER):
        psutil.Process(pid).kill()

    wait_until(
        "the end of the program inside",
        lambda: (not (inside := programs_inside(container)), str(inside)),
        within_seconds=SOON_SECONDS,
    )
    assert not fault.read_back(stack).took_effect
    assert "does not live" in fault.read_back(stack).observed


def test_ends_itself_at_expiry(stack: ContainerStack) -> None:
    """What nobody heals is over by itself, inside too."""
    container = limited(stack, "gateway")
    fault = ContainerCpu(0.7, expires_seconds=5.0)
    fault.inject(stack)
    wait_until(
        "the program inside",
        lambda: (bool(inside := programs_inside(container)), str(inside)),
        within_seconds=SOON_SECONDS,
    )
    wait_until(
        "expiry",
        lambda: (not living_stressors(stack, fault.stressor), "it lives"),
        within_seconds=SOON_SECONDS,
    )
    assert programs_inside(container) == []
    assert f"{fault.stressor} ends: " in fault.read_back(stack).observed


def test_too_much_memory_ends_the_stressor_and_not_the_service(stack: ContainerStack) -> None:
    """When the container's limit is reached, the kernel kills what was meant to go first."""
    container = limited(stack, "app")
    source = Path(contained_memory.__file__).read_text()
    said = container.exec_run(["python", "-c", source, "1.5", "30"], stdin=True)
    assert said.exit_code == 137
    container.reload()
    assert container.status == "running"


def test_without_a_quota_there_is_no_ratio_of_it(stack: ContainerStack) -> None:
    """A container that may use every core is refused by name, and not divided by zero."""
    stack.run("gateway", PYTHON, WAITS)
    with pytest.raises(FaultError, match="gateway has no quota of CPU time"):
        busy_ratio(stack, "gateway")


@pytest.mark.parametrize("fault", [ContainerMemory(0.5), ContainerCrash()])
def test_a_stack_without_the_container_is_told(fault: Fault, stack: ContainerStack) -> None:
    """Where the service is in no container nothing is started, and the text says it."""
    with pytest.raises(FaultError, match="there is no container of"):
        fault.inject(stack)
    assert living_stressors(stack, RUNNER) == []


def test_traffic_is_none_of_the_cache(stack: ContainerStack) -> None:
    """Redis has no key, hit or miss more for it: only its network is busy."""
    container = redis_server(stack)
    until_in(ContainerTraffic(5e6), stack)
    assert bytes_per_second(stack, "redis") > 1e6
    told = container.exec_run(["redis-cli", "info"]).output.decode()
    assert "keyspace_hits:0" in told
    assert "keyspace_misses:0" in told
    assert "db0:" not in told


def test_a_crash_is_a_restart_by_the_policy(stack: ContainerStack) -> None:
    """The engine itself starts the container again, and the stack was told to let it."""
    container = limited(stack, "redis_exporter", restart_policy={"Name": "on-failure"})
    before = container.attrs["State"]["Pid"]
    fault = ContainerCrash()
    assert not fault.read_back(stack).took_effect

    fault.inject(stack)

    container.reload()
    assert container.attrs["State"]["Running"]
    assert container.attrs["State"]["Pid"] != before
    assert container.attrs["RestartCount"] == 1
    assert stack.restarts_let == ["redis_exporter"]
    assert fault.read_back(stack).took_effect
    fault.heal(stack)
    assert fault.read_back_healed(stack).took_effect


def test_a_crash_after_which_nothing_comes_back_is_an_error(
    stack: ContainerStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A container without a restart policy stays down, and the fault says so."""
    monkeypatch.setattr(container_crash, "RESTARTED_WITHIN_SECONDS", 1.0)
    limited(stack, "redis_exporter")
    fault = ContainerCrash()
    with pytest.raises(FaultError, match=r"start the container again.*exited"):
        fault.inject(stack)
    assert not fault.read_back(stack).took_effect
    assert not fault.read_back_healed(stack).took_effect


@pytest.mark.parametrize("value", [1.5, -0.1, 0, True, None])
def test_refuses_what_cannot_be_meant(value: float) -> None:
    """Wrong parameters are refused at construction, by the name of the field."""
    with pytest.raises(ValueError, match=r"ContainerMemory\.used_ratio must be a ratio"):
        ContainerMemory(value)
    with pytest.raises(ValueError, match=r"ContainerCpu\.busy_ratio must be a ratio"):
        ContainerCpu(value)


def test_every_fault_of_containers_needs_them_and_has_its_files_name() -> None:
    """So that a drill with it is skipped where there are none."""
    faults = (
        ContainerMemory(0.5),
        ContainerCpu(0.5),
        ContainerTraffic(1e6),
        ContainerCrash(),
        ContainerGone(),
    )
    for fault in faults:
        assert fault.needs == {"flash-tickets", "containers"}
        assert type(fault) is getattr(
            importlib.import_module(f"stack.faults.{fault.name}"), type(fault).__name__
        )
