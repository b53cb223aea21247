"""An alert that must be muted: it fires beside its source, and nobody is told while that holds.

ApiDown fires from 11.5 and clears at its evaluation ``source_until``; ApiSlow has group ApiSlow
at the chat, with a group_wait of 0.5 s and a group_interval of 2 s.
"""

from dataclasses import replace

import pytest

from scenarios.judge.evidence import read
from scenarios.judge.finding import Finding
from scenarios.judge.muting import holds_of
from scenarios.judge.verdict import judge
from tests.scenarios.judge.score import (
    ALERTMANAGER,
    CONFIGURATION,
    START,
    Score,
    chat_group,
    doubts,
    fires,
    inhibited,
    kinds,
    texts,
    verdict,
)

CHAT = chat_group("ApiSlow")


def muted(
    *,
    source_until: float = 25.0,
    target: tuple[float, float] | None = (13.0, 20.0),
    length: float = 40.0,
    **changes: object,
) -> Score:
    """ApiDown is told of; ApiSlow fires over ``target``."""
    expects = [fires("ApiDown", resolves=False), inhibited(**changes)]
    score = Score(expects=expects, length=length)
    score.fault(confirmed=10.75).fired("ApiDown", active=11.0, firing=11.5, until=source_until)
    if target is not None:
        began, ended = target
        score.fired("ApiSlow", active=began - 1.5, firing=began, until=ended)
    return score.notified(score.firing("ApiDown"))


def tell(score: Score, *, at: float, since: float = 13.0, receiver: str = "chat") -> Score:
    return score.notified(
        score.firing("ApiSlow", since=since), at=at, receiver=receiver, group=CHAT
    )


def test_an_alert_that_fires_beside_its_source_and_reaches_nobody_passes() -> None:
    assert kinds(muted()) == []
    assert doubts(muted()) == []
    assert verdict(muted()) == "pass"


def test_an_alert_that_arrives_while_its_source_fires_is_not_inhibited() -> None:
    score = tell(muted(), at=13.51)
    assert kinds(score) == ["not inhibited"]
    assert "arrived at chat at 13.51 s, while ApiDown fired since 11.50 s" in texts(score)
    assert verdict(score) == "fail"


def test_at_any_receiver() -> None:
    assert kinds(tell(muted(), at=13.51, receiver="pager")) == ["not inhibited"]


def test_an_alert_that_arrives_before_its_source_fires_lost_the_race() -> None:
    score = tell(muted(target=(10.5, 20.0)), at=11.01, since=10.5)
    assert kinds(score) == ["not inhibited"]
    assert "before ApiDown fired at 11.50 s" in texts(score)


def test_an_alert_that_arrives_though_its_source_never_fired_is_not_inhibited() -> None:
    score = Score(expects=[inhibited()]).fault().fired("ApiSlow", active=11.5, firing=13.0)
    tell(score, at=13.51)
    assert kinds(score) == ["nothing to inhibit", "not inhibited"]
    assert "ApiDown never fired, so nothing inhibited ApiSlow" in texts(score)


def test_an_alert_that_never_fired_leaves_nothing_to_inhibit() -> None:
    score = muted(target=None)
    assert kinds(score) == ["nothing to inhibit"]
    assert "ApiSlow never fired in Prometheus" in texts(score)
    assert verdict(score) == "fail"


@pytest.mark.parametrize(("began", "found"), [(25.25, []), (25.5, ["nothing to inhibit"])])
def test_the_two_must_fire_at_the_same_time(began: float, found: list[str]) -> None:
    """ApiDown fires for the last time at 24.75 and clears at 25."""
    score = muted(target=(began - 0.25, 26.0))
    assert [kind for kind in kinds(score) if kind != "fired unseen"] == found


def test_only_the_alert_with_these_labels_is_meant() -> None:
    other = muted(target=None, labels={"host": "a"})
    other.fired("ApiSlow", active=11.5, firing=13.0, until=20.0, host="b")
    assert kinds(other) == ["nothing to inhibit", "fired unseen"]
    same = muted(target=None, labels={"host": "a"})
    same.fired("ApiSlow", active=11.5, firing=13.0, until=20.0, host="a")
    assert verdict(same) == "pass"


@pytest.mark.parametrize(("until", "shown"), [(13.5, False), (13.75, True)])
def test_an_alert_that_fired_too_briefly_to_be_told_shows_no_inhibition(
    until: float, shown: bool
) -> None:
    """Its group's first flush comes 0.5 s after it fired; its last sample is at until - 0.25."""
    score = muted(target=(13.0, until))
    assert kinds(score) == []
    assert doubts(score) == ([] if shown else ["inhibition not shown"])
    assert verdict(score) == ("pass" if shown else "unknown")


@pytest.mark.parametrize(("began", "shown"), [(9.0, True), (10.0, True), (11.25, True)])
def test_a_target_that_fired_first_is_shown_by_a_tick_or_a_flush_beside_its_source(
    began: float, shown: bool
) -> None:
    score = muted(target=(began, 20.0))
    assert doubts(score) == ([] if shown else ["inhibition not shown"])


def test_a_target_that_fired_first_and_saw_no_tick_shows_nothing() -> None:
    """Beside each other for 2 s only, of which a tick of 2 s may not be one."""
    score = muted(source_until=13.25, target=(10.0, 13.25))
    assert doubts(score) == ["inhibition not shown"]


def outlived(**changes: float) -> Score:
    """ApiDown clears at 15; ApiSlow fires on until 20, so it is due by 17.25."""
    return muted(source_until=15.0, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("at", "found"), [(14.8, ["not inhibited"]), (15.01, []), (17.24, []), (17.26, ["missed"])]
)
def test_once_its_source_clears_the_alert_is_told_within_an_interval(
    at: float, found: list[str]
) -> None:
    assert kinds(tell(outlived(), at=at)) == found


def test_an_alert_that_is_never_told_after_its_source_cleared_is_missed() -> None:
    assert kinds(outlived()) == ["missed"]
    assert "fired on after ApiDown cleared at 15.00 s, but did not arrive at chat" in texts(
        outlived()
    )
    assert verdict(outlived()) == "fail"


def test_a_delay_is_told_in_seconds_and_where_it_was() -> None:
    def first(score: Score) -> Finding:
        return judge(score.timeline()).findings[0]

    never = first(outlived())
    assert (round(never.overrun_seconds, 2), never.expectation) == (22.75, 1)
    assert (never.began - START, never.ended - START) == (15.0, 40.0)
    late = first(tell(outlived(), at=18.0))
    assert (round(late.overrun_seconds, 2), late.ended - START) == (0.75, 18.0)
    violated = first(tell(muted(), at=13.5))
    assert (violated.began - START, violated.ended - START) == (13.0, 13.5)
    nothing = first(muted(target=None))
    assert (nothing.began - START, nothing.ended - START) == (10.0, 40.0)


def test_the_first_of_several_notifications_must_come_in_time() -> None:
    assert kinds(tell(tell(outlived(), at=16.0), at=18.0)) == []


def test_only_what_was_told_of_this_very_alert_counts() -> None:
    score = outlived(target=None).fired("ApiSlow", active=11.5, firing=13.0, host="a")
    other = score.firing("ApiSlow", since=13.0, host="b")
    score.notified(other, at=15.5, receiver="chat", group=CHAT)
    assert "missed" in kinds(score)
    same = score.firing("ApiSlow", since=13.0, host="a")
    score.notified(same, at=15.6, receiver="chat", group=CHAT)
    assert "missed" not in kinds(score)


def test_a_resolve_alone_does_not_tell_that_it_fires() -> None:
    score = outlived()
    resolved = score.resolved("ApiSlow", since=13.0, ends=20.0)
    score.notified(resolved, at=20.01, receiver="chat", group=CHAT)
    assert kinds(score) == ["missed"]


def test_the_longest_overlap_is_named_where_none_was_long_enough() -> None:
    score = muted(target=(13.0, 13.25))
    score.fired("ApiSlow", active=16.0, firing=17.0, until=17.5)
    assert "fired only 0.25 s beside ApiDown" in texts(score)


def test_one_overlap_that_was_long_enough_is_enough() -> None:
    score = muted(target=(13.0, 13.25))
    score.fired("ApiSlow", active=16.0, firing=17.0, until=19.0)
    assert verdict(score) == "pass"


def test_two_sources_one_after_the_other_hold_each_for_itself() -> None:
    """Between them, from 15 to 17, the alert is told; later it is muted again."""
    score = outlived().fired("ApiDown", active=16.5, firing=17.0, until=25.0)
    score.notified(score.firing("ApiDown", since=17.0), at=17.51)
    tell(score, at=15.5)
    assert "not inhibited" not in kinds(score)
    muted_again = outlived().fired("ApiDown", active=16.5, firing=17.0, until=25.0)
    muted_again.notified(muted_again.firing("ApiDown", since=17.0), at=17.51)
    tell(muted_again, at=19.0)
    assert "not inhibited" in kinds(muted_again)


def test_sources_that_touch_hold_as_one() -> None:
    """The second fires at the very evaluation at which the first clears."""
    score = outlived().fired("ApiDown", active=14.5, firing=15.0, until=25.0, host="b")
    score.notified(score.firing("ApiDown", since=15.0, host="b"), score.firing("ApiDown"), at=15.51)
    assert "missed" not in kinds(score)
    inside = outlived().fired("ApiDown", active=12.0, firing=12.5, until=13.0, host="b")
    assert "missed" in kinds(inside)


def test_another_source_that_does_not_mute_it_excuses_nothing() -> None:
    score = outlived()
    score.expects = [*score.expects, fires(resolves=False)]
    score.fired(active=11.0, firing=12.0, until=25.0)
    score.notified(score.firing("ApiDown"), score.firing(since=12.0), at=14.01)
    assert kinds(score) == ["missed"]


def test_another_source_that_fired_at_another_time_excuses_nothing() -> None:
    rules = [
        *ALERTMANAGER["inhibit_rules"],
        {"source_matchers": ["alertname=QueueLong"], "target_matchers": ["alertname=ApiSlow"]},
    ]
    configuration = replace(CONFIGURATION, alertmanager={**ALERTMANAGER, "inhibit_rules": rules})
    score = replace(outlived(), configuration=configuration)
    score.expects = [*score.expects, fires(resolves=False)]
    score.fired(active=11.0, firing=12.0, until=14.75)
    score.notified(score.firing("ApiDown"), score.firing(since=12.0), at=14.01)
    assert "missed" in kinds(score)


def test_told_at_another_receiver_is_not_told() -> None:
    assert kinds(tell(outlived(), at=15.5, receiver="pager")) == ["missed"]


@pytest.mark.parametrize("until", [15.5, 17.25])
def test_an_alert_that_clears_before_the_next_tick_need_not_be_told(until: float) -> None:
    score = muted(source_until=15.0, target=(13.0, until))
    assert verdict(score) == "pass"
    assert verdict(tell(score, at=15.1)) == "pass"


def test_an_alert_that_another_source_mutes_meanwhile_need_not_be_told() -> None:
    rules = [
        *ALERTMANAGER["inhibit_rules"],
        {"source_matchers": ["alertname=QueueLong"], "target_matchers": ["alertname=ApiSlow"]},
    ]
    configuration = replace(CONFIGURATION, alertmanager={**ALERTMANAGER, "inhibit_rules": rules})
    score = replace(outlived(), configuration=configuration)
    score.expects = [*score.expects, fires(resolves=False)]
    score.fired(active=11.0, firing=12.0, until=25.0)
    score.notified(score.firing("ApiDown"), score.firing(since=12.0), at=14.01)
    assert verdict(score) == "pass"


def test_sources_that_overlap_hold_as_one() -> None:
    score = outlived().fired("ApiDown", active=14.0, firing=14.5, until=25.0, instance="b")
    tell(score, at=16.0)
    assert "not inhibited" in kinds(score)


def test_a_target_that_resolves_with_its_source_may_be_listed_as_resolved() -> None:
    score = muted(source_until=20.0)
    listed = score.resolved("ApiSlow", since=13.0, ends=20.0)
    score.notified(listed, at=20.01, receiver="chat", group=CHAT)
    assert verdict(score) == "pass"
    early = muted(source_until=20.0)
    early.notified(listed, at=19.5, receiver="chat", group=CHAT)
    assert kinds(early) == ["not inhibited"]


def test_an_alert_that_fires_only_after_its_source_cleared_is_not_inhibited() -> None:
    score = outlived(target=(13.0, 14.75)).fired("ApiSlow", active=16.5, firing=18.0)  # type: ignore[arg-type]
    tell(score, at=18.51, since=18.0)
    assert kinds(score) == ["not inhibited"]
    assert "while ApiDown did not fire" in texts(score)


def test_an_alert_that_fires_only_after_its_source_cleared_is_not_accounted_for() -> None:
    score = outlived(target=(13.0, 14.75)).fired("ApiSlow", active=16.5, firing=18.0, until=18.25)  # type: ignore[arg-type]
    assert kinds(score) == ["fired unseen"]


def test_a_fault_that_was_never_seen_makes_a_missing_inhibition_unknown() -> None:
    score = Score(expects=[inhibited()]).fault(confirmed=None)
    assert kinds(score) == ["nothing to inhibit"]
    assert verdict(score) == "unknown"


def test_a_source_that_fires_again_before_the_next_tick_mutes_it_once_more() -> None:
    """Cleared at 15 and firing again from 16: no tick of 2 s need fall between."""
    score = outlived().fired("ApiDown", active=15.5, firing=16.0, until=25.0)
    score.notified(score.firing("ApiDown", since=16.0), at=16.51)
    assert "missed" not in kinds(score)
    later = outlived().fired("ApiDown", active=17.0, firing=17.5, until=25.0)
    later.notified(later.firing("ApiDown", since=17.5), at=18.01)
    assert "missed" in kinds(later)


def test_of_sources_that_overlap_the_nearest_before_is_the_one_they_hold_with() -> None:
    """Two hold from 17 to 26 as one; the first, until 15, is not of them."""
    score = outlived(target=(13.0, 30.0))  # type: ignore[arg-type]
    for began, ended, host in ((17.0, 25.0, "a"), (18.0, 26.0, "b")):
        score.fired("ApiDown", active=began - 0.5, firing=began, until=ended, host=host)
        source = score.firing("ApiDown", since=began, host=host)
        score.notified(source, at=began + 0.51)
    assert "not inhibited" not in kinds(tell(score, at=15.5))
    (early, late) = holds_of(read(score.timeline()), inhibited())
    assert [hold.began - START for hold in (early, late)] == [11.5, 17.0]
    assert [hold.ended - START for hold in (early, late)] == [15.0, 26.0]


def test_another_source_may_mute_it_for_as_short_a_time_as_it_likes() -> None:
    """QueueLong fires for one evaluation as ApiDown clears."""
    rules = [
        *ALERTMANAGER["inhibit_rules"],
        {"source_matchers": ["alertname=QueueLong"], "target_matchers": ["alertname=ApiSlow"]},
    ]
    configuration = replace(CONFIGURATION, alertmanager={**ALERTMANAGER, "inhibit_rules": rules})
    score = replace(outlived(), configuration=configuration)
    assert kinds(score) == ["missed"]
    score.expects = [*score.expects, fires(resolves=False)]
    score.fired(active=14.0, firing=15.0, until=15.25)
    score.notified(score.firing("ApiDown"), score.firing(since=15.0), at=15.51)
    assert "missed" not in kinds(score)


def test_an_alert_that_fires_as_its_source_has_just_cleared_is_not_accounted_for() -> None:
    """ApiDown is last seen firing at 14.75 and cleared at 15."""
    score = outlived(target=(13.0, 14.75))  # type: ignore[arg-type]
    score.fired("ApiSlow", active=14.0, firing=15.5, until=15.75)
    assert kinds(score) == ["fired unseen"]


def test_a_source_clears_at_the_pace_of_its_own_group() -> None:
    """It is last seen firing at 14.75 s, and evaluated each quarter of a second."""
    score = outlived()
    score.configuration = replace(CONFIGURATION, evaluation_interval_seconds=2.0)
    (hold,) = holds_of(read(score.timeline()), inhibited())
    assert hold.ended - START == 15.0


def test_another_alert_of_its_name_that_arrives_is_unexpected_and_not_uninhibited() -> None:
    score = muted(labels={"host": "a"}, target=None)
    score.fired("ApiSlow", active=11.5, firing=13.0, until=20.0, host="a")
    other = score.firing("ApiSlow", since=13.0, host="b")
    score.notified(other, at=13.51, receiver="chat", group=CHAT)
    assert kinds(score) == ["unexpected"]
