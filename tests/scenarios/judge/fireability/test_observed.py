"""What the series of a running stack show of the alerts that a drill is about."""

from dataclasses import replace

import pytest

from scenarios.judge.fireability.observed import Series, find, metrics_read
from tests.scenarios.judge.fireability.subjects import said
from tests.scenarios.judge.score import CONFIGURATION, rule

HEALTHY: Series = {
    "up": [{"__name__": "up", "job": "api"}, {"__name__": "up", "job": "redis"}],
    "requests_total": [
        {"__name__": "requests_total", "status": "200", "route": "/a"},
        {"__name__": "requests_total", "status": "201", "route": "/b"},
    ],
    "seconds_bucket": [{"le": "0.5"}, {"le": "10"}, {"le": "+Inf"}],
}


def found(expression: str, *records: tuple[str, str]) -> list[tuple[str, str]]:
    rules = [
        *(replace(rule(name, text), kind="recording") for name, text in records),
        rule("A", expression),
        rule("Other", "no_such_metric > 1"),
    ]
    return said(list(find(replace(CONFIGURATION, rules=tuple(rules)), ["A"], HEALTHY)))


@pytest.mark.parametrize(
    "expression",
    [
        'up{job="api"} == 0',
        'requests_total{status=~"2.."} > 1',
        'absent(up{job="gone"})',
        'up{job="api"} == 0 unless requests_total{route="/c"}',
        "requests_total > 1 or no_such_metric > 1",
        "vector(1)",
        "histogram_quantile(0.9, rate(seconds_bucket[5m])) > 2",
    ],
)
def test_what_is_there_is_no_defect(expression: str) -> None:
    assert found(expression) == []


def test_a_metric_that_is_not_there_may_come_with_the_first_failure() -> None:
    ((severity, text),) = found("failures_total > 1")
    assert severity == "warning"
    assert "the running stack has no series of that name" in text


def test_a_value_that_is_not_there_may_come_with_the_first_failure() -> None:
    ((severity, text),) = found('rate(requests_total{status=~"5.."}[5m]) > 1')
    assert severity == "warning"
    assert 'none of its 2 series has status=~"5.." yet; there are 200, 201; right, if' in text


def test_a_label_that_no_series_of_the_metric_has_never_comes() -> None:
    ((severity, text),) = found('requests_total{queue="x"} > 1')
    assert severity == "error"
    assert "none of its 2 series has a label queue; their labels are route, status" in text


def test_matchers_that_no_series_satisfies_together() -> None:
    ((severity, text),) = found('requests_total{status="200", route="/b"} > 1')
    assert severity == "warning"
    assert "satisfies all matchers together yet" in text


def test_recording_rules_are_followed() -> None:
    records = (("route:requests:rate", 'sum by (route) (rate(requests_total{queue="x"}[5m]))'),)
    ((severity, text),) = found("route:requests:rate > 1", *records)
    assert severity == "error"
    assert "A selects requests_total" in text
    assert "through route:requests:rate" in text


def test_a_quantile_above_the_largest_bucket() -> None:
    ((severity, text),) = found("histogram_quantile(0.9, rate(seconds_bucket[5m])) > 10")
    assert severity == "error"
    assert "its left side is at most 10" in text


def test_a_range_is_held_against_the_job_that_really_exposes_the_metric() -> None:
    """Scraped every 250 ms by each job of the score, at its speed."""
    assert found('rate(up{job="api"}[1s]) > 1') == []
    ((severity, text),) = found("rate(up[500ms]) > 1")
    assert severity == "warning"
    assert "A: rate of up looks back over 500ms at scrapes every 250ms: rate is steady" in text
    ((severity, _),) = found("rate(up[250ms]) > 1")
    assert severity == "error"
    ((severity, _),) = found("rate(up[250ms]) > 1 or vector(1) > 0")
    assert severity == "warning"


def test_only_the_metrics_of_the_alerts_asked_for_are_asked_for() -> None:
    rules = (rule("A", "up == 0 or absent(x)"), rule("B", "y > 1"))
    assert metrics_read(replace(CONFIGURATION, rules=rules), ["A"]) == {"up", "x"}
