"""An alert that fires always must be repeated: no gap longer than configured, or than promised.

Watchdog repeats every 5 s at ticks of 2 s: after 6 s, and at most 6.25 s.
"""

from copy import deepcopy
from dataclasses import replace

import pytest

from scenarios.judge.expectation import Heartbeat
from scenarios.judge.verdict import judge
from scenarios.judge.window import written
from tests.scenarios.judge.score import (
    ALERTMANAGER,
    CONFIGURATION,
    START,
    Score,
    chat_group,
    doubts,
    kinds,
    texts,
    verdict,
)

GROUP = chat_group("Watchdog")
BEAT = Heartbeat("Watchdog", every_seconds=420.0, at="switch", group=GROUP)
TIMES = (0.51, 6.51, 12.51, 18.51, 24.51, 30.51, 36.51)


def beating(
    *times: float, expectation: Heartbeat = BEAT, receiver: str = "switch", **labels: str
) -> Score:
    score = Score(expects=[expectation])
    for at in times:
        beat = score.firing("Watchdog", since=0.0, **labels)
        score.notified(beat, at=at, receiver=receiver, group=GROUP)
    return score


def test_a_heartbeat_that_is_repeated_passes() -> None:
    assert kinds(beating(*TIMES)) == []
    assert doubts(beating(*TIMES)) == []
    assert verdict(beating(*TIMES)) == "pass"


def test_a_heartbeat_that_never_arrives_is_missed() -> None:
    assert kinds(beating()) == ["missed"]
    assert verdict(beating()) == "fail"


@pytest.mark.parametrize(
    ("third", "found"),
    [(12.75, []), (12.77, ["late"]), (13.5, ["late"]), (13.52, ["late", "promise broken"])],
)
def test_a_gap_is_late_after_its_tick_and_breaks_the_promise_after_that(
    third: float, found: list[str]
) -> None:
    """420 s of production are 7 s at speed 60."""
    times = (0.51, 6.51, *(third + 6 * index for index in range(5)))
    assert kinds(beating(*times)) == found


def test_a_heartbeat_that_stops_is_late_at_the_end() -> None:
    score = beating(*TIMES[:5])
    assert kinds(score) == ["late", "promise broken"]
    assert "did not arrive between 24.51 s and 40.00 s, for 15.49 s" in texts(score)


def test_a_delay_is_told_in_seconds_and_by_its_gap() -> None:
    judgement = judge(beating(*TIMES[:5]).timeline())
    late, broken = judgement.findings
    assert (late.expectation, broken.expectation) == (0, 0)
    assert round(late.overrun_seconds, 2) == 9.24
    assert round(broken.overrun_seconds, 2) == 8.49
    assert round(late.began - START, 2) == 24.51
    assert round(late.ended - START, 2) == 40.0


def test_each_gap_is_a_window_of_its_own() -> None:
    (outcome,) = judge(beating(*TIMES[:3]).timeline()).outcomes
    first, second = outcome.windows
    assert (first.what, round(first.window.earliest - START, 2)) == ("repeated", 0.51)
    assert first.window.latest is not None
    assert round(first.window.latest - START, 2) == 6.76
    assert first.arrived is not None
    assert round(first.arrived - START, 2) == 6.51
    assert written(second.window.parts) == "6 repeat interval to a tick + 0.25 allowance"


def test_a_row_shows_the_longest_gap_and_the_promise() -> None:
    """The first beat tells nothing: it comes when Prometheus starts, before the drill does."""
    (row,) = judge(beating(-0.94, 5.06, 11.16, 17.16, 23.16, 29.16, 35.16).timeline()).rows
    assert (row.receiver, row.group, row.promise_seconds) == ("switch", GROUP, 7.0)
    assert row.notified_seconds == pytest.approx(6.1)
    assert row.window_seconds == (0.0, pytest.approx(6.25))
    (once,) = judge(beating(0.51).timeline()).rows
    assert (once.notified_seconds, once.window_seconds) == (None, None)
    (missed,) = judge(beating().timeline()).rows
    assert (missed.receiver, missed.group, missed.promise_seconds) == ("switch", GROUP, 7.0)
    assert missed.notified_seconds is None


def test_a_fault_of_the_drill_does_not_make_the_heartbeat() -> None:
    assert verdict(beating(*TIMES).fault(at=20.0)) == "pass"


def test_every_firing_of_it_is_sampled_from_the_first() -> None:
    """The watchdog of another instance that fires later moves nothing."""
    score = beating(*TIMES).fired("Watchdog", active=9.0, firing=9.0, until=12.0, host="b")
    assert verdict(score) == "pass"
    late = replace(score, _arrivals=score._arrivals[2:])
    assert "late" in kinds(late)


def test_a_repeat_of_no_delay_at_all_is_no_repeat() -> None:
    alertmanager = deepcopy(dict(ALERTMANAGER))
    alertmanager["route"]["routes"][0].update(repeat_interval="0s", group_interval="50ms")
    configuration = replace(CONFIGURATION, alertmanager=alertmanager)
    once = replace(beating(0.51), length=0.6, configuration=configuration)
    assert "too short" in doubts(once)


def test_a_starved_heartbeat_is_doubtful_from_then_on() -> None:
    """Held up from 12 on: the beats missing before that are not excused."""

    def held_up(*times: float) -> str:
        score = beating(*times)
        resolved = score.resolved("Watchdog", since=0.0, ends=15.5)
        score.notified(resolved, at=16.51, receiver="switch", group=GROUP)
        timeline = score.timeline()
        watchdog, *others = timeline.alert_samples
        kept = tuple(t for t in watchdog.times if not 12.0 < t - START < 16.0)
        return verdict(replace(timeline, alert_samples=(replace(watchdog, times=kept), *others)))

    assert held_up(0.51, 6.51, 12.51, 20.51, 26.51, 32.51, 38.51) == "unknown"
    assert held_up(0.51, 8.51, 12.51, 18.51, 24.51, 30.51, 36.51) == "fail"


def test_a_heartbeat_that_starts_too_late_is_late() -> None:
    assert "late" in kinds(beating(*TIMES[2:]))


def test_a_heartbeat_that_fires_later_may_arrive_later() -> None:
    score = beating(*(at + 8 for at in TIMES[:6]))
    score.watchdog = False
    score.fired("Watchdog", active=8.0, firing=8.0, until=40.0)
    score = replace(score)
    assert kinds(score) == []


def test_a_drill_too_short_for_a_repeat_shows_none() -> None:
    short = replace(beating(0.51), length=6.0)
    assert kinds(short) == []
    assert doubts(short) == ["too short"]
    assert verdict(short) == "unknown"


def test_a_duplicate_is_no_repeat() -> None:
    twice = replace(beating(0.51, 0.6), length=6.0)
    assert doubts(twice) == ["too short"]
    assert doubts(replace(beating(0.51, 6.42), length=7.0)) == []


def test_another_receiver_is_misrouted_and_another_group_misgrouped() -> None:
    assert kinds(beating(*TIMES, receiver="chat")) == ["misrouted"]
    elsewhere = replace(BEAT, group={"alertname": "Watchdog"})
    assert kinds(beating(*TIMES, expectation=elsewhere)) == ["misgrouped"]


def test_other_labels_are_wrong() -> None:
    wanted = replace(BEAT, labels={"cluster": "eu"})
    assert kinds(beating(*TIMES, expectation=wanted)) == ["wrong labels"]
    assert kinds(beating(*TIMES, expectation=wanted, cluster="eu")) == []


def test_a_heartbeat_that_is_resolved_fails() -> None:
    score = beating(*TIMES)
    resolved = score.resolved("Watchdog", since=0.0, ends=14.0)
    score.notified(resolved, at=14.51, receiver="switch", group=GROUP)
    assert kinds(score) == ["resolved early"]
    assert verdict(score) == "fail"


def test_a_heartbeat_that_alertmanager_resolved_in_a_freeze_is_unknown() -> None:
    score = beating(*TIMES)
    resolved = score.resolved("Watchdog", since=0.0, ends=15.5)
    score.notified(resolved, at=16.51, receiver="switch", group=GROUP)
    timeline = score.timeline()
    watchdog, *others = timeline.alert_samples
    held_up = replace(
        watchdog,
        times=tuple(t for t in watchdog.times if not 12.0 < t - watchdog.times[0] < 16.0),
    )
    timeline = replace(timeline, alert_samples=(held_up, *others))
    assert kinds(timeline) == []
    assert "starved" in doubts(timeline)


def test_an_unexpanded_template_is_wrong() -> None:
    score = beating(*TIMES[:-1])
    raw = score.firing("Watchdog", since=0.0, annotations={"summary": "<no value>"})
    score.notified(raw, at=TIMES[-1], receiver="switch", group=GROUP)
    assert kinds(score) == ["wrong annotations"]


def test_a_heartbeat_without_a_rule_is_missed() -> None:
    rules = tuple(r for r in CONFIGURATION.rules if r.name != "Watchdog")
    timeline = beating().timeline()
    timeline = replace(timeline, configuration=replace(CONFIGURATION, rules=rules))
    assert kinds(timeline) == ["missed"]
    assert verdict(timeline) == "fail"


def test_the_table_shows_the_longest_gap_of_those_that_no_outage_parts() -> None:
    times = (0.51, 6.51, 12.51, 30.51, 36.6)
    score = beating(*times, expectation=replace(BEAT, stops={"down": 600.0}))
    score.fault("down", at=13.0, confirmed=13.1, healing=28.0, healed=28.5, stops=("prometheus",))
    row = judge(score.timeline()).rows[0]
    assert row.kind == "heartbeat"
    assert row.notified_seconds == pytest.approx(6.09)
