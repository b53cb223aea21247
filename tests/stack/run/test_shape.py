"""A configuration of another shape than is meant is refused with file, line and key."""

from pathlib import Path
from typing import Any

import pytest

from scenarios.configuration import from_files
from stack.run.configuration import PRODUCTION, compressed, layers_in, production_in
from stack.run.speed import SpeedError
from stack.run.stack import StackError

PROMETHEUS = "prometheus/prometheus.yml"
ALERTMANAGER = "alertmanager/alertmanager.yml"
SMALL = {
    PROMETHEUS: """\
global:
  external_labels:
    cluster: tickets
rule_files: [rules/*.yml]
alerting:
  alertmanagers:
    - static_configs:
        - targets: ["alertmanager:9093"]
scrape_configs:
  - job_name: api
    static_configs:
      - targets: ["api:4000"]
""",
    ALERTMANAGER: """\
route:
  receiver: chat
  group_by: [service]
  routes:
    - receiver: chat
      matchers: [team="api"]
inhibit_rules:
  - source_matchers: [alertname="A"]
    target_matchers: [alertname="B"]
    equal: [service]
receivers:
  - name: chat
    webhook_configs:
      - url: http://sink:9000/receivers/chat/webhook
""",
    "prometheus/rules/api.yml": """\
groups:
  - name: api
    rules:
      - alert: A
        expr: up == 0
        labels:
          severity: critical
""",
}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    for name, text in SMALL.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def edit(source: Path, file: str, old: str, new: str) -> None:
    text = (source / file).read_text()
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file}"
    (source / file).write_text(text.replace(old, new))


def rule_of(source: Path) -> Any:
    (rule,) = from_files(source, speed=60, layers=layers_in(source), layers_absent={}).rules
    return rule


def test_the_small_configuration_and_production_s_own_are_as_they_should_be(source: Path) -> None:
    production_in(source)
    production_in(PRODUCTION)


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        (ALERTMANAGER, "[service]\n  routes", "service\n  routes", ":3: route.group_by: a list"),
        (
            ALERTMANAGER,
            'matchers: [team="api"]',
            'matchers: team="api"',
            ":6: route.routes[0].matchers: a list belongs here",
        ),
        (
            ALERTMANAGER,
            'matchers: [team="api"]',
            "matchers: [1]",
            ":6: route.routes[0].matchers[0]: a text belongs here, not 1; put it in quotes",
        ),
        (
            ALERTMANAGER,
            'matchers: [team="api"]',
            "match: [team]",
            ":6: route.routes[0].match: a mapping of keys and values belongs here",
        ),
        (
            ALERTMANAGER,
            'matchers: [team="api"]',
            "match: {team: yes}",
            ":6: route.routes[0].match.team: a text belongs here, not true; put it in quotes",
        ),
        (
            ALERTMANAGER,
            'matchers: [team="api"]',
            "match: {team: }",
            ":6: route.routes[0].match.team: a text belongs here, and there is nothing",
        ),
        (
            ALERTMANAGER,
            '    - receiver: chat\n      matchers: [team="api"]',
            "    - chat",
            ":5: route.routes[0]: a mapping of keys and values belongs here",
        ),
        (
            ALERTMANAGER,
            '  - source_matchers: [alertname="A"]\n    target_matchers: [alertname="B"]\n'
            "    equal: [service]",
            "  - A mutes B",
            ":8: inhibit_rules[0]: a mapping of keys and values belongs here",
        ),
        (ALERTMANAGER, "    equal: [service]", "    equal: service", ":10: inhibit_rules[0].equal"),
        (ALERTMANAGER, "  - name: chat", "  - nme: chat", ":12: receivers[0]: name is missing"),
        (
            ALERTMANAGER,
            "    webhook_configs:\n      - url: http://sink:9000/receivers/chat/webhook",
            "    webhook_configs: http://sink:9000/receivers/chat/webhook",
            ":13: receivers[0].webhook_configs: a list belongs here",
        ),
        (
            ALERTMANAGER,
            "      - url: http://sink:9000/receivers/chat/webhook",
            "      - http://sink:9000/receivers/chat/webhook",
            ":14: receivers[0].webhook_configs[0]: a mapping of keys and values belongs here",
        ),
        (
            ALERTMANAGER,
            "webhook_configs:\n      - url: http://sink:9000/receivers/chat/webhook",
            "webhook_configs:",
            ":13: receivers[0].webhook_configs: this is empty; leave it out",
        ),
        (ALERTMANAGER, "receivers:\n", "templates: [1]\nreceivers:\n", ":11: templates[0]: a text"),
        (
            PROMETHEUS,
            "    cluster: tickets",
            "    - cluster",
            ":2: global.external_labels: a mapping of keys and values belongs here",
        ),
        (
            PROMETHEUS,
            "    cluster: tickets",
            "    cluster: 3",
            ":3: global.external_labels.cluster: a text belongs here, not 3; put it in quotes",
        ),
        (PROMETHEUS, "- job_name: api", "- job: api", ":10: scrape_configs[0]: job_name is miss"),
        (
            PROMETHEUS,
            'targets: ["api:4000"]',
            "targets: api:4000",
            ":12: scrape_configs[0].static_configs[0].targets: a list belongs here",
        ),
        (
            PROMETHEUS,
            'targets: ["api:4000"]',
            "labels: {}",
            ":12: scrape_configs[0].static_configs[0]: targets is missing",
        ),
        (
            PROMETHEUS,
            '\n      - targets: ["api:4000"]',
            "",
            ":11: scrape_configs[0].static_configs: this is empty; leave it out",
        ),
        (
            PROMETHEUS,
            'alertmanagers:\n    - static_configs:\n        - targets: ["alertmanager:9093"]',
            "alertmanagers: alertmanager:9093",
            ":6: alerting.alertmanagers: a list belongs here",
        ),
    ],
)
def test_what_has_another_shape_is_named_with_file_line_and_key(
    source: Path, file: str, old: str, new: str, told: str
) -> None:
    edit(source, file, old, new)
    with pytest.raises(SpeedError) as refused:
        production_in(source)
    assert str(refused.value).startswith(f"{source / file}{told}")
    with pytest.raises(StackError):
        compressed(source, speed=60, layers=layers_in(source))


def test_a_file_that_contains_itself_is_told(source: Path) -> None:
    edit(source, ALERTMANAGER, "route:\n", "route: &route\n")
    edit(source, ALERTMANAGER, '    - receiver: chat\n      matchers: [team="api"]', "    - *route")
    with pytest.raises(SpeedError, match="contains itself: an alias"):
        production_in(source)


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        (ALERTMANAGER, '\n    - receiver: chat\n      matchers: [team="api"]', ""),
        (
            ALERTMANAGER,
            '\n  - source_matchers: [alertname="A"]\n    target_matchers: [alertname="B"]\n'
            "    equal: [service]",
            "",
        ),
        (PROMETHEUS, "\n    cluster: tickets", ""),
        (PROMETHEUS, "\n  external_labels:\n    cluster: tickets", ""),
        ("prometheus/rules/api.yml", "\n          severity: critical", ""),
    ],
)
def test_what_stands_empty_is_taken_as_left_out(
    source: Path, file: str, old: str, new: str
) -> None:
    """As both engines take it: all its entries may be commented out."""
    edit(source, file, old, new)
    assert rule_of(source).name == "A"


@pytest.mark.parametrize("written", ["1", "yes", "0x1F", "2026-11-23", "1.50"])
def test_a_label_is_the_text_it_is_written_as(source: Path, written: str) -> None:
    """As Prometheus reads it; to YAML these are numbers, a truth and a date."""
    edit(source, "prometheus/rules/api.yml", "severity: critical", f"severity: {written}")
    assert rule_of(source).labels == {"severity": written}
