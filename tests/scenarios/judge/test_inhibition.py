"""Inhibition mutes as Alertmanager mutes: sides, equal labels, and never oneself."""

from typing import Any

import pytest

from scenarios.judge.inhibition import inhibition_rules, is_muted

DOWN = {"alertname": "Down", "severity": "critical", "host": "a"}
SLOW = {"alertname": "Slow", "severity": "warning", "host": "a"}

RULE: dict[str, Any] = {
    "source_matchers": ['severity="critical"'],
    "target_matchers": ['severity="warning"'],
    "equal": ["host"],
}


def muted(rule: dict[str, Any], target: dict[str, str], *firing: dict[str, str]) -> bool:
    return is_muted({"inhibit_rules": [rule]}, target, firing)


def test_a_target_is_muted_while_its_source_fires() -> None:
    assert muted(RULE, SLOW, DOWN)
    assert not muted(RULE, SLOW)
    assert not muted(RULE, SLOW, SLOW)


def test_what_is_no_target_is_not_muted() -> None:
    assert not muted(RULE, DOWN, DOWN)
    assert not muted(RULE, {**SLOW, "severity": "info"}, DOWN)


def test_equal_labels_must_be_equal_and_two_that_are_missing_are() -> None:
    without = {"alertname": "Slow", "severity": "warning"}
    assert not muted(RULE, {**SLOW, "host": "b"}, DOWN)
    assert not muted(RULE, without, DOWN)
    assert muted(RULE, without, {"severity": "critical"})
    assert muted({**RULE, "equal": []}, {**SLOW, "host": "b"}, DOWN)


def test_any_source_will_do() -> None:
    assert muted(RULE, SLOW, {**DOWN, "host": "b"}, DOWN)


def test_an_alert_on_both_sides_is_not_muted_by_another_on_both() -> None:
    both: dict[str, Any] = {
        "source_matchers": ['severity=~"critical|warning"'],
        "target_matchers": ['severity=~"warning|critical"'],
    }
    assert not muted(both, SLOW, SLOW)
    assert not muted(both, SLOW, DOWN)


def test_an_alert_on_both_sides_is_muted_by_one_on_the_source_side_alone() -> None:
    rule: dict[str, Any] = {
        "source_matchers": ['severity=~"critical|warning"'],
        "target_matchers": ['severity="warning"'],
    }
    assert muted(rule, SLOW, DOWN)
    assert not muted(rule, SLOW, {**SLOW, "alertname": "Other"})


def test_the_old_syntax_means_the_same() -> None:
    rule = {
        "source_match": {"severity": "critical"},
        "target_match_re": {"severity": "warn.*"},
        "equal": ["host"],
    }
    assert muted(rule, SLOW, DOWN)
    assert not muted(rule, {**SLOW, "host": "b"}, DOWN)


@pytest.mark.parametrize(
    ("firing", "expected"),
    [
        ([DOWN], False),
        ([{"role": "db", "zone": "z"}], False),
        ([DOWN, {"role": "db", "zone": "z"}], True),
    ],
)
def test_of_several_sources_all_must_fire_each_with_its_own_equal_labels(
    firing: list[dict[str, str]], expected: bool
) -> None:
    rule = {
        "sources": [
            {"matchers": ['severity="critical"'], "equal": ["host"]},
            {"matchers": ['role="db"'], "equal": ["zone"]},
        ],
        "target_matchers": ['severity="warning"'],
    }
    assert muted(rule, {**SLOW, "zone": "z"}, *firing) is expected


def test_without_rules_nothing_is_muted() -> None:
    assert inhibition_rules({}) == ()
    assert not is_muted({}, SLOW, [DOWN])
