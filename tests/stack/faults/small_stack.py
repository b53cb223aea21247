"""A stack of only the services that the test of a fault needs, with real guardian and engines."""

import contextlib
import json
import secrets
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import redis
import requests

from stack.run.engines.resolve import require
from stack.run.ports import PortLease
from stack.run.services import REDIS_MEMORY
from stack.run.stack import Addresses, Secrets, Service
from stack.run.supervisor import Supervisor
from stack.run.waiting import wait_until

READY_WITHIN_SECONDS = 20.0
PARTS = (
    "app",
    "app_metrics",
    "gateway",
    "toxiproxy",
    "redis",
    "redis_proxy",
    "gateway_proxy",
    "sink",
    "receiver_pages",
    "alertmanager",
)


class SmallStack:
    """The named services, started at once; ``close`` ends them and removes the directory."""

    def __init__(self, directory: Path, services: Sequence[Service] = ()) -> None:
        self.name = directory.name
        self.directory = directory
        self.speed = 1.0
        self.secrets = Secrets(*(secrets.token_urlsafe(16) for _ in range(3)))
        self._ports = PortLease()
        self._port = {part: self._ports.take() for part in PARTS}
        self.supervisor = Supervisor(directory)
        try:
            for service in services:
                self.start_service(service)
        except BaseException:
            self.close()
            raise

    @property
    def addresses(self) -> Addresses:
        def url(part: str) -> str:
            return f"http://127.0.0.1:{self._port[part]}" if part in self._port else ""

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
    def database_url(self) -> str:
        return f"sqlite:///{self.directory / 'orders.db'}"

    def port(self, part: str) -> int:
        return self._port[part]

    def kill_service(self, service: Service) -> None:
        self.supervisor.stop(service, within_seconds=0.0, signal_number=9)

    def start_service(self, service: Service) -> None:
        command, environment = self._commands()[service]
        self.supervisor.start(service, command, environment)
        url = {
            "toxiproxy": f"{self.addresses.toxiproxy}/version",
            "gateway": f"{self.addresses.gateway}/health",
            "app": f"{self.addresses.app}/health",
            "sink": f"{self.addresses.sink}/health",
            "alertmanager": f"{self.addresses.alertmanager}/-/ready",
        }.get(service)
        wait_until(
            f"{service} to answer",
            lambda: _answers(url) if url is not None else _redis_answers(self._port["redis"]),
            within_seconds=READY_WITHIN_SECONDS,
            give_up=lambda: None if self.running(service) else self.process_log(service),
        )

    def running(self, service: Service) -> bool:
        return self.supervisor.running(service)

    def start_process(
        self, name: str, command: Sequence[str], environment: Mapping[str, str], nice: int = 0
    ) -> None:
        self.supervisor.start(name, command, environment, nice)

    def stop_process(self, name: str, within_seconds: float = 3.0) -> int | None:
        return self.supervisor.stop(name, within_seconds)

    def process_log(self, name: str) -> str:
        return self.supervisor.log_tail(name)

    def close(self) -> None:
        self.supervisor.close()
        self._ports.release()

    def _alertmanager_file(self) -> Path:
        """A test's own; else one that tells nobody."""
        file = self.directory / "alertmanager" / "alertmanager.yml"
        file.parent.mkdir(exist_ok=True)
        if not file.exists():
            file.write_text("route: {receiver: nobody}\nreceivers: [{name: nobody}]\n")
        return file

    def _commands(self) -> dict[Service, tuple[list[str], dict[str, str]]]:
        def listen(part: str) -> str:
            return f"127.0.0.1:{self._port[part]}"

        def engine(name: str) -> str:
            return str(require([name], print)[name].path)

        proxies = self.directory / "toxiproxy.json"
        proxies.write_text(
            json.dumps(
                [
                    {
                        "name": name,
                        "listen": listen(door),
                        "upstream": listen(upstream),
                        "enabled": True,
                    }
                    for name, door, upstream in (
                        ("redis", "redis_proxy", "redis"),
                        ("gateway", "gateway_proxy", "gateway"),
                        ("receiver_pages", "receiver_pages", "sink"),
                    )
                ]
            )
        )
        sink_token = self.directory / "sink_token"
        sink_token.write_text(self.secrets.sink_token)
        return {
            "sink": (
                [
                    *(sys.executable, "-m", "sink", "--port", str(self._port["sink"])),
                    *("--directory", str(self.directory / "sink"), "--token-file", str(sink_token)),
                ],
                {},
            ),
            "alertmanager": (
                [
                    engine("alertmanager"),
                    f"--config.file={self._alertmanager_file()}",
                    f"--storage.path={self.directory / 'alertmanager-data'}",
                    f"--web.listen-address={listen('alertmanager')}",
                    "--cluster.listen-address=",
                ],
                {},
            ),
            "redis": (
                [
                    engine("redis-server"),
                    *("--port", str(self._port["redis"]), "--bind", "127.0.0.1", "--save", ""),
                    *REDIS_MEMORY,
                ],
                {},
            ),
            "toxiproxy": (
                [
                    engine("toxiproxy"),
                    *("-host", "127.0.0.1", "-port", str(self._port["toxiproxy"])),
                    *("-config", str(proxies)),
                ],
                {},
            ),
            "gateway": (
                [sys.executable, "-m", "stack.gateway"],
                {
                    "GATEWAY_PORT": str(self._port["gateway"]),
                    "GATEWAY_CONTROL_TOKEN": self.secrets.gateway_token,
                },
            ),
            "app": (
                [sys.executable, "-m", "stack.app"],
                {
                    "APP_PORT": str(self._port["app"]),
                    "APP_METRICS_PORT": str(self._port["app_metrics"]),
                    "APP_DATABASE_URL": self.database_url,
                    "APP_REDIS_URL": f"redis://{listen('redis_proxy')}/0",
                    "APP_GATEWAY_URL": f"http://{listen('gateway_proxy')}",
                    "APP_SECRET": secrets.token_urlsafe(32),
                },
            ),
        }


def _answers(url: str) -> tuple[bool, str]:
    try:
        return requests.get(url, timeout=2).ok, "an answer"
    except requests.RequestException as error:
        return False, str(error)


def _redis_answers(port: int) -> tuple[bool, str]:
    with contextlib.closing(redis.Redis(port=port, socket_timeout=2)) as client:
        try:
            return bool(client.ping()), "PONG"
        except redis.RedisError as error:
            return False, str(error)
