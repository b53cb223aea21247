"""An alert's rule and route are looked up by what is known of its labels."""

from dataclasses import replace
from typing import Any

import pytest

from scenarios.judge.errors import ConfigurationError
from scenarios.judge.lookup import destination_of, rule_of
from scenarios.judge.timeline import Configuration
from tests.scenarios.judge.score import CONFIGURATION, rule

LABELS = {"alertname": "A", "severity": "critical"}


def routed(*routes: dict[str, Any], **root: Any) -> Configuration:
    route = {"receiver": "root", "routes": list(routes), **root}
    return replace(CONFIGURATION, alertmanager={"route": route})


EVERYWHERE = routed(
    {"receiver": "chat", "continue": True, "group_wait": "1s"},
    {"receiver": "pager", "continue": True, "group_by": ["alertname"], "group_wait": "2s"},
    {"receiver": "pager", "group_by": ["severity"], "group_wait": "3s"},
)


@pytest.mark.parametrize(
    ("receiver", "group", "wait"),
    [
        ("pager", {"severity": "critical"}, 3.0),
        ("pager", {"alertname": "A"}, 2.0),
        ("pager", {"alertname": "B"}, 2.0),
        ("chat", {}, 1.0),
        ("nobody", {"severity": "critical"}, 1.0),
    ],
)
def test_the_route_to_this_receiver_in_this_group_comes_first(
    receiver: str, group: dict[str, str], wait: float
) -> None:
    found = destination_of(EVERYWHERE, LABELS, receiver, group)
    assert found.group_wait_seconds == wait


def test_an_alert_that_no_route_takes_is_named() -> None:
    nowhere = routed(matchers=["severity=none"])
    with pytest.raises(ConfigurationError, match=r'takes no alert with \{alertname="A"'):
        destination_of(nowhere, LABELS, "chat", {})


def test_a_recording_rule_is_no_rule_of_an_alert() -> None:
    recording = replace(rule("A", "up"), kind="recording")
    alerting = rule("A", "up == 0")
    configuration = replace(CONFIGURATION, rules=(recording, alerting))
    assert rule_of(configuration, "A", {}) == alerting
    assert rule_of(replace(CONFIGURATION, rules=(recording,)), "A", {}) is None


def test_of_several_rules_the_one_that_contradicts_no_label_counts() -> None:
    warning = rule("A", "up == 0", severity="warning", team="api")
    critical = rule("A", "up == 0", severity="critical", team="api")
    configuration = replace(CONFIGURATION, rules=(warning, critical))
    assert rule_of(configuration, "A", {"severity": "critical", "team": "api"}) == critical
    assert rule_of(configuration, "A", {"team": "api"}) == warning
    assert rule_of(configuration, "A", {"severity": "none"}) == warning


def test_a_label_made_by_a_template_contradicts_nothing() -> None:
    templated = rule("A", "up == 0", team="{{ $labels.team }}")
    other = rule("A", "up == 0", team="web")
    configuration = replace(CONFIGURATION, rules=(templated, other))
    assert rule_of(configuration, "A", {"team": "api"}) == templated
