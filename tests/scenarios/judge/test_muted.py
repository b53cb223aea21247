"""An alert that a step mutes: it fires in Prometheus, nobody is told while the step is in.

The silence is seen from 9.1 on, and is expired from 15 to 15.1. QueueLong fires from 11.5 on: at
the pager, after a group_wait of 0.5 s and at ticks of 2 s.
"""

from dataclasses import replace
from typing import Any

import pytest

from scenarios.judge.expectation import Muted
from scenarios.judge.verdict import judge
from tests.scenarios.judge.score import (
    ALERTMANAGER,
    CONFIGURATION,
    Score,
    doubts,
    fires,
    inhibited,
    kinds,
    texts,
    verdict,
)

MUTED = Muted("QueueLong", by="silence", fault="surge")


def silenced(
    *, until: float = 14.0, since: float = 11.5, expired: float = 15.0, **changes: Any
) -> Score:
    """QueueLong fires from ``since`` to ``until``, and the silence is expired at ``expired``."""
    score = Score(expects=[replace(MUTED, **changes)])
    score.fault("silence", at=9.0, confirmed=9.1, healing=expired, healed=expired + 0.1)
    score.fault("surge", at=10.0)
    return score.fired(active=since - 1, firing=since, until=until)


def tell(score: Score, *, at: float, since: float = 11.5) -> Score:
    return score.notified(score.firing(since=since), at=at)


def test_an_alert_that_fires_under_a_silence_and_reaches_nobody_passes() -> None:
    assert (kinds(silenced()), doubts(silenced())) == ([], [])
    assert verdict(silenced()) == "pass"
    (row,) = judge(silenced().timeline()).rows
    assert (row.kind, row.alert) == ("muted", "QueueLong")


def test_an_alert_that_arrives_although_a_silence_is_in_is_not_muted() -> None:
    score = tell(silenced(), at=12.01)
    assert kinds(score) == ["not muted"]
    assert "QueueLong arrived at pager at 12.01 s, while 'silence' was in since 9.10 s" in texts(
        score
    )
    assert verdict(score) == "fail"


def test_a_silence_that_was_never_made_mutes_nothing() -> None:
    score = Score(expects=[MUTED]).fault("surge").fired(until=14.0)
    tell(score, at=12.01)
    assert kinds(score) == ["nothing to mute", "not muted"]
    assert "'silence' was never in, so nothing muted QueueLong" in texts(score)
    unconfirmed = silenced()
    unconfirmed._faults[0] = replace(unconfirmed._faults[0], confirmed=None)
    assert "nothing to mute" in kinds(unconfirmed)


def test_an_alert_that_never_fires_leaves_nothing_to_mute() -> None:
    score = Score(expects=[MUTED])
    score.fault("silence", at=9.0, healing=15.0, healed=15.1).fault("surge")
    assert kinds(score) == ["nothing to mute"]
    assert "QueueLong never fired in Prometheus, so 'silence' had nothing to mute" in texts(score)


def test_a_silence_that_is_over_before_the_alert_fires_mutes_nothing() -> None:
    score = tell(silenced(expired=10.5), at=12.01)
    assert kinds(score) == ["nothing to mute", "not muted"]
    assert "QueueLong never fired while 'silence' was in" in texts(score)


@pytest.mark.parametrize(
    ("at", "found"),
    [(14.8, ["not muted"]), (15.01, []), (17.3, []), (17.36, ["missed"]), (None, ["missed"])],
)
def test_once_a_silence_is_expired_the_alert_is_told_within_an_interval(
    at: float | None, found: list[str]
) -> None:
    """Of the 0.1 s in which it was being expired either is right."""
    score = silenced(until=20.0)
    assert kinds(score if at is None else tell(score, at=at)) == found


def test_what_is_told_once_a_silence_is_over_is_expected() -> None:
    judgement = judge(tell(silenced(until=20.0), at=16.01).timeline())
    ((alert,),) = [arrival.alerts for arrival in judgement.arrivals]
    assert alert.classification == "expected"


def test_an_alert_that_clears_with_the_silence_need_not_be_told() -> None:
    assert verdict(silenced(until=16.0)) == "pass"


def test_an_alert_that_began_to_fire_as_the_silence_ended_waits_for_its_group() -> None:
    """Its group_wait of 5 s is longer than the group_interval of 2 s: it is due at 19.75."""
    route = {**ALERTMANAGER["route"], "group_wait": "5s"}
    configuration = replace(CONFIGURATION, alertmanager={**ALERTMANAGER, "route": route})
    score = tell(silenced(until=25.0, since=14.5), at=19.51, since=14.5)
    assert "missed" not in kinds(replace(score, configuration=configuration))


def test_a_mute_that_was_too_brief_for_a_notification_shows_nothing() -> None:
    score = silenced(until=11.75)
    assert (kinds(score), doubts(score)) == ([], ["inhibition not shown"])
    assert verdict(score) == "unknown"


def test_an_alert_that_a_second_silence_holds_need_not_be_told_after_the_first() -> None:
    second = Muted("QueueLong", by="second silence", fault="surge")
    score = silenced(until=20.0)
    score.expects = [*score.expects, second]
    assert "missed" in kinds(score)
    score.fault("second silence", at=9.2, confirmed=9.3, healing=25.0, healed=25.1)
    assert kinds(score) == []


def test_of_several_firings_only_that_of_the_named_fault_is_to_be_muted() -> None:
    """The same alert was raised by another fault, before the silence, and told as expected."""
    score = Score(expects=[fires(fault="first"), replace(MUTED, fault="second")])
    score.fault("first", at=10.0, healing=14.0, healed=14.2)
    score.fired(until=14.5).notified(score.firing(), at=12.01)
    score.notified(score.resolved(ends=14.5), at=16.01)
    score.fault("silence", at=18.0, confirmed=18.1, healing=24.0, healed=24.1)
    score.fault("second", at=20.0, confirmed=20.25, healing=30.0, healed=30.25)
    score.fired(active=20.5, firing=21.5, until=23.0)
    assert kinds(score) == []
    tell(score, at=22.01, since=21.5)
    assert kinds(score) == ["not muted"]


def test_only_the_alert_with_these_labels_is_to_be_muted() -> None:
    score = silenced(labels={"host": "b"})
    assert kinds(score) == ["nothing to mute", "fired unseen"]


def test_a_silence_excuses_no_other_alert() -> None:
    score = silenced()
    score.fired("ApiDown", active=11.0, firing=11.5, until=12.0)
    assert kinds(score) == ["fired unseen"]


def test_a_target_that_a_silence_mutes_after_its_inhibition_need_not_be_told() -> None:
    """ApiSlow outlives ApiDown, and is silenced then."""
    both = [
        fires("ApiDown", resolves=False),
        inhibited(fault="surge"),
        Muted("ApiSlow", by="silence", fault="surge"),
    ]
    score = Score(expects=both[:2]).fault(confirmed=10.75)
    score.fired("ApiDown", active=11.0, firing=11.5, until=15.0)
    score.fired("ApiSlow", active=11.5, firing=13.0, until=20.0)
    score.notified(score.firing("ApiDown"))
    assert kinds(score) == ["missed"]
    score.expects = both
    score.fault("silence", at=12.0, confirmed=12.1, healing=25.0, healed=25.1)
    assert kinds(score) == []


def test_a_silence_that_was_never_ended_holds_to_the_end() -> None:
    score = silenced(until=30.0)
    assert kinds(score) == ["missed"]
    score._faults[0] = replace(score._faults[0], healing=None, healed=None)
    assert kinds(score) == []
    assert kinds(tell(score, at=29.0)) == ["not muted"]


def test_a_silence_that_was_not_seen_to_be_over_may_be_from_when_its_end_was_asked_for() -> None:
    score = silenced(until=30.0)
    score._faults[0] = replace(score._faults[0], healed=None)
    assert kinds(score) == ["missed"]
    assert kinds(tell(score, at=15.01)) == []


def test_an_alert_that_fired_before_the_silence_is_not_accounted_for_by_it() -> None:
    """It is last seen firing at 8.5 s, and the silence is in from 9.1 s on."""
    score = silenced().fired(active=6.0, firing=7.0, until=8.75)
    assert kinds(score) == ["fired unseen"]


def test_each_time_that_a_silence_is_in_accounts_for_what_it_mutes() -> None:
    score = silenced()
    score.fault("silence", at=20.0, confirmed=20.1, healing=24.0, healed=24.1)
    score.fired(active=20.5, firing=21.5, until=23.0)
    assert kinds(score) == []


def test_a_firing_that_the_named_fault_did_not_raise_is_unexpected_and_not_unmuted() -> None:
    score = silenced().fired(active=6.0, firing=7.0, until=8.75)
    assert kinds(tell(score, at=7.51, since=7.0)) == ["unexpected"]


@pytest.mark.parametrize(("began", "ended"), [(9.2, 14.0), (25.0, 30.0)])
def test_a_second_silence_at_another_time_excuses_nothing(began: float, ended: float) -> None:
    """Once the first is over at 15.1 s, QueueLong is due by 17.35 s."""
    score = silenced(until=20.0)
    score.expects = [*score.expects, Muted("QueueLong", by="second silence", fault="surge")]
    score.fault(
        "second silence", at=began, confirmed=began + 0.1, healing=ended, healed=ended + 0.1
    )
    assert "missed" in kinds(score)
