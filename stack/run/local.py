"""A stack of loopback processes: no Docker, no root, its own ports and its own directory."""

import secrets
import tempfile
import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from stack.observe.prometheus import Prometheus, ReadError
from stack.run.configuration import PRODUCTION, Rendered, layers_in, render
from stack.run.engines import Engine
from stack.run.ports import PortLease, is_free
from stack.run.readiness import answers, redis_answers, wait_until_alerts_count
from stack.run.services import Command, service_commands
from stack.run.stack import Addresses, Secrets, Service, StackError
from stack.run.supervisor import Supervisor
from stack.run.waiting import NotSeen, wait_until

READY_WITHIN_SECONDS = 30.0
HOST_LAYERS = ("system",)
ENGINES = (
    "prometheus",
    "alertmanager",
    "redis-server",
    "redis_exporter",
    "node_exporter",
    "toxiproxy",
)


class LocalStack:
    """Start with ``start``, end with ``close``; see stack.py for what it offers between.

    ``observes_host`` loads the system layer too: only for a drill that has the host to itself, as
    a neighbour's load would fire its rules.
    """

    def __init__(
        self,
        engines: Mapping[str, Engine],
        *,
        name: str,
        speed: float,
        observes_host: bool = False,
        app_settings: Mapping[str, str] | None = None,
        source: Path = PRODUCTION,
        app_port: int | None = None,
    ) -> None:
        self._name = name
        self._speed = speed
        self._engines = engines
        self._observes_host = observes_host
        self._app_settings = dict(app_settings or {})
        self._source = source
        # First, as it may fail, and leaves nothing behind when it does.
        self._ports = PortLease()
        self._directory = Path(tempfile.mkdtemp(prefix=f"flash-drill-{name}-"))
        self._secrets = Secrets(
            sink_token=secrets.token_urlsafe(24),
            gateway_token=secrets.token_urlsafe(24),
            admin_token=secrets.token_urlsafe(24),
        )
        self._port = {
            part: self._ports.take()
            for part in (
                "app",
                "app_metrics",
                "gateway",
                "prometheus",
                "alertmanager",
                "sink",
                "toxiproxy",
                "redis",
                "redis_exporter",
                "node_exporter",
                "redis_proxy",
                "gateway_proxy",
            )
        }
        if app_port is not None:
            self._port["app"] = app_port
        self._supervisor = Supervisor(self._directory)
        self._commands: dict[Service, Command] = {}
        self._rendered: Rendered | None = None
        self._killed: set[str] = set()
        self._closed = False

    # What stack.py promises.

    @property
    def name(self) -> str:
        return self._name

    @property
    def directory(self) -> Path:
        return self._directory

    @property
    def speed(self) -> float:
        return self._speed

    @property
    def secrets(self) -> Secrets:
        return self._secrets

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
        )

    def kill_service(self, service: Service) -> None:
        self._killed.add(service)
        self._supervisor.stop(service, within_seconds=0.0, signal_number=9)

    def start_service(self, service: Service) -> None:
        if self.running(service):
            return
        self._start([service])
        self._wait_ready([service])
        self._killed.discard(service)

    def running(self, service: Service) -> bool:
        return self._supervisor.running(service)

    def start_process(
        self, name: str, command: Sequence[str], environment: Mapping[str, str], nice: int = 0
    ) -> None:
        self._supervisor.start(name, command, environment, nice)

    def stop_process(self, name: str, within_seconds: float = 3.0) -> int | None:
        return self._supervisor.stop(name, within_seconds)

    def process_log(self, name: str) -> str:
        return self._supervisor.log_tail(name)

    # What is particular to local stacks.

    @property
    def layers_absent(self) -> Mapping[str, str]:
        """Layers whose rules are not loaded, with the reason."""
        return self._rendered.layers_absent if self._rendered else {}

    @property
    def database_url(self) -> str:
        return f"sqlite:///{self._directory / 'app' / 'orders.db'}"

    def cpu_seconds(self) -> dict[str, float]:
        """CPU seconds used so far by each process of the stack."""
        return self._supervisor.cpu_seconds()

    def dead_services(self) -> dict[str, int]:
        """Services that have ended though nobody killed them, with their exit codes."""
        return {
            name: process["exit_code"]
            for name, process in self._supervisor.processes().items()
            if name in self._commands
            and name not in self._killed
            and process["exit_code"] is not None
        }

    def start(self, progress: Callable[[str], None] = lambda _: None) -> None:
        """Write the configuration, start every service, wait until alerts can be trusted.

        That is: every service answers, every target was scraped well once, Prometheus has an
        active Alertmanager (a firing before that is dropped silently), and each rule group was
        evaluated twice since. Raises StackError, and then has ended all it started.
        """
        try:
            progress("starting services")
            self._claim_ports()
            self._prepare()
            self._start(list(self._commands))
            self._wait_ready(list(self._commands))
            progress("waiting for scrapes and evaluations")
            try:
                wait_until_alerts_count(
                    Prometheus(self.addresses.prometheus),
                    patience=lambda seconds: 4 * seconds / self._speed + READY_WITHIN_SECONDS,
                )
            except (NotSeen, ReadError) as error:
                log = self._supervisor.log_tail("prometheus").strip()
                raise StackError(
                    f"the pipeline is not ready: {error}\nPrometheus' log:\n{log}"
                ) from error
        except BaseException:
            self.close()
            raise

    def leave_running(self, seconds: float) -> int:
        """Let go of the stack: it ends after ``seconds``, or when the pid given gets SIGTERM."""
        self._closed = True
        return self._supervisor.leave_running(seconds)

    def close(self) -> None:
        """End every process and remove the directory."""
        if self._closed:
            return
        self._closed = True
        self._supervisor.close()
        self._ports.release()

    def _claim_ports(self) -> None:
        """Not every service ends where its port is taken, and a stranger there may answer too."""
        taken = [f"{port} ({part})" for part, port in self._port.items() if not is_free(port)]
        if taken:
            raise StackError(
                f"in use by another program on 127.0.0.1: port {', port '.join(taken)}; end it, "
                "or start again to get other ports"
            )

    def _prepare(self) -> None:
        token_files = {
            "sink": self._secrets.sink_token,
            "gateway": self._secrets.gateway_token,
            "admin": self._secrets.admin_token,
            "app": secrets.token_urlsafe(32),
        }
        folder = self._directory / "secrets"
        folder.mkdir(mode=0o700)
        for holder, token in token_files.items():
            (folder / holder).write_text(token)
        layers = [
            layer
            for layer in layers_in(self._source)
            if self._observes_host or layer not in HOST_LAYERS
        ]
        endpoints = {
            "prometheus:9090": f"127.0.0.1:{self._port['prometheus']}",
            "alertmanager:9093": f"127.0.0.1:{self._port['alertmanager']}",
            "redis-exporter:9121": f"127.0.0.1:{self._port['redis_exporter']}",
            "api:4000": f"127.0.0.1:{self._port['app_metrics']}",
        }
        if self._observes_host:
            endpoints["node-exporter:9100"] = f"127.0.0.1:{self._port['node_exporter']}"
        self._rendered = render(
            self._source,
            self._directory,
            speed=self._speed,
            layers=layers,
            endpoints=endpoints,
            sink_url=self.addresses.sink,
            sink_token_file=folder / "sink",
            why_absent="the host is shared with other drills",
        )
        self._commands = service_commands(
            {name: engine.path for name, engine in self._engines.items()},
            directory=self._directory,
            ports=self._port,
            rendered=self._rendered,
            database_url=self.database_url,
            app_settings=self._app_settings,
            observes_host=self._observes_host,
        )

    def _start(self, services: Sequence[Service]) -> None:
        for service in services:
            command = self._commands[service]
            self._supervisor.start(service, command.command, command.environment, command.nice)

    def _wait_ready(self, services: Sequence[Service]) -> None:
        for service in services:
            url = self._commands[service].ready_url
            port = self._port[self._commands[service].ready_port]

            def look(url: str | None = url, port: int = port) -> tuple[bool, str]:
                return answers(url) if url is not None else redis_answers(port)

            try:
                wait_until(
                    f"{service} to answer on 127.0.0.1:{port}",
                    look,
                    within_seconds=READY_WITHIN_SECONDS,
                    give_up=lambda service=service: self._ended(service),  # type: ignore[misc]
                )
            except NotSeen as error:
                raise StackError(self._why(service, str(error))) from error
        for service in services:
            # What answered may have been another's, if the service could not have its port.
            reason = self._ended(service)
            if reason is not None:
                raise StackError(self._why(service, reason))

    def _ended(self, service: str) -> str | None:
        exit_code = self._supervisor.processes().get(service, {}).get("exit_code")
        return None if exit_code is None else f"it ended with exit code {exit_code}"

    def _why(self, service: str, error: str) -> str:
        log = self._supervisor.log_tail(service).strip()
        hint = ""
        if "address already in use" in log.lower():
            hint = "\nA port is in use by another program: end it, or choose another port."
        return f"{service} did not start: {error}{hint}\nThe end of its log:\n{log or '(empty)'}"


def new_name(prefix: str) -> str:
    """A name for a stack that no other on this machine has."""
    return f"{prefix}-{uuid.uuid4().hex[:8]}"
