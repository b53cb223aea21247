"""The containers of one project: killed, started, watched and read by service."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from docker.errors import APIError, DockerException, NotFound
from docker.models.containers import Container
from requests import RequestException

from stack.run.compose.engine import client
from stack.run.stack import Service, StackError
from stack.run.waiting import NotSeen, wait_until

PROJECT_LABEL = "com.docker.compose.project"
SERVICE_LABEL = "com.docker.compose.service"
# Of all containers that cAdvisor sees, those that prometheus.yml keeps have this label.
SYSTEM_LABEL = ("com.example.system", "flash-tickets")
ONE_OFF = ("secrets",)
HEALTHY_WITHIN_SECONDS = 60.0
LOG_TAIL_LINES = 60
# What compose.yaml calls the services.
SERVICES: Mapping[Service, str] = {
    "app": "flash-tickets-api",
    "gateway": "gateway",
    "postgres": "postgres",
    "redis": "redis",
    "redis_exporter": "redis-exporter",
    "node_exporter": "node-exporter",
    "toxiproxy": "toxiproxy",
    "prometheus": "prometheus",
    "alertmanager": "alertmanager",
    "sink": "sink",
}


class Containers:
    """All methods raise StackError where the engine does not do what it is asked."""

    def __init__(self, project: str) -> None:
        self._project = project
        self._client = client()
        self._killed: set[str] = set()
        # How often each may have been restarted by its policy.
        self._restarts: dict[str, int] = {}

    def close(self) -> None:
        self._client.close()

    def name(self, service: Service) -> str:
        """The container's name, without the slash that the engine puts before it."""
        return str(self._of(service).name)

    def kill(self, service: Service) -> None:
        container = self._of(service)
        self._killed.add(SERVICES[service])
        with _told(f"kill {service}"):
            try:
                container.kill()
            except APIError as error:
                # 409: it does not run, which is what was wanted.
                if error.status_code != 409:
                    raise

    def start(self, service: Service) -> None:
        """Start one that was killed and wait until it is healthy; one that runs is left alone."""
        container = self._of(service)
        with _told(f"start {service}"):
            container.start()
        self.wait_healthy(service)
        self._killed.discard(SERVICES[service])

    def wait_healthy(self, service: Service) -> None:
        """Raises StackError with the end of its log where it is not healthy in time."""

        def healthy() -> tuple[bool, str]:
            state = self._state(service)
            return state == "healthy", f"it is {state}"

        try:
            wait_until(
                f"the container of {service} to be healthy",
                healthy,
                within_seconds=HEALTHY_WITHIN_SECONDS,
                every_seconds=0.2,
            )
        except NotSeen as error:
            raise StackError(f"{error}\nThe end of its log:\n{self.log_tail(service)}") from error

    def running(self, service: Service) -> bool:
        with _told(f"look at {service}"):
            return bool(self._of(service).attrs["State"]["Running"])

    def let_restart(self, service: Service) -> None:
        """Let one more restart by its policy count as wanted."""
        container = self._of(service)
        self._restarts[SERVICES[service]] = int(container.attrs["RestartCount"]) + 1

    def dead(self) -> dict[str, int]:
        """Those that ended, or were restarted by their policy, though nobody wanted it: exit code
        by service."""
        dead: dict[str, int] = {}
        for container in self._all():
            service = container.labels[SERVICE_LABEL]
            state = container.attrs["State"]
            restarted = int(container.attrs.get("RestartCount", 0)) > self._restarts.get(service, 0)
            if service in ONE_OFF or service in self._killed:
                continue
            if restarted or not (state["Running"] or state["Restarting"]):
                dead[service] = int(state["ExitCode"])
        return dead

    def cpu_seconds(self) -> dict[str, float]:
        """CPU seconds used so far, by service, of containers that run."""

        def seconds(container: Container) -> float:
            # It may end meanwhile.
            with contextlib.suppress(DockerException, RequestException, KeyError):
                stats = self._client.api.stats(str(container.id), stream=False, one_shot=True)
                return float(stats["cpu_stats"]["cpu_usage"]["total_usage"]) / 1e9
            return 0.0

        live = [one for one in self._all() if one.attrs["State"]["Running"]]
        # At once, as an older engine takes a second over each.
        with ThreadPoolExecutor(max(1, len(live))) as threads:
            used = list(threads.map(seconds, live))
        return {
            container.labels[SERVICE_LABEL]: number
            for container, number in zip(live, used, strict=True)
        }

    def log_tail(self, service: str) -> str:
        """The end of what a service wrote, given as the stack or as compose.yaml names it."""
        named = SERVICES.get(service, service)  # type: ignore[call-overload]
        for container in self._all(named):
            with _told(f"read the log of {service}"):
                return str(container.logs(tail=LOG_TAIL_LINES).decode(errors="replace"))
        return ""

    def write_logs(self, folder: Path) -> None:
        """One file for each service."""
        folder.mkdir(exist_ok=True)
        for container in self._all():
            with contextlib.suppress(DockerException, RequestException):
                file = folder / f"{container.labels[SERVICE_LABEL]}.log"
                file.write_bytes(container.logs(timestamps=True))

    def unwell(self) -> list[str]:
        """What is not running and healthy, with the end of each log, for the text of an error."""
        told = []
        for container in self._all():
            service = container.labels[SERVICE_LABEL]
            state = container.attrs["State"]
            health = state.get("Health", {}).get("Status", "")
            if service in ONE_OFF and state["ExitCode"] == 0:
                continue
            if state["Running"] and health in ("", "healthy"):
                continue
            doing = health if state["Running"] else f"{state['Status']} ({state['ExitCode']})"
            with _told(f"read the log of {service}"):
                log = container.logs(tail=LOG_TAIL_LINES).decode(errors="replace").strip()
            told.append(f"{service} is {doing}; the end of its log:\n{log or '(empty)'}")
        return told

    def _of(self, service: Service) -> Container:
        named = SERVICES.get(service)
        found = self._all(named) if named is not None else ()
        if not found:
            raise StackError(f"project {self._project} has no container of {service}")
        return found[0]

    def _all(self, named: str | None = None) -> Sequence[Container]:
        """The project's containers, or those of one service: each that is listed is asked for its
        state."""
        labels = [f"{PROJECT_LABEL}={self._project}"]
        if named is not None:
            labels.append(f"{SERVICE_LABEL}={named}")
        with _told("list the containers"):
            found: Sequence[Container] = self._client.containers.list(
                all=True, filters={"label": labels}
            )
        return found

    def _state(self, service: Service) -> str:
        state = self._of(service).attrs["State"]
        health = state.get("Health", {}).get("Status", "healthy")
        return str(health) if state["Running"] else str(state["Status"])


@contextlib.contextmanager
def _told(doing: str) -> Iterator[None]:
    """The engine's errors as StackError."""
    try:
        yield
    except (DockerException, OSError) as error:
        raise StackError(f"Docker's engine did not {doing}: {error}") from error


@dataclass(frozen=True)
class Other:
    """A container in the way of a stack that is to be brought up, and the project it is of."""

    name: str
    project: str


def somebody_elses(name: str) -> Other | None:
    """A container of this name, or one that runs and has our label: its metrics would count."""
    engine = client()
    try:
        found: list[Container] = []
        with contextlib.suppress(NotFound):
            found.append(engine.containers.get(name))
        ours = "=".join(SYSTEM_LABEL)
        found += engine.containers.list(filters={"label": ours}, ignore_removed=True)
    except (DockerException, OSError) as error:
        raise StackError(f"Docker's engine did not look for {name}: {error}") from error
    finally:
        engine.close()
    others = (Other(str(one.name), one.labels.get(PROJECT_LABEL, one.short_id)) for one in found)
    return next(others, None)
