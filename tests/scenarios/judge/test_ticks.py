"""The clock of each group: G to the first notification, then multiples of I, repeats after R.

At the pager G is 0.5 s, I 2 s and R 60 s; at the switch R is 5 s, so that a repeat comes at 6 s.
"""

from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest

from scenarios.judge.expectation import Allowed, Muted
from scenarios.judge.finding import Finding
from scenarios.judge.timeline import Configuration, Timeline
from scenarios.judge.verdict import judge
from tests.scenarios.judge.score import (
    ALERTMANAGER,
    CONFIGURATION,
    PAGER_GROUP,
    RULES,
    START,
    Score,
    chat_group,
    fires,
    kept,
    rule,
)

CLOCK = ("off tick", "repeated early")
ALLOWED = Allowed("QueueLong", "pager", "of no matter here")


def off_the_clock(score: Score | Timeline) -> list[Finding]:
    judgement = judge(score if isinstance(score, Timeline) else score.timeline())
    return [finding for finding in judgement.findings if finding.kind in CLOCK]


def kinds(score: Score | Timeline) -> list[str]:
    return [finding.kind for finding in off_the_clock(score)]


def configured(route: int | None = None, **options: str) -> Configuration:
    """Other waits, of the root or of one of the routes below it."""
    alertmanager: dict[str, Any] = deepcopy(dict(ALERTMANAGER))
    root = alertmanager["route"]
    (root if route is None else root["routes"][route]).update(options)
    return replace(CONFIGURATION, alertmanager=alertmanager)


@pytest.mark.parametrize(
    ("resolved_at", "off"),
    [(22.01, False), (22.29, False), (22.36, True), (23.0, True), (23.6, True), (23.75, False)],
)
def test_each_later_notification_comes_at_a_multiple_of_the_group_interval(
    resolved_at: float, off: bool
) -> None:
    """From the first at 12.01 on, late or early by no more than jitter."""
    assert kinds(kept(resolved_at=resolved_at)) == (["off tick"] if off else [])


def test_a_group_interval_that_is_not_the_configured_one_fails_the_drill() -> None:
    """Alertmanager was told 3 s, and ticks each 2 s."""
    slower = replace(kept(), configuration=configured(group_interval="3s"))
    (finding,) = off_the_clock(slower)
    assert "came 10.00 s after the one before it" in finding.text
    assert "1.00 s after a tick of its group_interval of 3 s" in finding.text
    assert judge(slower.timeline()).verdict == "fail"


def test_how_far_off_is_told_in_seconds_so_that_a_stall_can_account_for_it() -> None:
    (finding,) = off_the_clock(kept(resolved_at=22.51))
    assert finding.overrun_seconds == pytest.approx(0.2)
    assert (finding.began - START, finding.ended - START) == pytest.approx((12.01, 22.51))


def test_a_tick_too_short_to_tell_from_jitter_says_nothing() -> None:
    assert (
        kinds(replace(kept(resolved_at=22.3), configuration=configured(group_interval="500ms")))
        == []
    )


def test_a_group_that_was_forgotten_in_between_begins_a_new_clock() -> None:
    """QueueLong is resolved at 22.01; what fires at 27.25 is told at 27.76, off the old ticks."""
    again = kept().fired(active=26.25, firing=27.25, until=32.0)
    again.notified(again.firing(since=27.25), at=27.76)
    assert kinds(again) == []


def beats(*times: float, **changes: Any) -> Score:
    score = Score(expects=[fires()], **changes)
    for at in times:
        beat = score.firing("Watchdog", since=0.0)
        score.notified(beat, at=at, receiver="switch", group=chat_group("Watchdog"))
    return score


def test_what_says_nothing_new_comes_only_once_the_repeat_interval_is_over() -> None:
    assert kinds(beats(6.51, 12.51, 18.51)) == []
    assert kinds(beats(6.51, 12.51, 16.51)) == ["repeated early"]
    (finding,) = off_the_clock(beats(6.51, 12.51, 16.51))
    assert "says what the one before it said 4.00 s earlier" in finding.text
    assert "repeat_interval of 5 s lets it be repeated after 6.00 s" in finding.text
    assert judge(beats(6.51, 12.51, 16.51).timeline()).verdict == "fail"


def test_a_shorter_repeat_interval_than_configured_is_a_repeat_too_early() -> None:
    told = beats(6.51, 12.51, configuration=configured(0, repeat_interval="7s"))
    assert kinds(told) == ["repeated early"]


def test_what_says_something_new_may_come_at_any_tick() -> None:
    """A second alert joins the group at the pager."""
    score = Score(expects=[fires(), fires("ApiDown")]).fault()
    score.fired(until=30.0).fired("ApiDown", active=12.5, firing=13.0, until=30.0)
    score.notified(score.firing(), at=12.01)
    score.notified(score.firing(), score.firing("ApiDown", since=13.0), at=14.01)
    assert kinds(score) == []


def test_a_duplicate_that_comes_at_once_is_no_repeat() -> None:
    """Delivery is at least once; the ticks go on from the first of the two."""
    assert kinds(beats(6.51, 6.9, 12.51)) == []


def told_at(at: float, **changes: Any) -> Score:
    """QueueLong fires from 11.5 on and is merely allowed: no window of its own is judged."""
    score = Score(expects=[fires("ApiDown")], allows=[ALLOWED], **changes).fault().fired(until=30.0)
    return score.notified(score.firing(), at=at)


@pytest.mark.parametrize(
    ("at", "off"), [(11.85, True), (11.95, False), (12.2, False), (13.0, False)]
)
def test_the_first_notification_comes_no_sooner_than_the_group_wait(at: float, off: bool) -> None:
    """How late it may come is for the windows of what is expected."""
    assert kinds(told_at(at)) == (["off tick"] if off else [])


def test_a_first_notification_off_its_wait_is_told_with_both() -> None:
    (finding,) = off_the_clock(told_at(11.7))
    assert "began to fire at 11.50 s and was due at 12.00 s" in finding.text
    assert "group_wait of 0.5 s" in finding.text


def test_what_has_a_window_of_its_own_is_late_only_once() -> None:
    """The window of an expectation says that it is late."""
    assert kinds(kept(notified_at=13.0, resolved_at=23.0)) == []


def test_what_was_muted_at_first_comes_at_a_later_tick() -> None:
    muted = Muted("QueueLong", by="silence", fault="surge")
    silenced = told_at(16.01)
    silenced.expects = [muted]
    silenced.fault("silence", at=9.0, confirmed=9.1, healing=15.0, healed=15.1)
    assert kinds(silenced) == []
    between = told_at(15.3)
    between.expects = [muted]
    between.fault("silence", at=9.0, confirmed=9.1, healing=15.0, healed=15.1)
    assert kinds(between) == ["off tick"]


def test_before_the_load_is_steady_nothing_is_held_against_the_clock() -> None:
    """Prometheus and Alertmanager meet while they start."""
    assert kinds(beats(0.9, 2.3, 4.9)) == []


@pytest.mark.parametrize(
    "change",
    [
        {"restarts_groups": True},
        {"holds_up_receivers": ("pager",)},
        {"stops": ("alertmanager",)},
        {"stops": ("prometheus",)},
        {"stops": ("sink",)},
    ],
)
def test_after_a_fault_that_moves_the_ticks_nothing_is_said(change: dict[str, Any]) -> None:
    score = kept(resolved_at=22.51)
    assert kinds(replace(score)) == ["off tick"]
    score.fault("outage", at=20.0, **change)
    assert kinds(score) == []


def test_before_such_a_fault_and_at_other_receivers_the_clock_is_kept() -> None:
    later = kept(resolved_at=22.51).fault("outage", at=30.0, restarts_groups=True)
    assert kinds(later) == ["off tick"]
    elsewhere = kept(resolved_at=22.51).fault("outage", at=20.0, holds_up_receivers=("chat",))
    assert kinds(elsewhere) == ["off tick"]


def test_a_receiver_that_refused_may_be_told_at_any_time_after() -> None:
    assert kinds(kept(resolved_at=22.51).refused(at=22.0)) == []
    assert kinds(kept(resolved_at=22.51).refused(at=22.0, receiver="chat")) == ["off tick"]


def test_two_alertmanagers_have_two_clocks() -> None:
    pair = replace(CONFIGURATION, peer_timeout_seconds=0.25)
    assert kinds(replace(kept(resolved_at=22.51), configuration=pair)) == []


def test_of_two_routes_to_one_receiver_and_group_the_group_key_tells_the_clock() -> None:
    """The same receiver and group, with an interval of 2 s by one route and of 3 s by the other."""
    alertmanager: dict[str, Any] = deepcopy(dict(ALERTMANAGER))
    quick, slow = alertmanager["route"]["routes"][1], deepcopy(alertmanager["route"]["routes"][1])
    quick["continue"] = True
    slow.update(matchers=['severity=~"critical|page"'], group_interval="3s")
    alertmanager["route"]["routes"].append(slow)
    score = replace(kept(), configuration=replace(CONFIGURATION, alertmanager=alertmanager))
    assert kinds(score) == []  # The group key of a score is of neither.
    by_slow = score.timeline()
    key = '{}/{severity=~"critical|page"}:' + str(PAGER_GROUP)
    arrivals = tuple(replace(arrival, group_key=key) for arrival in by_slow.arrivals)
    assert kinds(replace(by_slow, arrivals=arrivals)) == ["off tick"]


def test_an_alert_whose_route_grew_a_mute_time_may_come_whenever_that_is_over() -> None:
    alertmanager: dict[str, Any] = deepcopy(dict(ALERTMANAGER))
    alertmanager["route"]["routes"][1]["mute_time_intervals"] = ["nights"]
    score = replace(told_at(13.0), configuration=replace(CONFIGURATION, alertmanager=alertmanager))
    assert kinds(score) == []


def test_an_alert_that_joins_a_group_begins_no_clock() -> None:
    """ApiDown fires first and is told by another notification; QueueLong joins its group."""
    rules = (*RULES, rule("Other", "up == 0"))
    score = told_at(12.51, configuration=replace(CONFIGURATION, rules=rules))
    score.fired("Other", active=9.0, firing=10.0, until=30.0)
    assert kinds(score) == []
