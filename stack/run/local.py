"""A stack of loopback processes: no Docker, no root, its own ports and its own directory."""

import secrets
import tempfile
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal

from stack.run.configuration import (
    ALERTMANAGER_2_TARGET,
    PRODUCTION,
    Rendered,
    layers_in,
    render,
)
from stack.run.engines import Engine
from stack.run.local_services import LocalServices
from stack.run.ports import PortLease, is_free
from stack.run.readiness import wait_until_trusted
from stack.run.receivers import Sink, door_name
from stack.run.services import Command, service_commands
from stack.run.stack import Addresses, Secrets, Service, StackError
from stack.run.supervised import SupervisedStack, new_directory

HOST_LAYERS = ("system",)
# Layers of what a local stack never has, with the reason.
ABSENT_LAYERS = {"container": "there are no containers", "database": "orders are kept in SQLite"}
SECOND_ALERTMANAGER = ("alertmanager_2", "alertmanager_gossip", "alertmanager_2_gossip")
ENGINES = (
    "prometheus",
    "alertmanager",
    "redis-server",
    "redis_exporter",
    "node_exporter",
    "toxiproxy",
)


class LocalStack(SupervisedStack):
    """Start with ``start``, end with ``close``; see stack.py for what it offers between.

    ``observes_host`` loads the system layer too: only for a drill that has the host to itself, as
    a neighbour's load would fire its rules. With two ``alertmanagers`` they are one cluster.
    """

    def __init__(
        self,
        engines: Mapping[str, Engine],
        *,
        name: str,
        speed: float,
        observes_host: bool = False,
        alertmanagers: Literal[1, 2] = 1,
        app_settings: Mapping[str, str] | None = None,
        source: Path = PRODUCTION,
        app_port: int | None = None,
    ) -> None:
        # First, as these may fail, and leave nothing behind when they do.
        _check_temporary_folder()
        self._ports = PortLease()
        super().__init__(name, speed=speed, directory=new_directory(name))
        self._engines = engines
        self._observes_host = observes_host
        self._app_settings = dict(app_settings or {})
        self._source = source
        self.secrets = Secrets(
            sink_token=secrets.token_urlsafe(24),
            gateway_token=secrets.token_urlsafe(24),
            admin_token=secrets.token_urlsafe(24),
        )
        self._port = {
            part: self._port_other_than(app_port)
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
                "redis_exporter_proxy",
                *(SECOND_ALERTMANAGER if alertmanagers == 2 else ()),
            )
        }
        if app_port is not None:
            self._port["app"] = app_port
        self._services = LocalServices(self._supervisor, self._port)
        self._rendered: Rendered | None = None

    def _port_other_than(self, app_port: int | None) -> int:
        """The one that a user has chosen for the app may lie among the leased."""
        port = self._ports.take()
        return self._ports.take() if port == app_port else port

    # What stack.py promises.

    runs_already = False
    is_of_own_processes = True

    @property
    def database_url(self) -> str:
        return f"sqlite:///{self.directory / 'app' / 'orders.db'}"

    @property
    def addresses(self) -> Addresses:
        return Addresses.on_loopback(self._port)

    def kill_service(self, service: Service) -> None:
        self._services.kill(service)

    def start_service(self, service: Service) -> None:
        self._services.start(service)

    def running(self, service: Service) -> bool:
        return self._services.running(service)

    def container(self, service: Service) -> str:
        raise StackError(f"{service} is a process of a local stack, not a container")

    def let_restart(self, service: Service) -> None:
        raise StackError(f"{service} is a process of a local stack: nothing starts it again")

    @property
    def layers_absent(self) -> Mapping[str, str]:
        return self._rendered.layers_absent if self._rendered else {}

    def dead_services(self) -> dict[str, int]:
        return self._services.dead()

    def start(self, progress: Callable[[str], None] = lambda _: None) -> None:
        """Write the configuration, start every service, wait until alerts can be trusted.

        That is: every service answers, every target was scraped well once, Prometheus has an
        active Alertmanager (a firing before that is dropped silently), and each rule group was
        evaluated twice since. Raises StackError, and then has ended all it started.
        """
        try:
            progress("starting services")
            self._claim_ports()
            self._services.start_all(self._prepare())
            progress("waiting for scrapes and evaluations")
            wait_until_trusted(self)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        if not self._closed:
            super().close()
            self._ports.release()

    def _claim_ports(self) -> None:
        """Not every service ends where its port is taken, and a stranger there may answer too."""
        taken = [f"{port} ({part})" for part, port in self._port.items() if not is_free(port)]
        if taken:
            raise StackError(
                f"in use by another program on 127.0.0.1: port {', port '.join(taken)}; end it, "
                "or start again to get other ports"
            )

    def _prepare(self) -> Mapping[Service, Command]:
        token_files = {
            "sink": self.secrets.sink_token,
            "gateway": self.secrets.gateway_token,
            "admin": self.secrets.admin_token,
            "app": secrets.token_urlsafe(32),
        }
        folder = self.directory / "secrets"
        folder.mkdir(mode=0o700)
        for holder, token in token_files.items():
            (folder / holder).write_text(token)
        endpoints = {
            "prometheus:9090": f"127.0.0.1:{self._port['prometheus']}",
            "alertmanager:9093": f"127.0.0.1:{self._port['alertmanager']}",
            "redis-exporter:9121": f"127.0.0.1:{self._port['redis_exporter_proxy']}",
            "api:4000": f"127.0.0.1:{self._port['app_metrics']}",
        }
        if self.addresses.alertmanager_2:
            endpoints[ALERTMANAGER_2_TARGET] = f"127.0.0.1:{self._port['alertmanager_2']}"
        if self._observes_host:
            endpoints["node-exporter:9100"] = f"127.0.0.1:{self._port['node_exporter']}"
        self._rendered = render(
            self._source,
            self.directory,
            speed=self.speed,
            layers_absent=layers_absent(self._source, observes_host=self._observes_host),
            endpoints=endpoints,
            sink=Sink(self._door, folder / "sink", self.directory / "chat_urls"),
        )
        return service_commands(
            {name: engine.path for name, engine in self._engines.items()},
            directory=self.directory,
            speed=self.speed,
            ports=self._port,
            rendered=self._rendered,
            database_url=self.database_url,
            app_settings=self._app_settings,
            observes_host=self._observes_host,
        )

    def _door(self, receiver: str) -> str:
        """The proxy through which Alertmanager reaches a receiver, as a base URL."""
        port = self._port.setdefault(door_name(receiver), self._ports.take())
        return f"http://127.0.0.1:{port}"


def layers_absent(source: Path, *, observes_host: bool) -> dict[str, str]:
    """The layers of a configuration whose rules a local stack does not load, with the reason."""
    absent = dict(ABSENT_LAYERS)
    if not observes_host:
        absent |= dict.fromkeys(HOST_LAYERS, "the host is shared with other drills")
    return {layer: absent[layer] for layer in layers_in(source) if layer in absent}


def _check_temporary_folder() -> None:
    """The database's address ends at a question mark, and reads what follows a percent sign."""
    folder = tempfile.gettempdir()
    if {"?", "%"} & set(folder):
        raise StackError(
            f"the folder for temporary files, {folder}, has a ? or a % in its name, which the "
            "address of a database cannot have: set TMPDIR to another"
        )


def new_name(prefix: str) -> str:
    """A name for a stack that no other on this machine has."""
    return f"{prefix}-{uuid.uuid4().hex[:8]}"
