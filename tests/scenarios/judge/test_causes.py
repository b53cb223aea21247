"""Of several faults that raise one alert each has its own time, until the next begins."""

import math

import pytest

from scenarios.judge.causes import cause
from scenarios.judge.evidence import read
from scenarios.judge.expectation import Expectation, Lost, Muted, Repeats
from tests.scenarios.judge.score import PAGER_GROUP, START, Score, fires


def test_the_next_fault_of_an_alert_takes_over_from_the_one_before() -> None:
    """Of three the second ends the first's time, however long the first takes to clear."""
    score = Score(expects=[fires(fault=name) for name in ("first", "second", "third")])
    for name, at in (("first", 10.0), ("second", 20.0), ("third", 30.0)):
        score.fault(name, at=at, confirmed=at + 0.25, healing=None, healed=None)
    evidence = read(score.timeline())
    causes = [cause(evidence, fires(fault=name)) for name in ("first", "second", "third")]
    assert [None if c is None else round(c.until - START, 3) for c in causes] == [
        19.9,
        29.9,
        math.inf,
    ]


@pytest.mark.parametrize(
    "following",
    [
        Repeats("QueueLong", 420.0, "pager", PAGER_GROUP, fault="second"),
        Lost("QueueLong", "pager", PAGER_GROUP, fault="second"),
        Muted("QueueLong", by="silence", fault="second"),
        fires(fault="second"),
    ],
)
def test_whatever_is_expected_of_the_next_fault_it_takes_over(following: Expectation) -> None:
    score = Score(expects=[fires(fault="first"), following])
    for name, at in (("first", 10.0), ("second", 20.0)):
        score.fault(name, at=at, confirmed=at + 0.25, healing=None, healed=None)
    first = cause(read(score.timeline()), fires(fault="first"))
    assert first is not None
    assert round(first.until - START, 3) == 19.9


def test_the_next_fault_of_another_alert_takes_nothing_over() -> None:
    score = Score(expects=[fires(fault="first"), fires("ApiDown", fault="second")])
    for name, at in (("first", 10.0), ("second", 20.0)):
        score.fault(name, at=at, confirmed=at + 0.25, healing=None, healed=None)
    first = cause(read(score.timeline()), fires(fault="first"))
    assert first is not None
    assert first.until == math.inf
