"""What a drill's stack has otherwise than compose.yaml: ports, configuration, secrets, proxies.

The stack's directory is mounted at its own path, so that one path means the same file to the
harness and in a container. Its doors, the proxies in front of Redis, database, gateway and each
receiver, listen at the ports at which they are published: one number on both sides.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from stack.run.compose.containers import SYSTEM_LABEL
from stack.run.configuration import Rendered

# Ports of the services in their containers, by the part of a stack that answers there.
PUBLISHED: Mapping[str, tuple[str, int]] = {
    "app": ("flash-tickets-api", 3001),
    "app_metrics": ("flash-tickets-api", 4000),
    "gateway": ("gateway", 8081),
    "sink": ("sink", 9000),
    "postgres": ("postgres", 5432),
    "redis": ("redis", 6379),
    "toxiproxy": ("toxiproxy", 8474),
    "prometheus": ("prometheus", 9090),
    "alertmanager": ("alertmanager", 9093),
    "redis_exporter": ("redis-exporter", 9121),
}
# Where each proxy leads.
UPSTREAM: Mapping[str, str] = {
    "redis": "redis:6379",
    "gateway": "gateway:8081",
    "postgres": "postgres:5432",
    "redis_exporter": "redis-exporter:9121",
}
RECEIVER_UPSTREAM = "sink:9000"
# Holds a service's address while the service is killed: without it whoever connects at the moment
# at which the address goes waits for an answer for seconds, and Toxiproxy connects for one client
# at a time.
HOLDER = {
    "image": "flash-tickets/sink",
    # cAdvisor tells the traffic of a network under the name of who holds it.
    "labels": dict([SYSTEM_LABEL]),
    "command": ["python", "-c", "import signal; signal.pause()"],
    "user": "10001:10001",
    "read_only": True,
    "cap_drop": ["ALL"],
    "security_opt": ["no-new-privileges:true"],
}
# Volumes of compose.yaml that hold what only some may read, by the folder that stands for each.
SECRET_VOLUMES = ("alerting", "api", "database", "gateway", "grafana", "monitoring")


def holder(service: str) -> str:
    """The service that holds the address of another."""
    return f"{service}-address"


class _Replaced(list[str]):
    """A list that replaces compose.yaml's, to which it would otherwise be added."""


class _Dumper(yaml.SafeDumper):
    """Writes such lists with the tag that compose knows."""


_Dumper.add_representer(
    _Replaced, lambda dumper, entries: dumper.represent_sequence("!override", list(entries))
)


@dataclass(frozen=True)
class Plan:
    """Where the parts of one stack are: ``ports`` on 127.0.0.1 by part, ``doors`` by proxy."""

    directory: Path
    ports: Mapping[str, int]
    doors: Mapping[str, int]
    rendered: Rendered
    app_settings: Mapping[str, str]
    discovery_interval: str

    @property
    def secrets(self) -> Path:
        return self.directory / "secrets"

    def proxies(self) -> Sequence[Mapping[str, Any]]:
        """Toxiproxy's configuration."""
        return [
            {
                "name": name,
                "listen": f"0.0.0.0:{port}",
                "upstream": UPSTREAM.get(name, RECEIVER_UPSTREAM),
                "enabled": True,
            }
            for name, port in self.doors.items()
        ]

    def text(self) -> str:
        """The compose file that is added after compose.yaml."""
        document = {
            "services": self._services(),
            "volumes": {
                f"{name}-secrets": {
                    "driver": "local",
                    "driver_opts": {
                        "type": "none",
                        "o": "bind",
                        "device": str(self.secrets / name),
                    },
                }
                for name in SECRET_VOLUMES
            },
        }
        return yaml.dump(document, Dumper=_Dumper, sort_keys=False)

    def _services(self) -> dict[str, Any]:
        services: dict[str, Any] = {}
        held = {upstream.partition(":")[0] for upstream in UPSTREAM.values()}
        for part, (service, port) in PUBLISHED.items():
            at = holder(service) if service in held else service
            entry = services.setdefault(at, {"ports": _Replaced()})
            entry["ports"].append(f"127.0.0.1:{self.ports[part]}:{port}")
        for service in sorted(held):
            services[holder(service)] |= {
                **HOLDER,
                "networks": {"default": {"aliases": [service]}},
            }
            services[service] = {
                "network_mode": f"service:{holder(service)}",
                "ports": _Replaced(),
            }
        services["toxiproxy"]["ports"] += [
            f"127.0.0.1:{port}:{port}" for port in self.doors.values()
        ]
        services["toxiproxy"] |= {
            "command": ["-host=0.0.0.0", f"-config={self.directory / 'toxiproxy.json'}"],
            "volumes": _Replaced([self._mount("toxiproxy.json")]),
        }
        services["flash-tickets-api"]["environment"] = {
            "APP_DATABASE_URL": f"postgresql+psycopg://tickets@{self._door('postgres')}/tickets",
            "APP_REDIS_URL": f"redis://{self._door('redis')}/0",
            "APP_GATEWAY_URL": f"http://{self._door('gateway')}",
            **self.app_settings,
        }
        services["prometheus"] |= {
            "command": [
                f"--config.file={self.rendered.prometheus_file}",
                "--storage.tsdb.path=/prometheus",
                "--web.enable-lifecycle",
                f"--web.external-url=http://127.0.0.1:{self.ports['prometheus']}",
                f"--scrape.discovery-reload-interval={self.discovery_interval}",
                *(f"--{name}={value}" for name, value in self.rendered.prometheus_flags.items()),
            ],
            "volumes": _Replaced([self._mount("prometheus"), "prometheus:/prometheus"]),
        }
        services["alertmanager"] |= {
            "command": [
                f"--config.file={self.rendered.alertmanager_file}",
                "--storage.path=/alertmanager",
                "--cluster.listen-address=",
                f"--web.external-url=http://127.0.0.1:{self.ports['alertmanager']}",
                *(f"--{name}={value}" for name, value in self.rendered.alertmanager_flags.items()),
            ],
            "volumes": _Replaced(
                [
                    self._mount("alertmanager"),
                    self._mount("secrets/alerting"),
                    "alertmanager:/alertmanager",
                ]
            ),
        }
        # For people to look at; a drill has nobody who does.
        services["grafana"] = {"profiles": ["grafana"]}
        return services

    def _mount(self, name: str) -> str:
        path = self.directory / name
        return f"{path}:{path}:ro"

    def _door(self, name: str) -> str:
        return f"toxiproxy:{self.doors[name]}"
