"""A stack's files are production's: durations divided, addresses its own, all else untouched."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from stack.run.configuration import (
    PRODUCTION,
    Rendered,
    layers_in,
    render,
)
from stack.run.receivers import SINK_TOKEN_FILE, SINK_URL, Sink
from stack.run.speed import analyse, parse_duration
from stack.run.supervisor import REPOSITORY

ENDPOINTS = {
    "prometheus:9090": "127.0.0.1:15001",
    "alertmanager:9093": "127.0.0.1:15002",
    "redis-exporter:9121": "127.0.0.1:15003",
    "api:4000": "127.0.0.1:15004",
}
SINK = "http://127.0.0.1:15005"
WHY = "the host is shared"
TOKEN = "a-token-of-the-stack"
DURATION_KEYS = {"group_wait", "group_interval", "repeat_interval", "resolve_timeout"}


def rendered(
    directory: Path,
    source: Path = PRODUCTION,
    *,
    speed: float = 60.0,
    layers: tuple[str, ...] | None = None,
) -> Rendered:
    token_file = directory / "secrets" / "sink"
    token_file.parent.mkdir(parents=True, exist_ok=True)
    token_file.write_text(TOKEN)
    return render(
        source,
        directory,
        speed=speed,
        layers_absent={
            layer: WHY for layer in layers_in(source) if layers is not None and layer not in layers
        },
        endpoints=ENDPOINTS,
        sink=Sink(lambda _: SINK, token_file, directory / "chat_urls"),
    )


def loaded(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(path.read_text())
    return document


def rules_in(folder: Path) -> dict[str, dict[str, Any]]:
    return {
        rule["alert"]: rule
        for path in sorted(folder.glob("*.yml"))
        for group in loaded(path)["groups"]
        for rule in group["rules"]
    }


def leaves(value: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    """Every scalar with the key it stands under, in order."""
    if isinstance(value, dict):
        for name, entry in value.items():
            yield from leaves(entry, name)
    elif isinstance(value, list):
        for entry in value:
            yield from leaves(entry, key)
    else:
        yield key, value


def without_durations(expression: str) -> str:
    return re.sub(r"(?<=\[)\w+(?=\])|(?<=offset )\w+", "DURATION", " ".join(expression.split()))


def test_at_speed_60_each_duration_of_a_rule_is_a_sixtieth_and_nothing_else_changes(
    tmp_path: Path,
) -> None:
    rendered(tmp_path)
    production = rules_in(PRODUCTION / "prometheus" / "rules")
    fast = rules_in(tmp_path / "prometheus" / "rules")
    assert fast.keys() == production.keys()
    for name, rule in production.items():
        same = {key: rule.get(key) for key in ("labels", "annotations")}
        assert {key: fast[name].get(key) for key in same} == same, name
        slow_for = parse_duration(rule.get("for", "0s"))
        assert parse_duration(fast[name].get("for", "0s")) * 60 == slow_for, name
        assert without_durations(fast[name]["expr"]) == without_durations(rule["expr"]), name
        before, after = analyse(rule["expr"]), analyse(fast[name]["expr"])
        assert [d.milliseconds for d in before.durations] == [
            d.milliseconds * 60 for d in after.durations
        ], name


def test_at_speed_60_routes_keep_their_shape_and_waits_are_a_sixtieth(tmp_path: Path) -> None:
    files = rendered(tmp_path)
    production = loaded(PRODUCTION / "alertmanager" / "alertmanager.yml")
    fast = loaded(files.alertmanager_file)
    assert fast["inhibit_rules"] == production["inhibit_rules"]
    before, after = list(leaves(production["route"])), list(leaves(fast["route"]))
    assert [key for key, _ in before] == [key for key, _ in after]
    divided = set()
    for (key, slow), (_, quick) in zip(before, after, strict=True):
        if key in DURATION_KEYS:
            assert parse_duration(quick) * 60 == parse_duration(slow), (key, slow, quick)
            divided.add(key)
        else:
            assert quick == slow, key
    assert divided == DURATION_KEYS - {"resolve_timeout"}
    assert fast["global"]["resolve_timeout"] == "5s"


def test_at_speed_60_scraping_and_resending_are_sixty_times_as_frequent(tmp_path: Path) -> None:
    files = rendered(tmp_path)
    common = loaded(files.prometheus_file)["global"]
    assert [common[f"{what}"] for what in ("scrape_interval", "evaluation_interval")] == [
        "250ms",
        "250ms",
    ]
    assert common["external_labels"] == {"cluster": "flash-tickets"}
    assert files.prometheus_flags["rules.alert.resend-delay"] == "1s"


def test_at_speed_1_every_duration_is_production_s_own(tmp_path: Path) -> None:
    files = rendered(tmp_path, speed=1.0)
    for path in (PRODUCTION / "prometheus" / "rules").glob("*.yml"):
        assert (tmp_path / "prometheus" / "rules" / path.name).read_text() == path.read_text()
    production = loaded(PRODUCTION / "alertmanager" / "alertmanager.yml")
    alertmanager = loaded(files.alertmanager_file)
    assert {key: alertmanager[key] for key in ("global", "route", "inhibit_rules")} == {
        key: production[key] for key in ("global", "route", "inhibit_rules")
    }
    assert (
        loaded(files.prometheus_file)["global"]
        == loaded(PRODUCTION / "prometheus" / "prometheus.yml")["global"]
    )


def test_targets_have_this_stack_s_address_and_production_s_instance(tmp_path: Path) -> None:
    config = loaded(rendered(tmp_path).prometheus_file)
    targets = {
        job["job_name"]: [(s["targets"], s["labels"]["instance"]) for s in job["static_configs"]]
        for job in config["scrape_configs"]
    }
    assert targets == {
        "prometheus": [(["127.0.0.1:15001"], "prometheus:9090")],
        "alertmanager": [(["127.0.0.1:15002"], "alertmanager:9093")],
        "redis": [(["127.0.0.1:15003"], "redis-exporter:9121")],
        "flash-tickets-api": [(["127.0.0.1:15004"], "api:4000")],
    }
    (manager,) = config["alerting"]["alertmanagers"]
    assert manager["static_configs"] == [{"targets": ["127.0.0.1:15002"]}]


def test_a_target_that_this_stack_lacks_is_left_out_and_its_neighbour_stays(
    tmp_path: Path, source: Path, edit: Any
) -> None:
    edit(
        "prometheus/prometheus.yml",
        '- targets: ["api:4000"]',
        '- targets: ["api:4000", "api-2:4000"]\n        labels: {zone: a, instance: shop}',
    )
    config = loaded(rendered(tmp_path / "stack", source).prometheus_file)
    jobs = {job["job_name"]: job for job in config["scrape_configs"]}
    assert "node" not in jobs, "nothing of this job is here"
    assert jobs["flash-tickets-api"]["static_configs"] == [
        {"targets": ["127.0.0.1:15004"], "labels": {"zone": "a", "instance": "shop"}}
    ]


def test_every_receiver_posts_to_this_stack_s_sink_with_its_token(tmp_path: Path) -> None:
    production = loaded(PRODUCTION / "alertmanager" / "alertmanager.yml")
    config = loaded(rendered(tmp_path).alertmanager_file)
    for before, after in zip(production["receivers"], config["receivers"], strict=True):
        assert after["name"] == before["name"]
        (webhook,) = after["webhook_configs"]
        assert webhook["url"] == f"{SINK}/receivers/{before['name']}/webhook"
        assert webhook["http_config"]["authorization"] == {
            "credentials_file": str(tmp_path / "secrets" / "sink")
        }


def test_every_chat_has_the_secret_url_of_this_stack_s_sink_in_a_file(tmp_path: Path) -> None:
    """Production's own file is never read: whoever it would tell is told nothing."""
    config = loaded(rendered(tmp_path).alertmanager_file)
    chats = {
        receiver["name"]: (service, integration[setting])
        for receiver in config["receivers"]
        for service, setting in (("slack", "api_url_file"), ("discord", "webhook_url_file"))
        for integration in receiver.get(f"{service}_configs", [])
    }
    assert {"api-chat", "business-chat"} <= chats.keys()
    for name, (service, file) in chats.items():
        path = Path(file)
        assert path.read_text().strip() == f"{SINK}/receivers/{name}/{service}/{TOKEN}"
        assert path.stat().st_mode & 0o077 == 0
        assert path.parent == tmp_path / "chat_urls"
        assert path.parent.stat().st_mode & 0o077 == 0
    assert TOKEN not in (tmp_path / "alertmanager" / "alertmanager.yml").read_text()


def test_each_receiver_is_reached_through_its_own_door(tmp_path: Path) -> None:
    token_file = tmp_path / "sink"
    token_file.write_text(TOKEN)
    files = render(
        PRODUCTION,
        tmp_path / "stack",
        speed=60.0,
        layers_absent=dict.fromkeys(layers_in(PRODUCTION), WHY),
        endpoints=ENDPOINTS,
        sink=Sink(lambda name: f"http://127.0.0.1/{name}", token_file, tmp_path / "urls"),
    )
    for receiver in loaded(files.alertmanager_file)["receivers"]:
        name = receiver["name"]
        (webhook,) = receiver["webhook_configs"]
        assert webhook["url"] == f"http://127.0.0.1/{name}/receivers/{name}/webhook"


def test_templates_come_with_the_configuration(tmp_path: Path) -> None:
    rendered(tmp_path)
    copied = tmp_path / "alertmanager" / "templates" / "chat.tmpl"
    production = PRODUCTION / "alertmanager" / "templates" / "chat.tmpl"
    assert copied.read_text() == production.read_text()


def test_a_receiver_that_is_not_the_sink_s_is_left_alone(
    tmp_path: Path, source: Path, edit: Any
) -> None:
    """A wrong URL must stay wrong, or the drill could not catch it."""
    edit(
        "alertmanager/alertmanager.yml",
        f"{SINK_URL}/receivers/api-chat/webhook\n        http_config: *sink",
        "http://127.0.0.1:9/nobody\n        http_config:\n"
        "          authorization: {credentials_file: /run/secrets/other}",
    )
    config = loaded(rendered(tmp_path / "stack", source).alertmanager_file)
    (receiver,) = [r for r in config["receivers"] if r["name"] == "api-chat"]
    assert receiver["webhook_configs"] == [
        {
            "url": "http://127.0.0.1:9/nobody",
            "http_config": {"authorization": {"credentials_file": "/run/secrets/other"}},
        }
    ]
    assert (
        SINK_TOKEN_FILE
        not in (tmp_path / "stack" / "alertmanager" / "alertmanager.yml").read_text()
    )


def test_layers_that_are_left_out_are_named_with_the_reason(tmp_path: Path) -> None:
    files = rendered(tmp_path, layers=("application", "meta"))
    absent = ("business", "container", "database", "system")
    assert files.layers_absent == dict.fromkeys(absent, WHY)
    assert {path.name for path in (tmp_path / "prometheus" / "rules").iterdir()} == {
        "application.yml",
        "meta.yml",
    }


def test_texts_beyond_ascii_survive_a_locale_that_has_none(source: Path, edit: Any) -> None:
    """Prometheus reads UTF-8, whatever the locale of whoever starts it."""
    edit("prometheus/rules/application.yml", "does not answer", "antwortet nicht: Größe ≥ 5 %")
    (source / "token").write_text("a-token")
    code = (
        "import sys; from pathlib import Path; "
        "from stack.run.configuration import render; "
        "from stack.run.receivers import Sink; "
        "source = Path(sys.argv[1]); "
        "render(source, source / 'stack', speed=60.0, layers_absent={}, endpoints={}, "
        "sink=Sink(str, source / 'token', source / 'urls'))"
    )
    subprocess.run(
        [sys.executable, "-c", code, str(source)],
        check=True,
        cwd=REPOSITORY,
        env={**os.environ, "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
        timeout=60,
    )
    rules = source / "stack" / "prometheus" / "rules" / "application.yml"
    assert "antwortet nicht: Größe ≥ 5 %" in rules.read_text(encoding="utf-8")


def test_the_source_is_not_written_to(tmp_path: Path, source: Path) -> None:
    before = {path: path.read_bytes() for path in source.rglob("*.yml")}
    rendered(tmp_path / "stack", source)
    assert {path: path.read_bytes() for path in source.rglob("*.yml")} == before
