"""What the series of a really running stack show, asked as a drill asks before its first step."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest

from scenarios.configuration import from_apis
from scenarios.fireability import check_running, refuse_what_cannot_fire
from scenarios.injections import DrillStopped
from scenarios.judge.expectation import Heartbeat, Silent
from scenarios.judge.timeline import Configuration, Declaration
from stack.observe.alertmanager import Alertmanager
from stack.observe.prometheus import Prometheus
from stack.run.engines import require
from stack.run.local import ENGINES, LocalStack, new_name

pytestmark = pytest.mark.engines


@pytest.fixture(scope="module")
def stack() -> Iterator[LocalStack]:
    stack = LocalStack(require(ENGINES, print), name=new_name("test"), speed=30, observes_host=True)
    with closing(stack):
        stack.start()
        yield stack


@pytest.fixture(scope="module")
def configuration(stack: LocalStack) -> Configuration:
    return from_apis(
        Prometheus(stack.addresses.prometheus), Alertmanager(stack.addresses.alertmanager), {}
    )


def about(*alerts: str) -> Declaration:
    """A drill that shows these alerts to stay silent below their thresholds."""
    return Declaration(
        name="a/b",
        layer="a",
        proves="",
        path="a/b.py",
        expects=(Silent("Unasked"), Heartbeat("Watchdog", 60, "dead-mans-switch", {})),
        near_misses={f"near miss of {alert}": alert for alert in alerts},
    )


def with_expression(configuration: Configuration, alert: str, expression: str) -> Configuration:
    return replace(
        configuration,
        rules=tuple(
            replace(rule, expression=expression) if rule.name == alert else rule
            for rule in configuration.rules
        ),
    )


def test_every_selector_of_our_own_alerts_has_series_before_the_first_failure(
    stack: LocalStack, configuration: Configuration
) -> None:
    """Every combination of labels that can be known is there from the start."""
    alerts = [rule.name for rule in configuration.rules if rule.kind == "alerting"]
    prometheus = Prometheus(stack.addresses.prometheus)
    found = check_running(prometheus, configuration, about(*alerts))
    assert [str(defect) for defect in found if defect.severity == "error"] == []


def test_a_drill_of_an_alert_that_cannot_fire_is_stopped_and_says_why(
    stack: LocalStack, configuration: Configuration
) -> None:
    prometheus = Prometheus(stack.addresses.prometheus)
    broken = with_expression(configuration, "RedisDown", 'redis_up{shard="a"} == 0')
    with pytest.raises(DrillStopped, match=r"no fault was caused.* has a label shard; their"):
        refuse_what_cannot_fire(prometheus, broken, about("RedisDown"), pytest.fail)
    refuse_what_cannot_fire(prometheus, broken, about("Watchdog"), pytest.fail)


def test_a_quantile_above_the_app_s_last_bucket_is_told(
    stack: LocalStack, configuration: Configuration
) -> None:
    prometheus = Prometheus(stack.addresses.prometheus)
    slow = "histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket[4s])))"
    broken = with_expression(configuration, "ApiResponseSlow", f"{slow} > 1000")
    with pytest.raises(DrillStopped, match="its left side is at most"):
        refuse_what_cannot_fire(prometheus, broken, about("ApiResponseSlow"), pytest.fail)


def test_what_may_come_with_the_first_failure_is_said_and_stops_nothing(
    stack: LocalStack, configuration: Configuration
) -> None:
    prometheus = Prometheus(stack.addresses.prometheus)
    said: list[str] = []
    early = with_expression(configuration, "RedisDown", "no_such_failures_total > 0")
    refuse_what_cannot_fire(prometheus, early, about("RedisDown"), said.append)
    (line,) = said
    assert line.startswith("warning: ")
    assert "no series of that name" in line
