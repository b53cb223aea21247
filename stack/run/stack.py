"""What every way of having a stack offers: addresses, services to stop and start, processes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

Service = Literal[
    "app",
    "gateway",
    "postgres",
    "redis",
    "redis_exporter",
    "node_exporter",
    "toxiproxy",
    "prometheus",
    "alertmanager",
    "alertmanager_2",
    "sink",
]


class StackError(Exception):
    """The stack could not be started or steered; the text says what, where and what to do."""


@dataclass(frozen=True)
class Addresses:
    """Where the parts of a running stack answer: base URLs without a trailing slash.

    ``alertmanager_2`` is empty where one Alertmanager is alone.
    """

    app: str
    app_metrics: str
    gateway: str
    prometheus: str
    alertmanager: str
    sink: str
    toxiproxy: str
    redis_host: str
    redis_port: int
    redis_exporter: str
    alertmanager_2: str = ""

    @classmethod
    def on_loopback(cls, ports: Mapping[str, int]) -> "Addresses":
        """Those of a stack all of which answers on this host; ``ports`` are known by part."""

        def url(part: str) -> str:
            return f"http://127.0.0.1:{ports[part]}"

        return cls(
            app=url("app"),
            app_metrics=url("app_metrics"),
            gateway=url("gateway"),
            prometheus=url("prometheus"),
            alertmanager=url("alertmanager"),
            sink=url("sink"),
            toxiproxy=url("toxiproxy"),
            redis_host="127.0.0.1",
            redis_port=ports["redis"],
            redis_exporter=url("redis_exporter"),
            alertmanager_2=url("alertmanager_2") if "alertmanager_2" in ports else "",
        )


@dataclass(frozen=True)
class Secrets:
    """Tokens of the control surfaces, made anew for each stack."""

    sink_token: str
    gateway_token: str
    admin_token: str


class Stack(Protocol):
    """A running stack, however it was started."""

    @property
    def name(self) -> str: ...

    @property
    def directory(self) -> Path: ...

    @property
    def speed(self) -> float: ...

    @property
    def addresses(self) -> Addresses: ...

    @property
    def secrets(self) -> Secrets: ...

    @property
    def database_url(self) -> str:
        """The app's database, as SQLAlchemy names it."""

    def kill_service(self, service: Service) -> None:
        """End a service at once, as a crash would. Killing one that is down does nothing."""

    def start_service(self, service: Service) -> None:
        """Start a service that was killed, on the same address with the same data, and wait."""

    def running(self, service: Service) -> bool:
        """Whether the service's process lives."""

    def container(self, service: Service) -> str:
        """The name of the container in which a service runs. Raises StackError if it has none."""

    def let_restart(self, service: Service) -> None:
        """Let the next restart of a service by its container's policy count as wanted."""

    def start_process(
        self, name: str, command: Sequence[str], environment: Mapping[str, str], nice: int = 0
    ) -> None:
        """Start a process that ends with the stack, whatever becomes of the harness."""

    def stop_process(self, name: str, within_seconds: float = 3.0) -> int | None:
        """End such a process (SIGTERM, then SIGKILL) and give its exit code; None if unknown."""

    def process_log(self, name: str) -> str:
        """The end of what the process wrote, for error texts."""


class DrilledStack(Stack, Protocol):
    """A stack as whoever runs a drill on it has it: it is started, watched and ended."""

    @property
    def layers_absent(self) -> Mapping[str, str]:
        """Layers whose rules are not loaded, with the reason."""

    @property
    def runs_already(self) -> bool:
        """Whether it ran before the drill, so that its rules see a past of their own."""

    @property
    def is_of_own_processes(self) -> bool:
        """Whether all of it is processes of this host, which descend from this one."""

    def doubts(self) -> Sequence[str]:
        """Why what it shows now may not be trusted; asked before the first step and at the end."""

    def start(self, progress: Callable[[str], None] = ...) -> None:
        """Start every service and wait until alerts can be trusted.

        Raises StackError, and then has ended all it started.
        """

    def process_running(self, name: str) -> bool:
        """Whether what ``start_process`` started still lives."""

    def cpu_seconds(self) -> dict[str, float]:
        """CPU seconds used so far by each part of the stack."""

    def dead_services(self) -> dict[str, int]:
        """Services that have ended though nobody killed them, with their exit codes."""

    def collect_logs(self) -> None:
        """Bring the logs of all services into the directory's folder ``logs``."""

    def leave_running(self, seconds: float) -> str:
        """Let go of the stack: it ends after ``seconds``, or by the command that is returned."""

    def close(self) -> None:
        """End all that was started and remove the directory."""
