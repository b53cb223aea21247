"""Before anything runs: what mutes must be a step, and a race is one of a single cause."""

from dataclasses import replace

import pytest

from scenarios.judge.check import check
from scenarios.judge.expectation import Expectation, Muted
from scenarios.judge.window import Lags
from tests.scenarios.judge.score import CONFIGURATION, SPEED, Score, fires, inhibited

MUTED = Muted("QueueLong", by="silence", fault="surge")


def problems(*expects: Expectation, steps: tuple[str, ...]) -> list[str]:
    declaration = Score(expects=expects).timeline().declaration
    faults = {declaration.name: {step: Lags() for step in steps}}
    found = check(CONFIGURATION, [declaration], speed=SPEED, faults=faults)
    return [problem.what for problem in found if problem.severity == "error"]


def test_an_alert_muted_by_a_step_of_the_drill_is_well_declared() -> None:
    assert problems(MUTED, steps=("silence", "surge")) == []


@pytest.mark.parametrize(
    ("muted", "wrong"),
    [
        (replace(MUTED, by="silense"), "muted by 'silense', which is no step of the drill"),
        (replace(MUTED, by="surge"), "muted by 'surge', which is to raise it"),
        (replace(MUTED, fault="flood"), "names fault 'flood', which the drill lacks"),
        (replace(MUTED, fault=""), "does not say which of the faults raises it"),
    ],
)
def test_one_that_cannot_be_meant_is_refused(muted: Muted, wrong: str) -> None:
    (problem,) = problems(muted, steps=("silence", "surge"))
    assert wrong in problem


def test_a_source_that_the_same_fault_raises_must_surely_come_first() -> None:
    """ApiDown may come 1.25 s after the fault, and ApiSlow would be told after 2 s: it does."""
    later = tuple(
        replace(rule, for_seconds=3.0) if rule.name == "ApiDown" else rule
        for rule in CONFIGURATION.rules
    )
    slow = replace(CONFIGURATION, rules=later)
    expects = (fires("ApiDown", fault="surge"), inhibited(fault="surge"))
    declaration = Score(expects=expects).timeline().declaration
    faults = {declaration.name: {"surge": Lags(), "slow": Lags()}}
    assert any(
        "which comes first is chance" in problem.what
        for problem in check(slow, [declaration], speed=SPEED, faults=faults)
    )
    apart = replace(declaration, expects=(expects[0], inhibited(fault="slow")))
    assert not any(
        "which comes first is chance" in problem.what
        for problem in check(slow, [apart], speed=SPEED, faults=faults)
    )
