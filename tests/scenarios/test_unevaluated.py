"""A rule that Prometheus cannot evaluate is told, where a drill names it or what it reads."""

from typing import Any

import pytest

from scenarios.judge.expectation import Expectation, Fires, Inhibited, Silent
from scenarios.judge.timeline import Configuration, Declaration, Rule
from scenarios.unevaluated import not_evaluated
from stack.observe.prometheus import ReadError

EXPRESSIONS = {
    "Slow": "job:latency:p99 > 1",
    "job:latency:p99": "quantile(0.99, job:latency)",
    "job:latency": "latency_seconds",
    "Other": "up == 0",
}


class Prometheus:
    """In place of a reader: of these rules one failed."""

    def __init__(self, failing: str) -> None:
        self._failing = failing

    def rule_groups(self) -> list[dict[str, Any]]:
        if not self._failing:
            raise ReadError("gone")
        rules = [
            {"name": name, "health": "err" if name == self._failing else "ok"}
            | ({"lastError": "many-to-many matching"} if name == self._failing else {})
            for name in EXPRESSIONS
        ]
        return [{"file": "a.yml", "rules": rules}]


CONFIGURATION = Configuration(
    tuple(
        Rule(name, "recording" if ":" in name else "alerting", "a", "a.yml", expression, 15.0)
        for name, expression in EXPRESSIONS.items()
    ),
    (),
    {},
    15.0,
    60.0,
)


def found(
    failing: str, *expects: Expectation, near_misses: dict[str, str] | None = None
) -> list[str]:
    drill = Declaration("a", "", "", "a.py", expects, near_misses=near_misses or {})
    return not_evaluated(Prometheus(failing), CONFIGURATION, drill)  # type: ignore[arg-type]


@pytest.mark.parametrize("failing", ["Slow", "job:latency:p99", "job:latency"])
def test_what_fails_is_told_with_why(failing: str) -> None:
    (problem,) = found(failing, Silent("Slow"))
    assert problem == (
        f"the rule {failing} in a.yml cannot be evaluated, so its silence proves nothing: "
        "many-to-many matching"
    )


def test_near_misses_and_what_inhibits_are_named_too() -> None:
    assert found("Slow", Silent("Other"), near_misses={"step": "Slow"})
    assert found("Slow", Inhibited("Other", by="Slow"))


def test_what_a_drill_does_not_name_may_fail() -> None:
    assert found("Slow", Fires("Other", within_seconds=60, at="a", group={})) == []


def test_what_cannot_be_read_is_told() -> None:
    assert found("", Silent("Slow")) == ["whether rules are evaluated cannot be read: gone"]
