"""An alert must be told again while its fault holds, as often as configured and as promised.

At the pager it repeats every 5 s at ticks of 2 s: after 6 s, and at most 6.25 s. The promise is
7 s of 60 times as fast.
"""

from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest

from scenarios.judge.check import check
from scenarios.judge.expectation import Repeats
from scenarios.judge.verdict import judge
from scenarios.judge.window import Lags
from tests.scenarios.judge.score import (
    ALERTMANAGER,
    CONFIGURATION,
    PAGER_GROUP,
    SPEED,
    START,
    Score,
    doubts,
    fires,
    kinds,
    texts,
    verdict,
)

_alertmanager: dict[str, Any] = deepcopy(dict(ALERTMANAGER))
_alertmanager["route"]["routes"][1]["repeat_interval"] = "5s"
REPEATING = replace(CONFIGURATION, alertmanager=_alertmanager)
REPEATS = Repeats("QueueLong", 420.0, "pager", PAGER_GROUP, fault="surge")
UNTIL = 30.0


def repeated(*times: float, expectation: Repeats = REPEATS, **changes: Any) -> Score:
    """QueueLong fires from 11.5 to 30."""
    score = Score(expects=[expectation], configuration=REPEATING, **changes)
    score.fault(healing=29.0, healed=29.2).fired(until=UNTIL)
    for at in times:
        score.notified(score.firing(), at=at)
    return score


def test_an_alert_that_is_repeated_until_it_clears_passes() -> None:
    score = repeated(12.01, 18.01, 24.01)
    assert (kinds(score), doubts(score), verdict(score)) == ([], [], "pass")


def test_the_table_shows_the_longest_gap() -> None:
    (row,) = judge(repeated(12.01, 18.01, 24.1).timeline()).rows
    assert (row.kind, row.receiver, row.promise_seconds) == ("repeats", "pager", 7.0)
    assert row.notified_seconds == pytest.approx(6.09)
    assert row.window_seconds == (pytest.approx(0.0), pytest.approx(6.25))


@pytest.mark.parametrize(
    ("second", "found"),
    [(18.25, []), (18.27, ["late"]), (19.0, ["late"]), (19.02, ["late", "promise broken"])],
)
def test_a_repeat_is_late_after_its_tick_and_breaks_the_promise_after_that(
    second: float, found: list[str]
) -> None:
    assert kinds(repeated(12.01, second, second + 6)) == found


def test_an_alert_that_is_told_once_and_never_again_is_late_though_it_fires_on() -> None:
    """The first notification came, and 17 s without another one: until it was last seen firing."""
    score = repeated(12.01)
    assert kinds(score) == ["late", "promise broken"]
    assert "did not arrive between 12.01 s and 29.75 s, for 17.74 s" in texts(score)
    assert verdict(score) == "fail"
    late = judge(score.timeline()).findings[0]
    assert (late.fault, late.expectation) == ("surge", 0)
    assert late.overrun_seconds == pytest.approx(11.49)
    assert (late.began - START, late.ended - START) == pytest.approx((12.01, 29.75))


def test_once_the_alert_has_cleared_nothing_more_is_due() -> None:
    score = repeated(12.01, 18.01, 24.01)
    score.notified(score.resolved(ends=UNTIL), at=30.01)
    assert kinds(score) == []


def test_an_alert_that_never_arrives_is_missed() -> None:
    assert kinds(repeated()) == ["missed"]
    assert "QueueLong never arrived at pager after 10.00 s" in texts(repeated())


def test_at_another_receiver_or_in_another_group_it_is_not_repeated() -> None:
    elsewhere = repeated(expectation=replace(REPEATS, at="chat"))
    elsewhere.notified(elsewhere.firing(), at=12.01)
    assert kinds(elsewhere) == ["misrouted"]
    grouped = repeated(expectation=replace(REPEATS, group={"service": "other"}))
    grouped.notified(grouped.firing(), at=12.01)
    assert kinds(grouped) == ["misgrouped"]


@pytest.mark.parametrize("times", [(12.01,), (12.01, 12.3)])
def test_a_fault_that_was_healed_before_a_repeat_shows_nothing(times: tuple[float, ...]) -> None:
    """A duplicate that comes at once is no repeat."""
    score = Score(expects=[REPEATS], configuration=REPEATING).fault(healing=15.0, healed=15.2)
    score.fired(until=15.5)
    for at in times:
        score.notified(score.firing(), at=at)
    assert (kinds(score), doubts(score)) == ([], ["too short"])
    assert verdict(score) == "unknown"


def test_of_several_alerts_each_is_to_be_repeated() -> None:
    """Both are told at first, and one of them never again."""
    score = Score(expects=[REPEATS], configuration=REPEATING).fault(healing=29.0, healed=29.2)
    score.fired(until=UNTIL, host="a").fired(until=UNTIL, host="b")
    score.notified(score.firing(host="a"), score.firing(host="b"), at=12.01)
    for at in (18.01, 24.01):
        score.notified(score.firing(host="a"), at=at)
    assert kinds(score) == ["late", "promise broken"]


def test_only_what_its_own_fault_raised_counts() -> None:
    """An earlier firing, of another fault, was repeated; that of the named one was not."""
    other = replace(REPEATS, fault="second")
    score = Score(expects=[fires(fault="surge"), other], configuration=REPEATING)
    score.fault(at=6.0, confirmed=6.2, healing=14.0, healed=14.2)
    score.fired(active=7.0, firing=8.0, until=14.5)
    score.notified(score.firing(since=8.0), at=8.51)
    score.notified(score.firing(since=8.0), at=14.51)
    score.notified(score.resolved(since=8.0, ends=14.5), at=16.51)
    score.fault("second", at=20.0, confirmed=20.2, healing=36.0, healed=36.2)
    score.fired(active=20.5, firing=21.5, until=36.5)
    score.notified(score.firing(since=21.5), at=22.01)
    judgement = judge(score.timeline())
    assert [f.kind for f in judgement.findings if f.expectation == 1] == ["late", "promise broken"]


def test_it_and_its_first_notification_may_both_be_expected() -> None:
    score = repeated(12.01, 18.01, 24.01)
    score.expects = [fires(resolves=False, fault="surge"), *score.expects]
    assert verdict(score) == "pass"


def test_a_summary_that_was_not_filled_in_is_found_in_a_repeat() -> None:
    score = repeated(12.01, 18.01)
    broken = score.firing(annotations={"summary": "{{ $value }}"})
    assert kinds(score.notified(broken, at=24.01)) == ["wrong annotations"]


@pytest.mark.parametrize(("every", "kept"), [(420.0, True), (360.0, False)])
def test_a_promise_that_the_configuration_cannot_keep_is_refused(every: float, kept: bool) -> None:
    """A repeat comes within 6.25 s, which are 375 s of production."""
    declared = repeated(expectation=replace(REPEATS, every_seconds=every)).timeline().declaration
    faults = {declared.name: {"surge": Lags()}}
    problems = check(REPEATING, [declared], speed=SPEED, faults=faults)
    assert [p.severity for p in problems] == ([] if kept else ["error"])
    assert kept or "is repeated within 6.25 s, promised every 6.00 s" in str(problems[0])


def test_an_alert_of_which_only_the_resolve_came_has_no_repeats() -> None:
    score = repeated(12.01, 18.01, 24.01).fired(until=13.0, host="b")
    score.notified(score.resolved(ends=13.0, host="b"), at=14.01)
    assert kinds(score) == []


def test_a_duplicate_between_makes_a_repeat_no_shorter() -> None:
    assert doubts(repeated(12.01, 12.02, 18.01, 24.01)) == []


def test_the_table_shows_the_alert_that_was_told_most_often() -> None:
    score = repeated(12.01, 18.01, 24.1).fired(until=13.0, host="b")
    score.notified(score.firing(host="b"), at=12.01)
    (row,) = judge(score.timeline()).rows
    assert row.notified_seconds == pytest.approx(6.09)


def test_one_that_cleared_and_fired_again_need_not_be_repeated_between() -> None:
    """It fires until 16 s and, told as a new one, from 27 s on."""
    score = Score(expects=[REPEATS], configuration=REPEATING)
    score.fault(healing=29.0, healed=29.2).fired(until=16.0).fired(
        active=26.0, firing=27.0, until=UNTIL
    )
    score.notified(score.firing())
    score.notified(score.resolved(ends=16.0), at=16.01)
    score.notified(score.firing(since=27.0), at=27.51)
    assert kinds(score) == []


def test_without_its_fault_it_never_arrived_since_the_drill_began() -> None:
    score = Score(expects=[REPEATS], configuration=REPEATING)
    assert kinds(score) == ["missed"]
    assert "never arrived at pager after 0.00 s" in texts(score)
