"""A process in a container dies, and the container is started again as its policy says."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import docker
from docker.errors import DockerException
from docker.models.containers import Container

from stack.faults.contained import CADVISOR_SECONDS
from stack.faults.disturbance import Disturbance
from stack.faults.fault import FaultError, Readback
from stack.run.compose.engine import client
from stack.run.stack import Service, Stack, StackError
from stack.run.waiting import NotSeen, wait_until
from stack.run.way import Feature

RESTARTED_WITHIN_SECONDS = 20.0
# No signal of the engine's own will do: what it ends itself, it does not start again.
KILL = "grep -q {container} /proc/{pid}/cgroup && kill -KILL {pid}"


@dataclass(frozen=True)
class ContainerCrash(Disturbance):
    """The first process of the Redis exporter's container is killed from outside of it, as the
    kernel does when memory runs out, and the engine starts the container again.

    The exporter starts at once: no service but its own job's scrapes feel it. The API would take
    some seconds, which are more the higher the speed.

    The first process of a container takes no SIGKILL from within. So a container of the same image
    and user, which sees the host's processes, sends it and ends. There is nothing to heal: the
    container has come back by itself, and its process is another.
    """

    name: ClassVar[str] = "container_crash"
    needs: ClassVar[frozenset[Feature]] = frozenset({"flash-tickets", "containers"})
    service: ClassVar[Service] = "redis_exporter"

    @property
    def lag_seconds(self) -> float:
        return CADVISOR_SECONDS

    @property
    def disturbs_jobs(self) -> tuple[str, ...]:
        return ("redis",)

    def inject(self, stack: Stack) -> None:
        with self._container(stack) as (engine, container):
            before = container.attrs["State"]["StartedAt"]
            stack.let_restart(self.service)
            _kill(engine, container)

            def again() -> tuple[bool, str]:
                container.reload()
                state = container.attrs["State"]
                return state["Running"] and state["StartedAt"] != before, str(state["Status"])

            wait_until(
                "the engine to start the container again",
                again,
                within_seconds=RESTARTED_WITHIN_SECONDS,
            )

    def read_back(self, stack: Stack) -> Readback:
        """The engine has started the container again, and it runs."""
        return self._looked_at(stack, least_restarts=1)

    def heal(self, _stack: Stack) -> None:
        """Nothing to do."""

    def read_back_healed(self, stack: Stack) -> Readback:
        """The container runs."""
        return self._looked_at(stack, least_restarts=0)

    def _looked_at(self, stack: Stack, least_restarts: int) -> Readback:
        with self._container(stack) as (_, container):
            restarts = int(container.attrs["RestartCount"])
            status = str(container.attrs["State"]["Status"])
        return Readback(
            status == "running" and restarts >= least_restarts,
            f"the container is {status}, started again {restarts} times",
        )

    @contextlib.contextmanager
    def _container(self, stack: Stack) -> Iterator[tuple[docker.DockerClient, Container]]:
        try:
            engine = client()
            try:
                yield engine, engine.containers.get(stack.container(self.service))
            finally:
                engine.close()
        except (DockerException, OSError, StackError, NotSeen) as error:
            raise FaultError(f"{self.name} of {self.service}: {error}") from error


def _kill(engine: docker.DockerClient, container: Container) -> None:
    """Kill its first process, unless that is another's by now. Raises DockerException."""
    pid = container.attrs["State"]["Pid"]
    engine.containers.run(
        container.attrs["Image"],
        [KILL.format(container=container.id, pid=pid)],
        entrypoint=["sh", "-c"],
        user=container.attrs["Config"]["User"],
        pid_mode="host",
        network_mode="none",
        cap_drop=["ALL"],
        read_only=True,
        remove=True,
    )
