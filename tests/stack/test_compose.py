"""The compose stack by its files: what is published, who may do what, and where it comes from."""

import copy
import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from stack.run.compose.containers import SYSTEM_LABEL
from stack.run.compose.override import HOLDER
from stack.run.configuration import PRODUCTION
from stack.run.engines.catalogue import CATALOGUE, GoModule

Compose = dict[str, Any]

COMPOSE = yaml.safe_load((PRODUCTION / "compose.yaml").read_text())
STANDINS = yaml.safe_load((PRODUCTION / "compose.standins.yaml").read_text())
PINNED = re.compile(r":v?\d+\.\d+(\.\d+)?[\w.-]*$")
# It reads every container's control group.
ROOT = ("cadvisor",)


def jobs(compose: Compose) -> set[str]:
    """Services that do their work and end, and that others wait for."""
    return {
        name
        for service in compose["services"].values()
        for name, waited in service.get("depends_on", {}).items()
        if waited["condition"] == "service_completed_successfully"
    }


def exposed(compose: Compose) -> Iterator[str]:
    for name, service in compose["services"].items():
        if service.get("network_mode") == "host":
            yield f"{name}: on the host's network"
        for port in service.get("ports", []):
            if not str(port).startswith("127.0.0.1:"):
                yield f"{name}: {port} is not on 127.0.0.1 alone"


def unprobed(compose: Compose) -> Iterator[str]:
    for name, service in compose["services"].items():
        probe = service.get("healthcheck", {})
        if name not in jobs(compose) and (probe.get("disable") or not probe.get("test")):
            yield f"{name}: no health check"


def unpinned(compose: Compose) -> Iterator[str]:
    for name, service in compose["services"].items():
        if "build" not in service and not PINNED.search(service["image"]):
            yield f"{name}: {service['image']} names no version"


def unconfined(compose: Compose) -> Iterator[str]:
    for name, service in compose["services"].items():
        user = str(service.get("user", "root")).partition(":")[0]
        if user in ("root", "0") and name not in ROOT:
            yield f"{name}: runs as root"
        if service.get("privileged"):
            yield f"{name}: is privileged"
        if service.get("cap_drop") != ["ALL"]:
            yield f"{name}: keeps capabilities"
        if "no-new-privileges:true" not in service.get("security_opt", []):
            yield f"{name}: may gain privileges"
        if not service.get("read_only"):
            yield f"{name}: may write to its image's files"


def plain_secrets(compose: Compose) -> Iterator[str]:
    for name, service in compose["services"].items():
        for variable, value in service.get("environment", {}).items():
            if re.search("PASSWORD|SECRET|TOKEN", variable) and not variable.endswith("_FILE"):
                yield f"{name}: {variable} is a secret in the environment"
            if urlsplit(str(value)).password:
                yield f"{name}: {variable} holds a password"


def set_on(service: str, **settings: Any) -> Callable[[Compose], None]:
    return lambda compose: compose["services"][service].update(settings)


@pytest.mark.parametrize(
    ("check", "broken", "said"),
    [
        (exposed, set_on("sink", ports=["9000:9000"]), "sink: 9000:9000 is not on"),
        (exposed, set_on("redis", ports=["0.0.0.0:6379:6379"]), "redis: 0.0.0.0:6379"),
        (exposed, set_on("node-exporter", network_mode="host"), "node-exporter: on the host's"),
        (unprobed, set_on("postgres", healthcheck={}), "postgres: no health check"),
        (unprobed, set_on("postgres", healthcheck={"test": ["CMD"], "disable": True}), "postgres"),
        (unpinned, set_on("redis", image="redis:latest"), "redis: redis:latest names no"),
        (unpinned, set_on("redis", image="redis"), "redis: redis names no"),
        (unconfined, set_on("gateway", user="root"), "gateway: runs as root"),
        (unconfined, set_on("gateway", user="0:0"), "gateway: runs as root"),
        (unconfined, set_on("cadvisor", privileged=True), "cadvisor: is privileged"),
        (unconfined, set_on("sink", cap_drop=[]), "sink: keeps capabilities"),
        (unconfined, set_on("sink", security_opt=[]), "sink: may gain"),
        (unconfined, set_on("sink", read_only=False), "sink: may write"),
        (plain_secrets, set_on("sink", environment={"SINK_TOKEN": "x"}), "sink: SINK_TOKEN is a"),
        (plain_secrets, set_on("sink", environment={"URL": "redis://:p@r/0"}), "sink: URL holds"),
    ],
)
def test_each_rule_for_services_holds_and_would_be_missed(
    check: Callable[[Compose], Iterator[str]], broken: Callable[[Compose], None], said: str
) -> None:
    assert list(check(COMPOSE)) == []
    other = copy.deepcopy(COMPOSE)
    broken(other)
    (complaint,) = check(other)
    assert complaint.startswith(said)


def test_the_api_is_limited_and_named_as_the_container_layer_knows_it() -> None:
    api = COMPOSE["services"]["flash-tickets-api"]
    assert api["container_name"] == "flash-tickets-api"
    assert api["cpus"] > 0
    assert api["mem_limit"]
    # Without this, Docker lets it swap as much again.
    assert api["memswap_limit"] == api["mem_limit"]


def uncounted(compose: Compose) -> Iterator[str]:
    """What lives on, but is not among the containers of which Prometheus keeps the metrics."""
    command = compose["services"]["cadvisor"]["command"]
    (label,) = (flag.partition("=")[2] for flag in command if "whitelisted" in flag)
    prometheus = yaml.safe_load((PRODUCTION / "prometheus" / "prometheus.yml").read_text())
    (job,) = (job for job in prometheus["scrape_configs"] if job["job_name"] == "cadvisor")
    (kept,) = (step for step in job["metric_relabel_configs"] if step["action"] == "keep")
    assert kept["source_labels"] == ["container_label_" + label.replace(".", "_")]
    assert {label: kept["regex"]} == dict([SYSTEM_LABEL]) == HOLDER["labels"]
    for name, service in compose["services"].items():
        if name not in jobs(compose) and service.get("labels") != {label: kept["regex"]}:
            yield f"{name}: has not the label of ours"


def test_prometheus_keeps_the_metrics_of_each_of_our_containers_and_of_no_other() -> None:
    assert list(uncounted(COMPOSE)) == []
    other = copy.deepcopy(COMPOSE)
    del other["services"]["redis"]["labels"]
    assert list(uncounted(other)) == ["redis: has not the label of ours"]


def names_in_the_network() -> set[str]:
    names = set(COMPOSE["services"])
    for service in COMPOSE["services"].values():
        networks = service.get("networks", {})
        names.update(networks.get("default", {}).get("aliases", []))
    return names


def test_production_finds_all_that_it_names() -> None:
    prometheus = yaml.safe_load((PRODUCTION / "prometheus" / "prometheus.yml").read_text())
    targets = {
        target.partition(":")[0]
        for part in (*prometheus["scrape_configs"], *prometheus["alerting"]["alertmanagers"])
        for static in part["static_configs"]
        for target in static["targets"]
    }
    alertmanager = (PRODUCTION / "alertmanager" / "alertmanager.yml").read_text()
    receivers = set(re.findall(r"http://([\w-]+):", alertmanager))
    assert {"api", "prometheus"} <= targets
    assert targets | receivers <= names_in_the_network()


def test_the_api_reaches_redis_database_and_gateway_through_toxiproxy_alone() -> None:
    proxies = json.loads((PRODUCTION / "toxiproxy" / "proxies.json").read_text())
    listening = {int(proxy["listen"].rpartition(":")[2]) for proxy in proxies}
    environment = COMPOSE["services"]["flash-tickets-api"]["environment"]
    addresses = [
        urlsplit(environment[name])
        for name in ("APP_DATABASE_URL", "APP_REDIS_URL", "APP_GATEWAY_URL")
    ]
    assert {address.hostname for address in addresses} == {"toxiproxy"}
    assert {address.port for address in addresses} == listening
    assert {proxy["upstream"].partition(":")[0] for proxy in proxies} <= names_in_the_network()


def test_standins_differ_in_image_names_alone() -> None:
    """But for Grafana, which has none and is left out by a profile."""
    assert set(STANDINS) == {"services"}
    services = dict(STANDINS["services"])
    assert services.pop("grafana") == {"profiles": ["grafana"]}
    for name, service in services.items():
        if "build" in COMPOSE["services"][name]:
            assert set(service) == {"build"}
            assert set(service["build"]) == {"args"}
            assert set(service["build"]["args"]) == {"PYTHON_IMAGE"}
        else:
            assert set(service) == {"image"}
    assert set(services) | {"grafana"} == set(COMPOSE["services"])


def test_every_standin_that_is_named_is_built() -> None:
    build = yaml.safe_load((PRODUCTION / "images" / "standins" / "build.yaml").read_text())
    built = {service["image"] for service in build["services"].values()}
    named = {
        service.get("image") or service["build"]["args"]["PYTHON_IMAGE"]
        for service in STANDINS["services"].values()
        if "profiles" not in service
    }
    assert named == built


def test_the_engines_are_of_the_versions_that_the_local_stack_runs() -> None:
    for module in CATALOGUE:
        if isinstance(module, GoModule):
            name = module.name.replace("_", "-")
            for compose in (COMPOSE, STANDINS):
                image = compose["services"][name]["image"]
                assert re.search(rf":v?{re.escape(module.version)}(-\w+)?$", image), image


@pytest.mark.parametrize("files", [("compose.yaml",), ("compose.yaml", "compose.standins.yaml")])
def test_docker_compose_takes_the_files(files: tuple[str, ...]) -> None:
    docker = shutil.which("docker")
    if docker is None or not composes(docker):
        pytest.skip("needs docker compose; python -m stack.images builds it")
    arguments = [argument for file in files for argument in ("--file", str(PRODUCTION / file))]
    taken = subprocess.run(
        [docker, "compose", *arguments, "config", "--quiet"],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (taken.returncode, taken.stderr) == (0, "")


def composes(docker: str) -> bool:
    asked = [docker, "compose", "version"]
    return not subprocess.run(asked, capture_output=True, timeout=30, check=False).returncode


def test_nothing_secret_is_a_file_of_the_work_tree() -> None:
    """Secrets are in volumes: no service mounts them from the host."""
    for name, service in COMPOSE["services"].items():
        for volume in service.get("volumes", []):
            source, target = volume.split(":")[:2]
            if target.startswith(("/run/secrets", "/secrets")):
                assert source.endswith("-secrets"), name
                assert source in COMPOSE["volumes"], name
    assert not Path(PRODUCTION / "secrets").exists()
