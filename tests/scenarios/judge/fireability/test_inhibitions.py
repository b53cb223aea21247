"""Inhibitions that never act."""

from typing import Any

import pytest

from scenarios.judge.fireability.inhibitions import find
from tests.scenarios.judge.fireability.subjects import alert, configured, said

DOWN = alert("Down", "up == 0", labels={"severity": "critical", "service": "api"})
SLOW = alert("Slow", "x > 1", labels={"severity": "warning", "service": "api"})
SUM = alert("Sum", "sum(x) > 1", labels={"severity": "warning", "service": "web"})


def found(source: list[str], target: list[str], *equal: str, rules: Any = (DOWN, SLOW, SUM)) -> Any:
    rule = {"source_matchers": source, "target_matchers": target, "equal": list(equal)}
    config = {"route": {"receiver": "chat"}, "inhibit_rules": [rule]}
    return said(list(find(configured(*rules, alertmanager=config))))


@pytest.mark.parametrize(
    ("target", "equal"),
    [
        ('alertname="Slow"', "instance"),
        ('alertname="Slow"', "service"),
        ('alertname="Sum"', "nobody_has_it"),
        ('severity="warning"', "instance"),
        ('severity="warning"', "service"),
        ('severity="warning"', "cluster"),
    ],
)
def test_an_inhibition_that_can_act(target: str, equal: str) -> None:
    assert found(['alertname="Down"'], [target], equal) == []


def test_a_label_that_the_target_aggregates_away() -> None:
    ((severity, text),) = found(['alertname="Down"'], ['alertname="Sum"'], "instance")
    assert severity == "error"
    assert "Down always has it, Sum never has it" in text


def test_values_that_differ() -> None:
    ((severity, text),) = found(['alertname="Down"'], ['alertname="Sum"'], "service")
    assert severity == "error"
    assert 'Down has "api", Sum has "web"' in text
    ((_, text),) = found(['alertname="Down"'], ['alertname="Slow"'], "alertname")
    assert 'Down has "Down", Slow has "Slow"' in text


def test_where_names_are_left_open_another_rule_may_make_it_act() -> None:
    """A severity inhibition equal by alertname needs one alert in two severities."""
    sides = (['severity="critical"'], ['severity="warning"'])
    ((severity, text),) = found(*sides, "alertname")
    assert severity == "warning"
    assert "alertname is never equal in source and target" in text
    both = alert("Down", "x > 1", labels={"severity": "warning"})
    assert found(*sides, "alertname", rules=(DOWN, both)) == []


@pytest.mark.parametrize("side", ["source", "target"])
def test_a_side_that_matches_no_rule(side: str) -> None:
    sides = {"source": ['alertname="Down"'], "target": ['alertname="Slow"']}
    sides[side] = ['alertname="Dwn"']
    ((severity, text),) = found(sides["source"], sides["target"])
    assert severity == "warning"
    assert f'no loaded rule\'s alert matches its {side} (alertname="Dwn")' in text


def test_source_and_target_that_are_the_same() -> None:
    ((severity, text),) = found(['severity="warning"'], ['severity=~"warning"'], "instance")
    assert severity == "error"
    assert "source and target are the same alerts" in text


def test_all_alerts_of_the_source_are_on_the_other_side_too() -> None:
    """Not by the matchers alone, but by the rules that there are."""
    ((severity, text),) = found(['alertname="Slow"'], ['severity="warning"'], rules=(DOWN, SLOW))
    assert severity == "warning"
    assert "every alert that matches its source matches its target too" in text
    assert found(['alertname="Slow"'], ['severity="warning"']) == []


def test_matchers_that_exclude_each_other() -> None:
    ((severity, text),) = found(['severity="warning"', 'severity="critical"'], ['team="x"'])
    assert severity == "error"
    assert "cannot both hold" in text


def test_several_sources_are_each_looked_at() -> None:
    rule = {
        "sources": [
            {"matchers": ['alertname="Down"'], "equal": ["service"]},
            {"matchers": ['alertname="Dwn"']},
        ],
        "target_matchers": ['alertname="Slow"'],
    }
    config = {"route": {"receiver": "chat"}, "inhibit_rules": [rule]}
    ((severity, _),) = said(list(find(configured(DOWN, SLOW, alertmanager=config))))
    assert severity == "warning"
