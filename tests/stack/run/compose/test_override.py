"""The compose file of one drill's stack: what it opens to whom, and what leads where."""

import stat
from pathlib import Path
from typing import Any

import yaml

from stack.run.compose.override import PUBLISHED, SECRET_VOLUMES, UPSTREAM, Plan, holder
from stack.run.compose.project import ComposeStack
from stack.run.configuration import PRODUCTION, Rendered
from stack.run.way import Wanted

PORTS = {part: 15000 + number for number, part in enumerate(PUBLISHED)}
DOORS = {name: 16000 + number for number, name in enumerate((*UPSTREAM, "receiver_platform-chat"))}


class Loader(yaml.SafeLoader):
    """Reads compose's tag as what it stands before."""


Loader.add_constructor("!override", lambda loader, node: loader.construct_sequence(node))


def plan(directory: Path, **app_settings: str) -> Plan:
    return Plan(
        directory=directory,
        ports=PORTS,
        doors=DOORS,
        rendered=Rendered(
            prometheus_file=directory / "prometheus" / "prometheus.yml",
            alertmanager_file=directory / "alertmanager" / "alertmanager.yml",
            prometheus_flags={"rules.alert.resend-delay": "1s"},
            alertmanager_flags={"data.retention": "2h"},
            layers_absent={},
        ),
        app_settings=app_settings,
        discovery_interval="250ms",
    )


def read(directory: Path, **app_settings: str) -> dict[str, Any]:
    # Loader is a SafeLoader with one tag more.
    document: dict[str, Any] = yaml.load(plan(directory, **app_settings).text(), Loader)  # noqa: S506
    return document


def test_every_port_is_published_on_the_loopback_alone(tmp_path: Path) -> None:
    published = [
        port for service in read(tmp_path)["services"].values() for port in service.get("ports", ())
    ]
    assert {str(port) for port in (*PORTS.values(), *DOORS.values())} == {
        port.split(":")[1] for port in published
    }
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_lists_of_compose_yaml_are_replaced_and_not_added_to(tmp_path: Path) -> None:
    """Or the fixed ports of compose.yaml would be taken too, and production's files be read."""
    known = yaml.safe_load((PRODUCTION / "compose.yaml").read_text())["services"]
    text = plan(tmp_path).text()
    document = read(tmp_path)["services"]
    fixed = {name for name, service in known.items() if service.get("ports")}
    left_out = {"grafana", "locust-master", "locust-worker"}
    assert fixed - left_out <= {name for name, service in document.items() if "ports" in service}
    assert text.count("ports: !override") == text.count("ports:")
    assert text.count("volumes: !override") == 3


def test_every_service_named_is_one_of_compose_yaml_or_holds_the_address_of_one() -> None:
    known = yaml.safe_load((PRODUCTION / "compose.yaml").read_text())
    document = read(Path("/nowhere"))
    holders = {holder(name) for name in known["services"]}
    assert document["services"].keys() <= known["services"].keys() | holders
    assert document["volumes"].keys() <= known["volumes"].keys()
    secret = {name for name in known["volumes"] if name.endswith("-secrets")}
    assert {f"{name}-secrets" for name in SECRET_VOLUMES} == secret


def test_what_is_behind_a_proxy_keeps_its_address_while_it_is_killed() -> None:
    services = read(Path("/nowhere"))["services"]
    for upstream in UPSTREAM.values():
        name = upstream.partition(":")[0]
        assert services[name] == {"network_mode": f"service:{holder(name)}", "ports": []}
        assert services[holder(name)]["networks"] == {"default": {"aliases": [name]}}
        assert services[holder(name)]["ports"]


def test_each_proxy_leads_to_its_service_and_each_door_to_the_sink(tmp_path: Path) -> None:
    proxies = {proxy["name"]: proxy for proxy in plan(tmp_path).proxies()}
    assert {name: proxies[name]["upstream"] for name in UPSTREAM} == UPSTREAM
    assert proxies["receiver_platform-chat"]["upstream"] == "sink:9000"
    environment = read(tmp_path)["services"]["flash-tickets-api"]["environment"]
    assert f"toxiproxy:{DOORS['redis']}" in environment["APP_REDIS_URL"]
    assert f"toxiproxy:{DOORS['gateway']}" in environment["APP_GATEWAY_URL"]
    assert f"toxiproxy:{DOORS['postgres']}" in environment["APP_DATABASE_URL"]


def test_the_speed_s_flags_and_the_drill_s_settings_arrive(tmp_path: Path) -> None:
    services = read(tmp_path, APP_THREADS="4")["services"]
    assert services["flash-tickets-api"]["environment"]["APP_THREADS"] == "4"
    assert "--rules.alert.resend-delay=1s" in services["prometheus"]["command"]
    assert "--data.retention=2h" in services["alertmanager"]["command"]


def test_what_is_mounted_is_read_only_but_for_the_data_of_the_engines(tmp_path: Path) -> None:
    for name, service in read(tmp_path)["services"].items():
        for volume in service.get("volumes", ()):
            assert volume.endswith(":ro") or volume in (
                "prometheus:/prometheus",
                "alertmanager:/alertmanager",
            ), (name, volume)


def test_the_directory_is_this_user_s_alone() -> None:
    """Its secrets are readable in their containers, whose users have other numbers."""
    stack = ComposeStack(Wanted("odd", 60.0, PRODUCTION), (), {}, layers_absent={})
    try:
        assert stat.S_IMODE(stack.directory.stat().st_mode) == 0o700
    finally:
        stack.close()
    assert not stack.directory.exists()
