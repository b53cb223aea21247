"""One drill's stack in containers: a compose project with its own ports and its own directory."""

import contextlib
import json
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from pytest_docker.plugin import get_docker_services

from stack.run.compose.containers import Containers, somebody_elses
from stack.run.compose.engine import compose
from stack.run.compose.images import refuse_others
from stack.run.compose.override import PUBLISHED, SECRET_VOLUMES, UPSTREAM, Plan
from stack.run.configuration import PRODUCTION, Rendered, render
from stack.run.ports import PortLease
from stack.run.readiness import wait_until_trusted
from stack.run.receivers import Sink, door_name
from stack.run.services import DISCOVERY_INTERVAL
from stack.run.stack import Addresses, Secrets, Service, StackError
from stack.run.supervised import SupervisedStack, new_directory
from stack.run.supervisor import REPOSITORY
from stack.run.way import Wanted

MAKE_SECRETS = PRODUCTION / "images" / "flash-tickets" / "make_secrets.py"
API_CONTAINER = "flash-tickets-api"
HEALTHY_WITHIN_SECONDS = 120
DOWN_WITHIN_SECONDS = 180
# pytest-docker waits for a command for ever, as compose does for an engine that hangs.
UP_WITHIN_SECONDS = HEALTHY_WITHIN_SECONDS + 120
WITHIN = Path(__file__).with_name("within.py")
# A profile that nothing has, in place of those that COMPOSE_PROFILES may name.
COMPOSE = (
    f"{shlex.quote(sys.executable)} {shlex.quote(str(WITHIN))} {UP_WITHIN_SECONDS} "
    "docker compose --progress quiet --profile drills"
)
# What prepare built and pulled, and nothing else: never anew, between two drills of a run.
UP = f"up --detach --no-build --pull never --wait --wait-timeout {HEALTHY_WITHIN_SECONDS}"
# What production scrapes, under the names that the services have in compose.yaml.
SCRAPED = (
    "alertmanager:9093",
    "api:4000",
    "cadvisor:8080",
    "node-exporter:9100",
    "postgres-exporter:9187",
    "prometheus:9090",
)


class ComposeStack(SupervisedStack):
    """Start with ``start``, end with ``close``; see stack.py for what it offers between.

    Load and stressors are processes of the host, as in a local stack; all else is in containers.
    """

    def __init__(
        self,
        wanted: Wanted,
        files: Sequence[Path],
        images: Mapping[str, str],
        *,
        layers_absent: Mapping[str, str],
    ) -> None:
        self._ports = PortLease()
        directory = new_directory(wanted.name).resolve()
        super().__init__(wanted.name, speed=wanted.speed, directory=directory)
        self.layers_absent = layers_absent
        self._wanted = wanted
        self._images = images
        self._files = (*files, self.directory / "compose.yaml")
        self._project = wanted.name.lower()
        self._port = {part: self._ports.take() for part in PUBLISHED}
        self._doors = {name: self._ports.take() for name in UPSTREAM}
        self._up = contextlib.ExitStack()
        self._keeper: subprocess.Popen[str] | None = None
        self._made: Secrets | None = None
        self._containers: Containers | None = None

    # What stack.py promises.

    runs_already = False
    is_of_own_processes = False

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
        return Addresses.on_loopback(self._port)

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

    def process_log(self, name: str) -> str:
        if name in self._supervisor.processes():
            return super().process_log(name)
        return self._running_containers.log_tail(name)

    def cpu_seconds(self) -> dict[str, float]:
        return {**super().cpu_seconds(), **self._running_containers.cpu_seconds()}

    def dead_services(self) -> dict[str, int]:
        return self._running_containers.dead()

    def collect_logs(self) -> None:
        if self._containers is not None:
            self._containers.write_logs(self.directory / "logs")

    def start(self, progress: Callable[[str], None] = lambda _: None) -> None:
        try:
            progress("starting containers")
            self._prepare()
            self._bring_up()
            progress("waiting for scrapes and evaluations")
            wait_until_trusted(self)
        except BaseException:
            self.close()
            raise

    def leave_running(self, seconds: float) -> str:
        keeper = self._keeper
        assert keeper is not None
        assert keeper.stdin is not None
        super().leave_running(seconds)
        keeper.stdin.write(f"{seconds}\n")
        keeper.stdin.close()
        # It is not this process's child to wait for any more.
        keeper.returncode = 0
        return f"kill {keeper.pid}"

    def close(self) -> None:
        if self._closed:
            return
        # What acts on the containers first, lest it fails on what is going.
        super().close()
        try:
            self._up.close()
        finally:
            if self._containers is not None:
                self._containers.close()
            self._ports.release()
            shutil.rmtree(self.directory, ignore_errors=True)

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
            directory=self.directory,
            ports=self._port,
            doors=self._doors,
            rendered=rendered,
            app_settings=self._wanted.app_settings,
            discovery_interval=DISCOVERY_INTERVAL,
        )
        (self.directory / "toxiproxy.json").write_text(json.dumps(plan.proxies()))
        self._files[-1].write_text(plan.text())
        # In its containers each user may read; outside, the directory is this user's alone.
        for path in (self.directory / "secrets" / "alerting").rglob("*"):
            path.chmod(0o755 if path.is_dir() else 0o444)

    def _make_secrets(self) -> None:
        folder = self.directory / "secrets"
        for name in SECRET_VOLUMES:
            (folder / name).mkdir(parents=True)
        subprocess.run([sys.executable, str(MAKE_SECRETS), str(folder)], check=True, timeout=30)
        self._made = Secrets(
            sink_token=self._secret("alerting/sink_token"),
            gateway_token=self._secret("gateway/control_token"),
            admin_token=self._secret("api/admin_token"),
        )

    def _render(self) -> Rendered:
        alerting = self.directory / "secrets" / "alerting"
        sink = Sink(self._door, alerting / "sink_token", alerting / "chat_urls")
        return render(
            self._wanted.source,
            self.directory,
            speed=self.speed,
            layers_absent=self.layers_absent,
            # Services have the names that production knows them by, but for what is behind a door.
            endpoints={
                **dict(zip(SCRAPED, SCRAPED, strict=True)),
                "redis-exporter:9121": f"toxiproxy:{self._doors['redis_exporter']}",
            },
            sink=sink,
        )

    def _bring_up(self) -> None:
        other = somebody_elses(API_CONTAINER)
        if other is not None:
            raise StackError(
                f"there is a container {other.name} already, of {other.project}: one stack can be "
                "up at a time. Let it end or, where nobody uses it, end it: "
                f"docker compose --project-name {other.project} down --volumes"
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
            [UP],
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
        refuse_others(self._images)

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

    def _door(self, receiver: str) -> str:
        """The proxy through which Alertmanager reaches a receiver, as a base URL."""
        port = self._doors.setdefault(door_name(receiver), self._ports.take())
        return f"http://toxiproxy:{port}"

    def _secret(self, name: str) -> str:
        return (self.directory / "secrets" / name).read_text()
