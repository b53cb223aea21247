"""A heartbeat stops within its window when the monitoring is gone, and comes back with it.

Watchdog repeats every 5 s at ticks of 2 s, after 6 s, and Alertmanager gives it up 4 s after it was
last sent. Prometheus is gone from 14.1 s to 32 s.
"""

from dataclasses import replace
from typing import Any

import pytest

from scenarios.judge.expectation import Heartbeat
from scenarios.judge.timeline import AlertSamples, Timeline
from scenarios.judge.verdict import judge
from tests.scenarios.judge.score import (
    START,
    Score,
    chat_group,
    doubts,
    kinds,
    labels_of,
    steps,
    texts,
    verdict,
)

GROUP = chat_group("Watchdog")
BEAT = Heartbeat("Watchdog", every_seconds=420.0, at="switch", group=GROUP, stops={"down": 360.0})
LENGTH = 50.0
GONE, BACK = 14.0, 32.0
BEFORE, AFTER = (0.51, 6.51, 12.51), (33.51, 39.51, 45.51)


def scored(
    *beats: float,
    stops: tuple[str, ...] = ("prometheus",),
    healing: float = 31.5,
    resolved: float | None = 18.51,
    expectation: Heartbeat = BEAT,
) -> Score:
    """A heartbeat that is told of at these moments, and the outage."""
    score = Score(expects=[expectation], length=LENGTH, watchdog=False)
    score.fault(
        "down", at=GONE, confirmed=GONE + 0.1, healing=healing, healed=healing + 0.5, stops=stops
    )
    for at in beats:
        since = 0.0 if at < GONE + 6 else BACK + 1
        score.notified(score.firing("Watchdog", since=since), at=at, receiver="switch", group=GROUP)
    if resolved is not None:
        gone = score.resolved("Watchdog", since=0.0, ends=17.5)
        score.notified(gone, at=resolved, receiver="switch", group=GROUP)
    return score


def without_prometheus(score: Score, began: float = GONE, ended: float = BACK) -> Timeline:
    """Nothing was scraped or evaluated in that time."""

    def kept(times: tuple[float, ...]) -> tuple[float, ...]:
        return tuple(t for t in times if not began <= t - START < ended)

    timeline = score.timeline()
    watchdog = labels_of(score.configuration, "Watchdog", {})
    return replace(
        timeline,
        alert_samples=(AlertSamples(watchdog, "firing", kept(steps(0.0, LENGTH))),),
        scrapes=tuple(
            replace(s, times=kept(s.times), up=(1,) * len(kept(s.times))) for s in timeline.scrapes
        ),
        evaluations=tuple(replace(e, times=kept(e.times)) for e in timeline.evaluations),
    )


def judged(*beats: float, **changes: Any) -> Timeline:
    return without_prometheus(scored(*beats, **changes))


def test_a_heartbeat_that_stops_and_comes_back_passes() -> None:
    """The false resolve of it, and that nothing was scraped, are the outage's."""
    timeline = judged(*BEFORE, *AFTER)
    assert kinds(timeline) == []
    assert doubts(timeline) == []
    assert verdict(timeline) == "pass"


def test_the_stop_is_a_row_of_its_own() -> None:
    judgement = judge(judged(*BEFORE, 17.51, *AFTER))
    _, stopped = judgement.rows
    assert (stopped.kind, stopped.alert, stopped.receiver) == (
        "heartbeat stops",
        "Watchdog",
        "switch",
    )
    assert stopped.notified_seconds == pytest.approx(3.51)
    earliest, latest = stopped.window_seconds or (None, None)
    assert earliest == pytest.approx(0.0)
    assert latest == pytest.approx(4.35)
    assert stopped.promise_seconds == 6.0


@pytest.mark.parametrize(("last", "found"), [(18.34, []), (18.36, ["not stopped"])])
def test_it_may_beat_until_alertmanager_gives_it_up_and_no_longer(
    last: float, found: list[str]
) -> None:
    """Gone by 14.1 s, 4 s after that, and 0.25 s of allowance."""
    assert kinds(judged(*BEFORE, last, *AFTER)) == found


def test_a_heartbeat_that_goes_on_fails() -> None:
    """As where something else sends it, or Alertmanager never forgets."""
    timeline = judged(*BEFORE, 18.51, 24.51, 30.51, *AFTER, resolved=None)
    assert kinds(timeline) == ["not stopped", "promise broken"]
    assert "it had to stop by 18.35 s" in texts(timeline)
    assert verdict(timeline) == "fail"


def test_its_resolve_is_told_a_tick_later_at_most() -> None:
    assert kinds(judged(*BEFORE, *AFTER, resolved=20.34)) == []
    assert kinds(judged(*BEFORE, *AFTER, resolved=20.36)) == ["not stopped"]


def test_a_promise_to_notice_sooner_is_broken() -> None:
    soon = replace(BEAT, stops={"down": 180.0})
    timeline = judged(*BEFORE, 17.51, *AFTER, expectation=soon)
    assert kinds(timeline) == ["promise broken"]


def test_one_that_does_not_come_back_is_missed() -> None:
    assert "missed" in kinds(judged(*BEFORE))
    assert verdict(judged(*BEFORE)) == "fail"


@pytest.mark.parametrize(("first", "found"), [(35.74, []), (35.76, ["late"])])
def test_it_is_back_within_its_window(first: float, found: list[str]) -> None:
    """Two evaluations, a resend delay, a group interval of 2 s and allowance after 32 s."""
    assert kinds(judged(*BEFORE, first, first + 6, first + 12)) == found


def test_an_outage_shorter_than_between_two_beats_proves_nothing() -> None:
    short = without_prometheus(
        scored(*BEFORE, 20.0, 26.0, 32.0, 38.0, 44.0, healing=17.0, resolved=None), GONE, 17.5
    )
    assert "too short" in doubts(short)
    assert verdict(short) == "unknown"


def test_without_alertmanager_the_last_beat_is_that_under_way() -> None:
    alone: dict[str, Any] = {"stops": ("alertmanager",), "resolved": None}
    # Prometheus is there all the time, so nothing is missing from its records.
    in_time = replace(scored(*BEFORE, 14.3, *AFTER, **alone), watchdog=True)
    assert kinds(in_time) == []
    later = replace(scored(*BEFORE, 14.4, *AFTER, **alone), watchdog=True)
    assert kinds(later) == ["not stopped"]


def test_a_step_that_took_nothing_down_proves_nothing() -> None:
    score = scored(*BEFORE, 18.51, 24.51, 30.51, 36.51, 42.51, 48.51, stops=("redis",))
    assert verdict(replace(score, watchdog=True)) != "pass"
    assert "took neither Prometheus nor Alertmanager down" in texts(score)


def test_gaps_beside_the_outage_are_still_judged() -> None:
    assert "late" in kinds(judged(0.51, 12.51, *AFTER))
    assert "late" in kinds(judged(*BEFORE, 33.51, 45.51))


def test_an_outage_that_was_not_declared_is_late() -> None:
    silent = replace(BEAT, stops={})
    assert "late" in kinds(judged(*BEFORE, *AFTER, expectation=silent))


def test_a_longer_gap_than_the_outage_is_a_doubt() -> None:
    """Scrapes and evaluations that are missing for a second more are not the outage's."""
    assert {"scrapes", "evaluations"} <= set(
        doubts(without_prometheus(scored(*BEFORE, *AFTER), GONE, BACK + 1))
    )


def test_missing_evaluations_without_an_outage_are_a_doubt() -> None:
    score = scored(*BEFORE, *AFTER, stops=("redis",))
    assert {"scrapes", "evaluations"} <= set(doubts(without_prometheus(score)))


def test_a_drill_that_ends_before_it_is_back_proves_nothing() -> None:
    """It may take until 36 s and more; nothing had come by 33 s."""
    timeline = judged(*BEFORE)
    clock = replace(timeline.clock, ended=START + 33.0, ended_monotonic=500.0 + 33.0)
    early = replace(timeline, clock=clock)
    assert "missed" not in kinds(early)
    assert "the drill ended before Watchdog was seen to be back after 'down'" in texts(early)
    assert verdict(early) != "pass"
