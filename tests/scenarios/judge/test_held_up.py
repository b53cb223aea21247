"""A notification whose receiver failed is due within a retry's pause, or a tick, of its healing.

QueueLong is due at the pager in [11.90, 12.25]; the pager fails from 9 until it is healed.
"""

import math
import random
from dataclasses import replace

import pytest

from scenarios.judge.held_up import (
    FIRST_PAUSE_SECONDS,
    GROWTH,
    SPREAD,
    explains_refusal,
    held_up,
    longest_pause_seconds,
    next_attempt_part,
)
from scenarios.judge.timeline import FaultRecord
from scenarios.judge.window import Window
from tests.scenarios.judge.score import START, Score, fires, kinds, texts, verdict

SURGE = "surge"


def outage(*, healed: float | None = 14.0, ends_flushes: bool = False) -> FaultRecord:
    """The pager fails from 9 on."""
    return FaultRecord(
        name="pager fails",
        fault="receiver_failing",
        near_miss=False,
        wanted={},
        injecting=START + 9.0,
        confirmed=START + 9.1,
        observed="answers 500",
        healing=None if healed is None else START + healed - 0.1,
        healed=None if healed is None else START + healed,
        holds_up_receivers=("pager",),
        ends_flushes=ends_flushes,
    )


def score(at: float, *, record: FaultRecord | None = None, promise: float = 480.0) -> Score:
    """The pager fails, QueueLong fires, and arrives at ``at``; both are well in the end."""
    told = Score(expects=[fires(fault=SURGE, within_seconds=promise, resolves=False)], length=60.0)
    told._faults.append(record or outage())
    told.fault(healing=40.0, healed=40.25).fired(until=40.5)
    return told.notified(told.firing(), at=at)


@pytest.mark.parametrize(("at", "kind"), [(14.01, None), (17.9, None), (13.7, "early")])
def test_a_held_up_notification_counts_from_the_healing(at: float, kind: str | None) -> None:
    """The outage was there when it was due: nothing can come before the receiver heals."""
    told = score(at, promise=2000.0)
    assert kinds(told) == ([] if kind is None else [kind]), texts(told)


def test_one_that_comes_after_the_longest_pause_is_late() -> None:
    """After 2.1 s of attempts the pause is at most 0.75 s times 1.5 to the power of 4."""
    assert kinds(score(14.0 + 0.75 * GROWTH**4 + 0.2, promise=2000.0)) == []
    assert kinds(score(14.0 + 0.75 * GROWTH**4 + 0.3, promise=2000.0)) == ["late"]


def test_without_the_declaration_it_is_late() -> None:
    record = replace(outage(), holds_up_receivers=())
    assert kinds(score(14.01, record=record)) == ["late"]


def test_an_outage_of_another_receiver_excuses_nothing() -> None:
    record = replace(outage(), holds_up_receivers=("chat",))
    assert kinds(score(14.01, record=record)) == ["late"]


def test_an_outage_that_was_over_before_it_was_due_excuses_nothing() -> None:
    assert kinds(score(13.5, record=outage(healed=10.0))) == ["late"]


@pytest.mark.parametrize(("at", "kind"), [(16.2, None), (16.3, "late")])
def test_a_refusal_for_good_waits_for_the_next_tick(at: float, kind: str | None) -> None:
    """The group interval is 2 s, the allowance a quarter."""
    told = score(at, record=outage(ends_flushes=True), promise=2000.0)
    assert kinds(told) == ([] if kind is None else [kind])


@pytest.mark.parametrize(("promise", "broken"), [(60.0, True), (240.0, False)])
def test_the_promise_counts_from_the_healing_too(promise: float, broken: bool) -> None:
    """It arrives 2 s after the healing, promised within 1 s or 4 s at speed 60."""
    told = score(16.0, promise=promise)
    assert ("promise broken" in kinds(told)) is broken


def test_a_receiver_that_never_heals_makes_it_missed() -> None:
    told = Score(expects=[fires(fault=SURGE, resolves=False)], length=60.0)
    told._faults.append(outage(healed=None))
    told.fault(healing=40.0, healed=40.25).fired(until=40.5)
    assert kinds(told) == ["missed"]
    assert verdict(told) == "fail"


def test_a_refusal_under_an_outage_is_evidence_of_it_and_no_finding() -> None:
    assert kinds(score(14.01, promise=2000.0).refused(at=12.0)) == []
    assert kinds(score(14.01, promise=2000.0).refused(at=14.5)) == ["refused"]
    assert kinds(score(14.01, promise=2000.0).refused(at=12.0, receiver="chat")) == ["refused"]


def test_an_outage_explains_refusals_of_its_receiver_while_it_is_in() -> None:
    faults = [outage()]
    assert explains_refusal(faults, "pager", START + 12)
    assert not explains_refusal(faults, "pager", START + 8)
    assert not explains_refusal(faults, "chat", START + 12)
    assert explains_refusal([outage(healed=None)], "pager", START + 1000)


def test_what_was_due_after_the_outage_began_may_have_come_before() -> None:
    """The outage began inside the window: what came before it is not early."""
    due = Window(START + 8, START + 12, ())
    window = held_up(due, outage(), 2.0, 0.25)
    assert window.earliest == due.earliest
    assert window.latest is not None
    assert window.latest > START + 14


def test_no_draw_of_the_backoff_exceeds_the_longest_pause() -> None:
    """Alertmanager's own rule, drawn a thousand times: the bound holds at every moment."""
    draw = random.Random(1)
    for _ in range(1000):
        started, interval = 0.0, FIRST_PAUSE_SECONDS
        while started < 12:
            pause = interval * (1 + draw.uniform(-SPREAD, SPREAD))
            # Whatever moment of this pause the healing falls on, the pause ends within the bound.
            assert pause <= longest_pause_seconds(started) + 1e-9
            started, interval = started + pause, interval * GROWTH


@pytest.mark.parametrize(
    ("tried", "longest"), [(0.0, 0.75), (0.24, 0.75), (0.26, 1.125), (1e9, 90.0)]
)
def test_the_longest_pause_grows_with_the_attempts(tried: float, longest: float) -> None:
    assert math.isclose(longest_pause_seconds(tried), longest)


@pytest.mark.parametrize(("interval", "longest"), [(5.0, 10.0), (300.0, 90.0), (20.0, 20.0)])
def test_no_pause_outlasts_the_flush(interval: float, longest: float) -> None:
    """The flush is given up after its group interval, 10 s at least; the next begins at once."""
    assert next_attempt_part(outage(), 1000.0, interval).seconds == longest


def test_an_outage_that_was_soon_over_leaves_the_window_as_it_was() -> None:
    """Well at 11.41 s and tried again by 12.41 s, it may still come until 12.5 s."""
    score = Score(expects=[fires(fault="surge", resolves=False)]).fault().fired(polled=False)
    score.fault(
        "pager fails",
        at=11.0,
        confirmed=11.1,
        healing=11.35,
        healed=11.41,
        holds_up_receivers=("pager",),
    )
    score.notified(score.firing(), at=12.45)
    assert kinds(score) == []
