"""One drill's stack in containers: a compose project with its own ports and its own directory."""

import contextlib
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from pytest_docker.plugin import get_docker_services

from stack.observe.prometheus import Prometheus, ReadError
from stack.run.compose.containers import Containers, holder_of
from stack.run.compose.engine import compose
from stack.run.compose.override import PUBLISHED, SECRET_VOLUMES, UPSTREAM, Plan
from stack.run.configuration import PRODUCTION, Rendered, render
from stack.run.ports import PortLease
from stack.run.readiness import wait_until_alerts_count
from stack.run.receivers import Sink, door_name
from stack.run.services import DISCOVERY_INTERVAL
from stack.run.stack import Addresses, Secrets, Service, StackError
from stack.run.supervisor import REPOSITORY, Supervisor
from stack.run.waiting import NotSeen
from stack.run.way import Wanted

COMPOSE_FILE = PRODUCTION / "compose.yaml"
MAKE_SECRETS = PRODUCTION / "images" / "flash-tickets" / "make_secrets.py"
API_CONTAINER = "flash-tickets-api"
HEALTHY_WITHIN_SECONDS = 120
DOWN_WITHIN_SECONDS = 180
READY_WITHIN_SECONDS = 30.0
COMPOSE = "docker compose --progress quiet"
# What production scrapes, under the names that the services have in compose.yaml.
SCRAPED = (
    "alertmanager:9093",
    "api:4000",
    "cadvisor:8080",
    "node-exporter:9100",
    "postgres-exporter:9187",
    "prometheus:9090",
)


class ComposeStack:
    """Start with ``start``, end with ``close``; see stack.py for what it offers between.

    Load and stressors are processes of the host, as in a local stack; all else is in containers.
    """

    def __init__(
        self, wanted: Wanted, files: Sequence[Path], *, layers_absent: Mapping[str, str]
    ) -> None:
        self._wanted = wanted
        self._layers_absent = layers_absent
        self._ports = PortLease()
        self._directory = Path(tempfile.mkdtemp(prefix=f"flash-drill-{wanted.name}-")).resolve()
        self._files = (*files, self._directory / "compose.yaml")
        self._project = wanted.name.lower()
        self._port = {part: self._ports.take() for part in PUBLISHED}
        self._doors = {name: self._ports.take() for name in UPSTREAM}
        self._supervisor = Supervisor(self._directory)
        self._up = contextlib.ExitStack()
        self._closed = False
        self._keeper: subprocess.Popen[str] | None = None
        self._made: Secrets | None = None
        self._containers: Containers | None = None

    # What stack.py promises.

    runs_already = False

    @property
    def name(self) -> str:
        return self._wanted.name

    @property
    def directory(self) -> Path:
        return self._directory

    @property
    def speed(self) -> float:
        return self._wanted.speed

    @property
    def secrets(self) -> Secrets:
        assert self._made is not None, "start comes first"
        return self._made

    @property
    def database_url(self) -> str:
        password = self._secret("database/database_password")
        port = self._port["postgres"]
        return f"postgresql+psycopg://tickets:{password}@127.0.0.1:{port}/tickets"

    @property
    def addresses(self) -> Addresses:
        def url(part: str) -> str:
            return f"http://127.0.0.1:{self._port[part]}"

        return Addresses(
            app=url("app"),
            app_metrics=url("app_metrics"),
            gateway=url("gateway"),
            prometheus=url("prometheus"),
            alertmanager=url("alertmanager"),
            sink=url("sink"),
            toxiproxy=url("toxiproxy"),
            redis_host="127.0.0.1",
            redis_port=self._port["redis"],
            redis_exporter=url("redis_exporter"),
        )

    @property
    def layers_absent(self) -> Mapping[str, str]:
        return self._layers_absent

    def kill_service(self, service: Service) -> None:
        self._running_containers.kill(service)

    def start_service(self, service: Service) -> None:
        self._running_containers.start(service)

    def running(self, service: Service) -> bool:
        return self._running_containers.running(service)

    def container(self, service: Service) -> str:
        return self._running_containers.name(service)

    def let_restart(self, service: Service) -> None:
        self._running_containers.let_restart(service)

    def start_process(
        self, name: str, command: Sequence[str], environment: Mapping[str, str], nice: int = 0
    ) -> None:
        self._supervisor.start(name, command, environment, nice)

    def stop_process(self, name: str, within_seconds: float = 3.0) -> int | None:
        return self._supervisor.stop(name, within_seconds)

    def process_running(self, name: str) -> bool:
        return self._supervisor.running(name)

    def process_log(self, name: str) -> str:
        if name in self._supervisor.processes():
            return self._supervisor.log_tail(name)
        return self._running_containers.log_tail(name)

    def cpu_seconds(self) -> dict[str, float]:
        return {**self._supervisor.cpu_seconds(), **self._running_containers.cpu_seconds()}

    def doubts(self) -> Sequence[str]:
        """None: all of it is on this host, and has its clock."""
        return ()

    def dead_services(self) -> dict[str, int]:
        return self._running_containers.dead()

    def collect_logs(self) -> None:
        if self._containers is not None:
            self._containers.write_logs(self._directory / "logs")

    def start(self, progress: Callable[[str], None] = lambda _: None) -> None:
        try:
            progress("starting containers")
            self._prepare()
            self._bring_up()
            progress("waiting for scrapes and evaluations")
            self._wait_until_alerts_count()
        except BaseException:
            self.close()
            raise

    def leave_running(self, seconds: float) -> str:
        self._closed = True
        keeper = self._keeper
        assert keeper is not None
        assert keeper.stdin is not None
        self._supervisor.leave_running(seconds)
        keeper.stdin.write(f"{seconds}\n")
        keeper.stdin.close()
        # It is not this process's child to wait for any more.
        keeper.returncode = 0
        return f"kill {keeper.pid}"

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        # What acts on the containers first, lest it fails on what is going.
        self._supervisor.close()
        try:
            self._up.close()
        finally:
            if self._containers is not None:
                self._containers.close()
            self._ports.release()
            shutil.rmtree(self._directory, ignore_errors=True)

    # How it is made.

    @property
    def _running_containers(self) -> Containers:
        assert self._containers is not None, "start comes first"
        return self._containers

    def _prepare(self) -> None:
        """Write secrets, configuration and compose file. Raises StackError."""
        self._make_secrets()
        rendered = self._render()
        plan = Plan(
            directory=self._directory,
            ports=self._port,
            doors=self._doors,
            rendered=rendered,
            app_settings=self._wanted.app_settings,
            discovery_interval=DISCOVERY_INTERVAL,
        )
        (self._directory / "toxiproxy.json").write_text(json.dumps(plan.proxies()))
        self._files[-1].write_text(plan.text())
        # In its containers each user may read; outside, the directory is this user's alone.
        for path in (self._directory / "secrets" / "alerting").rglob("*"):
            path.chmod(0o755 if path.is_dir() else 0o444)

    def _make_secrets(self) -> None:
        folder = self._directory / "secrets"
        for name in SECRET_VOLUMES:
            (folder / name).mkdir(parents=True)
        subprocess.run([sys.executable, str(MAKE_SECRETS), str(folder)], check=True, timeout=30)
        self._made = Secrets(
            sink_token=self._secret("alerting/sink_token"),
            gateway_token=self._secret("gateway/control_token"),
            admin_token=self._secret("api/admin_token"),
        )

    def _render(self) -> Rendered:
        alerting = self._directory / "secrets" / "alerting"
        sink = Sink(self._door, alerting / "sink_token", alerting / "chat_urls")
        return render(
            self._wanted.source,
            self._directory,
            speed=self._wanted.speed,
            layers_absent=self._layers_absent,
            # Services have the names that production knows them by, but for what is behind a door.
            endpoints={
                **dict(zip(SCRAPED, SCRAPED, strict=True)),
                "redis-exporter:9121": f"toxiproxy:{self._doors['redis_exporter']}",
            },
            sink=sink,
        )

    def _bring_up(self) -> None:
        holder = holder_of(API_CONTAINER)
        if holder is not None:
            raise StackError(
                f"there is a container {API_CONTAINER} already, of {holder}: one can be up at a "
                f"time; end it with: docker compose --project-name {holder} down --volumes"
            )
        self._keeper = subprocess.Popen(
            [sys.executable, "-m", "stack.run.compose.keeper", self._project],
            cwd=REPOSITORY,
            stdin=subprocess.PIPE,
            text=True,
            # Its own session: a signal to the terminal's process group must not reach it.
            start_new_session=True,
        )
        # Not pytest-docker's: it removes nothing where its set-up fails.
        self._up.callback(self._bring_down)
        self._containers = Containers(self._project)
        services = get_docker_services(
            COMPOSE,
            [str(path) for path in self._files],
            self._project,
            [f"up --detach --wait --wait-timeout {HEALTHY_WITHIN_SECONDS}"],
            [],
        )
        try:
            self._up.enter_context(services)
        except Exception as error:
            unwell = "\n".join(self._containers.unwell())
            raise StackError(f"the containers did not come up: {error}\n{unwell}") from error
        unwell = "\n".join(self._containers.unwell())
        if unwell:
            raise StackError(f"the containers are not all well:\n{unwell}")

    def _bring_down(self) -> None:
        """By its name alone, as its files may be gone. What is left the keeper tries to remove."""
        keeper = self._keeper
        assert keeper is not None
        assert keeper.stdin is not None
        down = ("down", "--volumes", "--timeout", "1")
        try:
            compose((), self._project, down, within_seconds=DOWN_WITHIN_SECONDS)
            with contextlib.suppress(OSError):
                keeper.stdin.write("done\n")
        finally:
            keeper.stdin.close()
            keeper.wait(DOWN_WITHIN_SECONDS)

    def _wait_until_alerts_count(self) -> None:
        def patience(seconds: float) -> float:
            return 4 * seconds / self._wanted.speed + READY_WITHIN_SECONDS

        try:
            wait_until_alerts_count(Prometheus(self.addresses.prometheus), patience)
        except (NotSeen, ReadError) as error:
            log = self._running_containers.log_tail("prometheus").strip()
            raise StackError(
                f"the pipeline is not ready: {error}\nPrometheus' log:\n{log}"
            ) from error

    def _door(self, receiver: str) -> str:
        """The proxy through which Alertmanager reaches a receiver, as a base URL."""
        port = self._doors.setdefault(door_name(receiver), self._ports.take())
        return f"http://toxiproxy:{port}"

    def _secret(self, name: str) -> str:
        return (self._directory / "secrets" / name).read_text()
