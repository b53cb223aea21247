"""The command line, environment and readiness check of each service of a local stack."""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from stack.run.alertmanager_pair import cluster_flags
from stack.run.configuration import Rendered
from stack.run.receivers import DOOR
from stack.run.stack import Service

DISCOVERY_INTERVAL = "250ms"
# What is under test comes after what watches it and tells of it, as on machines of its own: a stack
# that starts beside others would hold up their scrapes.
UNDER_TEST_NICE = 5
ALERTMANAGERS: tuple[Service, ...] = ("alertmanager", "alertmanager_2")
# When its memory is full, Redis gives up what expires, which is the cache: never the waiting room.
REDIS_MEMORY = ("--maxmemory", "64mb", "--maxmemory-policy", "volatile-lru")


@dataclass(frozen=True)
class Command:
    """How a service is started, and where it answers when it is ready (None: Redis' PING)."""

    command: tuple[str, ...]
    ready_port: str
    ready_url: str | None
    environment: Mapping[str, str] = field(default_factory=dict)
    nice: int = 0


def service_commands(
    engines: Mapping[str, Path],
    *,
    directory: Path,
    speed: float,
    ports: Mapping[str, int],
    rendered: Rendered,
    database_url: str,
    app_settings: Mapping[str, str],
    observes_host: bool,
) -> dict[Service, Command]:
    """What a local stack starts, in the order of starting; creates the directories they need.

    A second Alertmanager is started where ``ports`` has one for it.
    """

    def listen(part: str) -> str:
        return f"127.0.0.1:{ports[part]}"

    def url(part: str, path: str) -> str:
        return f"http://{listen(part)}{path}"

    def alertmanager(part: Service) -> Command:
        alone = ("--cluster.listen-address=",)
        (other,) = set(ALERTMANAGERS) - {part}
        gossip, peer = f"{part}_gossip", f"{other}_gossip"
        return Command(
            (
                str(engines["alertmanager"]),
                f"--config.file={rendered.alertmanager_file}",
                f"--storage.path={data['data'] / part}",
                f"--web.listen-address={listen(part)}",
                *(cluster_flags(listen(gossip), listen(peer), speed) if peer in ports else alone),
                f"--web.external-url={url(part, '')}",
                *(f"--{name}={value}" for name, value in rendered.alertmanager_flags.items()),
            ),
            ready_port=part,
            ready_url=url(part, "/-/ready"),
        )

    data = {part: directory / part for part in ("app", "gateway", "redis", "sink", "data")}
    for folder in data.values():
        folder.mkdir(exist_ok=True)
    secrets = directory / "secrets"
    proxies = directory / "toxiproxy.json"
    proxies.write_text(
        json.dumps(
            [
                {
                    "name": name,
                    "listen": listen(door),
                    "upstream": listen(upstream),
                    "enabled": True,
                }
                for name, (door, upstream) in _proxies(ports).items()
            ]
        )
    )
    commands: dict[Service, Command] = {
        "redis": Command(
            (
                str(engines["redis-server"]),
                *("--port", str(ports["redis"]), "--bind", "127.0.0.1"),
                *("--dir", str(data["redis"]), "--save", "", "--appendonly", "no"),
                *REDIS_MEMORY,
            ),
            ready_port="redis",
            ready_url=None,
        ),
        "toxiproxy": Command(
            (
                str(engines["toxiproxy"]),
                *("-host", "127.0.0.1", "-port", str(ports["toxiproxy"])),
                *("-config", str(proxies)),
            ),
            ready_port="toxiproxy",
            ready_url=url("toxiproxy", "/version"),
        ),
        "gateway": Command(
            (sys.executable, "-m", "stack.gateway"),
            ready_port="gateway",
            ready_url=url("gateway", "/health"),
            environment={
                "GATEWAY_HOST": "127.0.0.1",
                "GATEWAY_PORT": str(ports["gateway"]),
                "GATEWAY_CONTROL_TOKEN_FILE": str(secrets / "gateway"),
                "GATEWAY_LEDGER_FILE": str(data["gateway"] / "charges.jsonl"),
            },
            nice=UNDER_TEST_NICE,
        ),
        "sink": Command(
            (
                *(sys.executable, "-m", "sink", "--host", "127.0.0.1"),
                *("--port", str(ports["sink"]), "--directory", str(data["sink"])),
                *("--token-file", str(secrets / "sink")),
            ),
            ready_port="sink",
            ready_url=url("sink", "/health"),
        ),
        "app": Command(
            (sys.executable, "-m", "stack.app"),
            ready_port="app",
            ready_url=url("app", "/health"),
            environment={
                "APP_HOST": "127.0.0.1",
                "APP_PORT": str(ports["app"]),
                "APP_METRICS_PORT": str(ports["app_metrics"]),
                "APP_DATABASE_URL": database_url,
                "APP_REDIS_URL": f"redis://{listen('redis_proxy')}/0",
                "APP_GATEWAY_URL": f"http://{listen('gateway_proxy')}",
                "APP_SECRET_FILE": str(secrets / "app"),
                "APP_ADMIN_TOKEN_FILE": str(secrets / "admin"),
                # What a large request held goes back to the system with it, and not to the heap.
                "MALLOC_MMAP_THRESHOLD_": str(128 * 1024),
                **app_settings,
            },
            nice=UNDER_TEST_NICE,
        ),
        "redis_exporter": Command(
            (
                str(engines["redis_exporter"]),
                *("-redis.addr", f"redis://{listen('redis')}"),
                *("-web.listen-address", listen("redis_exporter")),
            ),
            ready_port="redis_exporter",
            ready_url=url("redis_exporter", "/health"),
        ),
        **{part: alertmanager(part) for part in ALERTMANAGERS if part in ports},
        "prometheus": Command(
            (
                str(engines["prometheus"]),
                f"--config.file={rendered.prometheus_file}",
                f"--storage.tsdb.path={data['data'] / 'prometheus'}",
                f"--web.listen-address={listen('prometheus')}",
                f"--scrape.discovery-reload-interval={DISCOVERY_INTERVAL}",
                "--web.enable-lifecycle",
                *(f"--{name}={value}" for name, value in rendered.prometheus_flags.items()),
            ),
            ready_port="prometheus",
            ready_url=url("prometheus", "/-/ready"),
        ),
    }
    if observes_host:
        commands["node_exporter"] = Command(
            (
                str(engines["node_exporter"]),
                f"--web.listen-address={listen('node_exporter')}",
            ),
            ready_port="node_exporter",
            ready_url=url("node_exporter", "/"),
        )
    return commands


def _proxies(ports: Mapping[str, int]) -> dict[str, tuple[str, str]]:
    """The ports at which each proxy listens and to which it passes on, by the proxy's name."""
    services = {name: (f"{name}_proxy", name) for name in ("redis", "gateway", "redis_exporter")}
    return services | {part: (part, "sink") for part in ports if part.startswith(DOOR)}
