"""An alert that must come after another: kept, broken, and declared where it cannot be judged."""

import pytest

from scenarios.judge.check import check
from scenarios.judge.expectation import Fires
from scenarios.judge.window import Lags
from tests.scenarios.judge.score import (
    CONFIGURATION,
    SPEED,
    Score,
    chat_group,
    fires,
    kinds,
    texts,
    verdict,
)

FAULTS = {"business/queue": {"surge": Lags()}}


def slow(**changes: object) -> Fires:
    """ApiSlow must reach the chat."""
    return fires("ApiSlow", at="chat", group=chat_group("ApiSlow"), resolves=False, **changes)


def told(queue_at: float | None, slow_at: float) -> Score:
    """QueueLong and ApiSlow have one cause, and ApiSlow must come second."""
    score = Score(expects=[fires(resolves=False), slow(after="QueueLong")])
    score.fault().fired()
    score.fired("ApiSlow", active=10.0, firing=11.5, polled=False)
    if queue_at is not None:
        score.notified(score.firing(), at=queue_at)
    return score.notified(
        score.firing("ApiSlow"), at=slow_at, receiver="chat", group=chat_group("ApiSlow")
    )


def test_an_alert_that_comes_after_the_one_before_it_passes() -> None:
    assert kinds(told(queue_at=12.01, slow_at=12.1)) == []
    assert verdict(told(queue_at=12.01, slow_at=12.1)) == "pass"


def test_an_alert_that_overtakes_the_one_before_it_is_out_of_order() -> None:
    score = told(queue_at=12.1, slow_at=12.0)
    assert kinds(score) == ["out of order"]
    assert verdict(score) == "fail"
    assert "ApiSlow arrived 0.10 s before QueueLong, which must come first" in texts(score)


def test_where_the_one_before_never_came_it_alone_is_missed() -> None:
    assert kinds(told(queue_at=None, slow_at=12.1)) == ["missed"]


def test_one_notification_that_carries_both_is_in_order() -> None:
    assert "out of order" not in kinds(told(queue_at=12.1, slow_at=12.1))


@pytest.mark.parametrize("after", ["ApiDown", "ApiSlow"])
def test_an_order_after_an_alert_that_nothing_must_raise_is_refused(after: str) -> None:
    """One that the drill does not expect, or the alert itself, can never be overtaken."""
    declaration = Score(expects=[fires(), slow(after=after)]).timeline().declaration
    found = check(CONFIGURATION, [declaration], speed=SPEED, faults=FAULTS)
    assert [problem.what for problem in found if "must come after" in problem.what] == [
        f"ApiSlow must come after {after}, which the drill does not expect beside it"
    ]


def test_an_order_of_two_expected_alerts_is_no_problem() -> None:
    declaration = Score(expects=[fires(), slow(after="QueueLong")]).timeline().declaration
    found = check(CONFIGURATION, [declaration], speed=SPEED, faults=FAULTS)
    assert not [problem for problem in found if "come after" in problem.what]


def test_one_of_which_only_the_resolve_was_told_never_came_first() -> None:
    score = told(queue_at=None, slow_at=12.1)
    score.notified(score.resolved(ends=12.0), at=12.05)
    assert kinds(score) == ["missed"]
    score.notified(score.firing(since=12.25), at=12.76)
    assert "out of order" in kinds(score)


def test_one_that_came_and_went_with_an_earlier_fault_came_before_something_else() -> None:
    """QueueLong was told at 12.01 s, and again at 26.01 s, just after ApiSlow."""
    second = slow(after="QueueLong", fault="second")
    score = Score(expects=[fires(fault="first"), fires(fault="second", resolves=False), second])
    score.fault("first", healing=14.0, healed=14.2).fired(until=14.5)
    score.notified(score.firing()).notified(score.resolved(ends=14.5), at=16.01)
    score.fault("second", at=24.0, confirmed=24.25, healing=34.0, healed=34.2)
    score.fired("ApiSlow", active=23.5, firing=25.0, polled=False, until=34.0)
    score.fired(active=24.5, firing=25.5, until=34.0)
    score.notified(
        score.firing("ApiSlow", since=25.0), at=25.95, receiver="chat", group=chat_group("ApiSlow")
    )
    score.notified(score.firing(since=25.5), at=26.01)
    assert kinds(score) == ["out of order"]


def test_one_that_still_fires_from_an_earlier_fault_came_first() -> None:
    second = slow(after="QueueLong", fault="second")
    score = Score(expects=[fires(fault="first", resolves=False), second])
    score.fault("first", healing=34.0, healed=34.2).fired(until=34.5)
    score.notified(score.firing()).notified(score.resolved(ends=34.5), at=36.01)
    score.fault("second", at=24.0, confirmed=24.25, healing=33.0, healed=33.2)
    score.fired("ApiSlow", active=23.5, firing=25.0, polled=False, until=33.0)
    score.notified(
        score.firing("ApiSlow", since=25.0), at=25.95, receiver="chat", group=chat_group("ApiSlow")
    )
    assert "out of order" not in kinds(score)
