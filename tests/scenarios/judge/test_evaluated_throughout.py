"""Rules must have been seen evaluated from when the watch began to the end of the drill.

A rule that nobody evaluates is silent whatever happens: its silence proves nothing.
"""

from dataclasses import replace

import pytest

from scenarios.judge.expectation import Silent
from scenarios.judge.timeline import GroupEvaluations, Timeline
from tests.scenarios.judge.score import (
    CONFIGURATION,
    EVALUATION,
    START,
    Score,
    doubts,
    kept,
    rule,
    steps,
    texts,
    verdict,
)

SILENT = Score(expects=[Silent("QueueLong")]).timeline()
LATE = kept(notified_at=12.4).timeline()


def evaluated(timeline: Timeline, began: float, ended: float) -> Timeline:
    """The rules were evaluated between these two alone."""
    (group,) = timeline.evaluations
    return replace(timeline, evaluations=(replace(group, times=steps(began, ended)),))


def test_a_silence_of_rules_that_were_evaluated_all_the_while_passes() -> None:
    assert verdict(evaluated(SILENT, 0.0, 40.0)) == "pass"


@pytest.mark.parametrize(("last", "expected"), [(37.5, "pass"), (37.25, "unknown")])
def test_evaluations_must_be_read_back_to_the_end(last: float, expected: str) -> None:
    """2 s are granted to reading back, and 0.625 s to an evaluation and the scrape that shows it:
    by 38 s of 40 the last must have been seen after 37.375 s."""
    timeline = evaluated(SILENT, 0.0, last + EVALUATION)
    assert verdict(timeline) == expected


def test_rules_that_are_evaluated_no_more_are_a_doubt_with_a_place() -> None:
    stopped = evaluated(SILENT, 0.0, 15.25)
    assert doubts(stopped) == ["evaluations"]
    assert "group rules was not evaluated for 23.00 s from 15.00 s on" in texts(stopped)


@pytest.mark.parametrize(("first", "expected"), [(5.5, "pass"), (5.75, "unknown")])
def test_evaluations_must_have_begun_with_the_watch(first: float, expected: str) -> None:
    assert verdict(evaluated(SILENT, first, 40.0)) == expected


def test_what_was_not_evaluated_at_the_end_accounts_for_nothing_before() -> None:
    """The notification of LATE came at 12.4 s."""
    assert verdict(evaluated(LATE, 0.0, 13.0)) == "fail"
    assert verdict(evaluated(LATE, 0.0, 12.0)) == "unknown"


def test_without_any_evaluation_nothing_passes() -> None:
    for nothing in ((), (GroupEvaluations("rules", EVALUATION, 0),)):
        unread = replace(SILENT, evaluations=nothing)
        assert doubts(unread) == ["problem"]
        assert verdict(unread) == "unknown"
        assert "no evaluation of group rules could be read back" in texts(unread)


def test_each_group_of_rules_must_have_been_evaluated() -> None:
    """It accounts for what its own alerts lack, and for nothing of the others."""
    other = replace(rule("Other", "queue_waiting > 5"), group="other")
    configuration = replace(CONFIGURATION, rules=(*CONFIGURATION.rules, other))
    unread = replace(SILENT, configuration=configuration)
    assert verdict(unread) == "unknown"
    assert "no evaluation of group other could be read back" in texts(unread)
    assert verdict(replace(LATE, configuration=configuration)) == "fail"
    assert verdict(replace(LATE, evaluations=())) == "unknown"


def test_prometheus_down_until_the_end_explains_why_nothing_was_evaluated() -> None:
    score = Score(expects=[Silent("QueueLong")])
    down = score.fault("down", at=20.0, confirmed=20.2, stops=("prometheus",))
    timeline = down.timeline()
    never_back = replace(timeline.faults[0], healing=None, healed=None)
    cut = evaluated(replace(timeline, faults=(never_back,)), 0.0, 20.0)
    assert "evaluations" not in doubts(cut)
    back = replace(never_back, healing=START + 25, healed=START + 25.5)
    assert "evaluations" in doubts(replace(cut, faults=(back,)))


def test_groups_that_could_not_be_read_are_one_doubt() -> None:
    other = replace(rule("Other", "queue_waiting > 5"), group="other")
    configuration = replace(CONFIGURATION, rules=(*CONFIGURATION.rules, other))
    unread = replace(SILENT, configuration=configuration, evaluations=())
    assert "no evaluation of group other and group rules could be read back" in texts(unread)
    assert doubts(unread) == ["problem"]
