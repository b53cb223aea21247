"""Tests of the schedule: arrivals are evenly spaced, at whatever pace, however it is looked at."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locustfiles.pace import FillThenHold, Pace, Schedule, Steady, Step, Steps, Turn

BEGUN_AT = 1000.0


def due(schedule: Schedule, elapsed_seconds: float) -> list[float]:
    return [round(at - BEGUN_AT, 6) for at in schedule.due(BEGUN_AT + elapsed_seconds)]


def schedule_of(pace: Pace, limit: int | None = None) -> Schedule:
    return Schedule(lambda: pace, BEGUN_AT, limit)


def test_steady_arrivals_are_evenly_spaced_and_the_first_is_due_at_once() -> None:
    """Four a second are due at 0, 0.25, 0.5, ... and each is told once."""
    schedule = schedule_of(Steady(4))
    assert due(schedule, 0) == [0]
    assert due(schedule, 0.6) == [0.25, 0.5]
    assert due(schedule, 0.7) == []
    assert due(schedule, 1.0) == [0.75, 1.0]


@given(
    rate=st.floats(0.1, 500),
    looks=st.lists(st.floats(0.001, 3), min_size=1, max_size=20),
)
def test_how_often_one_looks_changes_nothing(rate: float, looks: list[float]) -> None:
    """After any looks there are as many arrivals as rate times time, give or take a rounding."""
    schedule, elapsed, arrivals = schedule_of(Steady(rate)), 0.0, []
    for look in looks:
        elapsed += look
        arrivals += [at - BEGUN_AT for at in schedule.due(BEGUN_AT + elapsed)]
    assert abs(len(arrivals) - (elapsed * rate + 1)) <= 1
    assert all(later - sooner == pytest.approx(1 / rate) for sooner, later in pairwise(arrivals))


def test_a_fill_turns_into_a_hold_when_enough_have_come() -> None:
    """Four fill at ten a second, then one comes each second."""
    schedule = schedule_of(FillThenHold(fill_per_second=10, fill_count=4, hold_per_second=1))
    assert due(schedule, 3) == [0, 0.1, 0.2, 0.3, 1.3, 2.3]


def test_lost_arrivals_prolong_the_fill() -> None:
    """Two that were lost come again at the rate of the fill."""
    schedule = schedule_of(FillThenHold(fill_per_second=8, fill_count=4, hold_per_second=1))
    assert len(due(schedule, 0.375)) == 4
    schedule.lose()
    schedule.lose()
    assert due(schedule, 2) == [0.5, 0.625, 1.625]


def test_a_hold_of_zero_offers_nothing_more() -> None:
    """After the fill the schedule is silent, and says that there is nothing to wait for."""
    schedule = schedule_of(FillThenHold(fill_per_second=10, fill_count=2, hold_per_second=0))
    assert len(due(schedule, 60)) == 2
    assert schedule.seconds_to_next(BEGUN_AT + 60) == float("inf")


def test_steps_take_effect_on_time_whatever_the_rate_before() -> None:
    """A slow step does not put off the first arrivals of the fast one after it."""
    steps = Steps((Step(10, 0.125), Step(1, 4), Step(5, 0)))
    schedule = schedule_of(steps)
    assert due(schedule, 9.5) == [0, 8]
    assert schedule.seconds_to_next(BEGUN_AT + 9.5) == 0.5
    assert due(schedule, 60) == [10.1875, 10.4375, 10.6875, 10.9375]
    assert steps.seconds == 16


def test_nothing_is_due_at_a_rate_of_zero() -> None:
    """A run that begins with silence has its first arrival when the silence is over."""
    assert due(schedule_of(Steps((Step(3, 0), Step(0.75, 2)))), 60) == [3, 3.5]


def test_a_rate_changed_while_running_holds_from_then_on() -> None:
    """What the web UI changes takes effect without a burst and without a gap."""
    rates = [2.0]
    schedule = Schedule(lambda: Steady(rates[0]), BEGUN_AT)
    assert due(schedule, 1) == [0, 0.5, 1]
    rates[0] = 10.0
    assert due(schedule, 1.35) == [1.1, 1.2, 1.3]


def test_a_limit_ends_the_arrivals() -> None:
    """With a limit of three there is never a fourth."""
    schedule = schedule_of(Steady(100), limit=3)
    assert due(schedule, 60) == [0, 0.01, 0.02]
    assert due(schedule, 120) == []
    assert schedule.seconds_to_next(BEGUN_AT + 120) == float("inf")


@given(rate=st.floats(0.1, 500), looks=st.lists(st.floats(0, 2), min_size=1, max_size=20))
def test_the_wait_ends_when_the_next_arrival_is_due(rate: float, looks: list[float]) -> None:
    """Nothing falls due before `seconds_to_next` is over, and something does right after."""
    schedule, now = schedule_of(Steady(rate)), BEGUN_AT
    for look in looks:
        now += look
        list(schedule.due(now))
        wait_seconds = schedule.seconds_to_next(now)
        if wait_seconds > 1e-9:  # Less is a rounding of the clock's.
            assert list(schedule.due(now + wait_seconds * 0.99)) == []
        now += wait_seconds + 1e-6
        assert len(list(schedule.due(now))) == 1


def turns_of(pace: Pace, count: int, limit: int | None = None) -> list[Schedule]:
    """So many processes' schedules, all begun at the same time."""
    schedules = [schedule_of(pace, limit) for _ in range(count)]
    for index, schedule in enumerate(schedules):
        schedule.take_up(schedule.stand(), Turn(index, count), BEGUN_AT)
    return schedules


@pytest.mark.parametrize("count", [1, 2, 3, 7])
@pytest.mark.parametrize(
    "pace", [Steady(10.0), FillThenHold(40.0, 20, 5.0), Steps((Step(1.0, 3.0), Step(2.0, 30.0)))]
)
def test_turns_together_are_the_arrivals_of_one_process(pace: Pace, count: int) -> None:
    """At the same times, none twice, none left out, and as even."""
    whole = due(schedule_of(pace), 4.0)
    parts = [due(schedule, 4.0) for schedule in turns_of(pace, count)]
    assert sorted(at for part in parts for at in part) == pytest.approx(whole)
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


def test_a_limit_is_that_of_all_turns() -> None:
    parts = [due(schedule, 60.0) for schedule in turns_of(Steady(10.0), 3, limit=20)]
    assert sum(map(len, parts)) == 20


@pytest.mark.parametrize("index", [0, 1, 2])
def test_one_waits_for_the_next_turn_of_ones_own(index: int) -> None:
    """Not for each arrival of all the others."""
    schedule = turns_of(Steady(10.0), 3)[index]
    now = BEGUN_AT + 1.05
    list(schedule.due(now))
    wait_seconds = schedule.seconds_to_next(now)
    assert list(schedule.due(now + wait_seconds - 0.001)) == []
    assert len(list(schedule.due(now + wait_seconds + 0.001))) == 1


def test_a_schedule_is_taken_up_where_another_stands() -> None:
    """One that comes late begins with the arrivals that are due then, and numbers them alike."""
    first = schedule_of(Steady(10.0))
    list(first.due(BEGUN_AT + 2.04))
    late = schedule_of(Steady(10.0))
    late.take_up(first.stand(), Turn(), 900.0)
    assert late.offered == first.offered == 21
    assert list(late.due(902.55)) == pytest.approx([902.1, 902.2, 902.3, 902.4, 902.5])


def test_what_is_lost_elsewhere_prolongs_the_fill_too() -> None:
    schedule = schedule_of(FillThenHold(10.0, 5, 0.0))
    assert len(due(schedule, 10.0)) == 5
    schedule.lost_elsewhere = 3
    assert len(due(schedule, 20.0)) == 3
