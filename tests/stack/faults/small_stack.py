"""A stack of only the services that the test of a fault needs, with real guardian and engines."""

import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from stack.run.configuration import Rendered
from stack.run.engines.resolve import require
from stack.run.local_services import LocalServices
from stack.run.ports import PortLease
from stack.run.services import Command, service_commands
from stack.run.stack import Addresses, Secrets, Service
from stack.run.supervised import SupervisedStack
from stack.run.supervisor import Supervisor

PARTS = (
    "app",
    "app_metrics",
    "gateway",
    "prometheus",
    "toxiproxy",
    "redis",
    "redis_exporter",
    "redis_proxy",
    "redis_exporter_proxy",
    "gateway_proxy",
    "sink",
    "receiver_pages",
    "alertmanager",
)
ENGINES: Mapping[Service, str] = {
    "redis": "redis-server",
    "toxiproxy": "toxiproxy",
    "alertmanager": "alertmanager",
}
NOBODY = {"route": {"receiver": "nobody"}, "receivers": [{"name": "nobody"}]}


class SmallStack(SupervisedStack):
    """The named services, started at once; ``close`` ends them and removes the directory.

    ``alertmanager`` is its configuration; without one it tells nobody.
    """

    def __init__(
        self,
        directory: Path,
        services: Sequence[Service] = (),
        *,
        alertmanager: Mapping[str, Any] = NOBODY,
    ) -> None:
        super().__init__(directory.name, speed=1.0, directory=directory)
        self.secrets = Secrets(*(secrets.token_urlsafe(16) for _ in range(3)))
        self._ports = PortLease()
        self._port = {part: self._ports.take() for part in PARTS}
        self._services = LocalServices(self.supervisor, self._port)
        try:
            commands = self._commands(services, alertmanager) if services else {}
            self._services.start_all({service: commands[service] for service in services})
        except BaseException:
            self.close()
            raise

    @property
    def addresses(self) -> Addresses:
        return Addresses.on_loopback(self._port)

    @property
    def supervisor(self) -> Supervisor:
        return self._supervisor

    @property
    def database_url(self) -> str:
        return f"sqlite:///{self.directory / 'orders.db'}"

    def port(self, part: str) -> int:
        return self._port[part]

    def kill_service(self, service: Service) -> None:
        self._services.kill(service)

    def start_service(self, service: Service) -> None:
        self._services.start(service)

    def running(self, service: Service) -> bool:
        return self._services.running(service)

    def close(self) -> None:
        super().close()
        self._ports.release()

    def _commands(
        self, services: Sequence[Service], alertmanager: Mapping[str, Any]
    ) -> Mapping[Service, Command]:
        """As every local stack has them; engines that are not started need not be there."""
        tokens = {
            "sink": self.secrets.sink_token,
            "gateway": self.secrets.gateway_token,
            "admin": self.secrets.admin_token,
            "app": secrets.token_urlsafe(32),
        }
        folder = self.directory / "secrets"
        folder.mkdir(mode=0o700)
        for holder, token in tokens.items():
            (folder / holder).write_text(token)
        file = self.directory / "alertmanager" / "alertmanager.yml"
        file.parent.mkdir()
        file.write_text(yaml.safe_dump(alertmanager))
        nowhere = dict.fromkeys((*ENGINES.values(), "prometheus", "redis_exporter"), Path("unused"))
        wanted = [ENGINES[service] for service in services if service in ENGINES]
        engines = {name: engine.path for name, engine in require(wanted, print).items()}
        return service_commands(
            {**nowhere, **engines},
            directory=self.directory,
            speed=self.speed,
            ports=self._port,
            rendered=Rendered(Path("unused"), file, {}, {}, {}),
            database_url=self.database_url,
            app_settings={},
            observes_host=False,
        )
