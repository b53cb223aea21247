"""Windows follow the formulas of the design, part by named part."""

from dataclasses import replace

import pytest

from scenarios.judge.timeline import ScrapeJob
from scenarios.judge.window import (
    Bounds,
    Lags,
    Part,
    Wait,
    Window,
    active_bounds,
    allowance_seconds,
    certain_firing_seconds,
    certain_pending_parts,
    clear_bounds,
    clearing_parts,
    for_seconds,
    keep_firing_seconds,
    notify_bounds,
    on_grid_seconds,
    pending_parts,
    resolve_bounds,
    total,
    written,
)
from tests.scenarios.judge.score import CONFIGURATION, Score, rule

RATIO = "sum(rate(failed[2s])) / sum(rate(all_payments[2s])) > 0.05"
QUANTILE = "histogram_quantile(0.9, sum by (le) (rate(seconds_bucket[4s]))) > 2"
RATE = "sum(rate(failed[2s])) > 1"
GENERAL = "max_over_time(queue[3s]) > 5"

S, E, TIMEOUT, OFFSET = 0.5, 0.25, 0.2, 0.125
WORLD = replace(
    CONFIGURATION,
    scrape_jobs=(ScrapeJob("api", S, TIMEOUT),),
    query_offset_seconds=OFFSET,
    metric_jobs={},
)
SLOW = Lags(lag_seconds=1.0, heal_lag_seconds=3.0, slow_seconds=4.0, disturbs_jobs=("api",))

LAG = Part("lag", 1.0)
HEAL_LAG = Part("lag", 3.0)
SCRAPE = Part("scrape", S)
HANGING = Part("scrape timeout", TIMEOUT)
QUERY = Part("query offset", OFFSET)
ONCE = Part("evaluation", E)
TWICE = Part("evaluation", E, 2)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("queue >= 1000", (LAG, SCRAPE, QUERY, ONCE)),
        ("up == 0", (LAG, SCRAPE, HANGING, QUERY, ONCE)),
        (RATE, (LAG, Part("range", 2.0), SCRAPE, QUERY, ONCE)),
        (RATIO, (LAG, Part("range", 2.0), SCRAPE, QUERY, ONCE)),
        (
            QUANTILE,
            (LAG, Part("slow request", 3.0), Part("range", 4.0), SCRAPE, QUERY, ONCE),
        ),
        (
            GENERAL,
            (LAG, Part("slow request", 3.0), Part("range", 3.0), SCRAPE, HANGING, QUERY, TWICE),
        ),
    ],
)
def test_pending_is_bounded_by_the_form(expression: str, expected: tuple[Part, ...]) -> None:
    assert pending_parts(WORLD, rule("A", expression), SLOW) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("queue >= 1000", (HEAL_LAG, SCRAPE, QUERY, ONCE)),
        ("up == 0", (HEAL_LAG, SCRAPE, QUERY, ONCE)),
        (RATE, (HEAL_LAG, Part("range", 2.0), QUERY, ONCE)),
        (RATIO, (HEAL_LAG, Part("range", 2.0), QUERY, ONCE)),
        (QUANTILE, (HEAL_LAG, Part("slow request", 1.0), Part("range", 4.0), QUERY, ONCE)),
        (
            GENERAL,
            (HEAL_LAG, Part("slow request", 1.0), Part("range", 3.0), SCRAPE, QUERY, TWICE),
        ),
    ],
)
def test_clearing_is_bounded_by_the_form(expression: str, expected: tuple[Part, ...]) -> None:
    assert clearing_parts(WORLD, rule("A", expression), SLOW) == expected


def test_a_ratio_crosses_after_its_share_of_the_range() -> None:
    """0.05 of 0.2 is a quarter of 2 s."""
    parts = pending_parts(WORLD, rule("A", RATIO), Lags(symptom_ratio=0.2))
    assert parts == (Part("share of range", 0.5), SCRAPE, QUERY, ONCE)


def test_a_quantile_crosses_after_its_share_of_the_range() -> None:
    """The slowest tenth of requests that are all slow is a tenth of 4 s."""
    parts = pending_parts(WORLD, rule("A", QUANTILE), Lags(symptom_ratio=1.0))
    assert parts[0].name == "share of range"
    assert parts[0].seconds == pytest.approx(0.4)


@pytest.mark.parametrize("reached", [0.05, 0.04])
def test_a_ratio_that_does_not_pass_the_threshold_gets_the_whole_range(reached: float) -> None:
    parts = pending_parts(WORLD, rule("A", RATIO), Lags(symptom_ratio=reached))
    assert parts[0] == Part("range", 2.0)


def test_few_evenly_spaced_events_stretch_the_share() -> None:
    """With 4 a second over 2 - 0.5 s, floor(0.3) + 1 failures come within 1 / (4 x 0.2) s."""
    lags = Lags(symptom_ratio=0.2, events_per_second=4.0)
    assert pending_parts(WORLD, rule("A", RATIO), lags)[0] == Part("share of range", 1.25)


def test_many_evenly_spaced_events_do_not() -> None:
    lags = Lags(symptom_ratio=0.2, events_per_second=1000.0)
    assert pending_parts(WORLD, rule("A", RATIO), lags)[0] == Part("share of range", 0.5)


def test_every_failure_that_is_needed_takes_its_time() -> None:
    """With 16 a second over 1.5 s, floor(1.2) + 1 failures come within 2 / (16 x 0.08) s."""
    lags = Lags(symptom_ratio=0.08, events_per_second=16.0)
    assert pending_parts(WORLD, rule("A", RATIO), lags)[0] == Part("share of range", 1.5625)


def test_the_wide_bound_holds_for_any_form() -> None:
    parts = certain_pending_parts(WORLD, rule("A", RATIO), Lags(symptom_ratio=0.9))
    assert parts == (Part("range", 2.0), SCRAPE, QUERY, TWICE)
    held = rule("A", RATIO, 1.1)
    assert certain_firing_seconds(WORLD, held, Lags()) == 2 + S + OFFSET + 2 * E + 1.25


def test_recording_rules_on_the_way_are_a_part() -> None:
    recording = replace(
        rule("a:ratio", "rate(failed[1s])"), kind="recording", interval_seconds=0.75
    )
    alert = rule("A", "a:ratio > 1")
    configuration = replace(WORLD, rules=(recording, alert))
    hop = Part("recording rules", 0.75)
    range_part = Part("range", 1.0)
    expected = (range_part, SCRAPE, QUERY, hop, TWICE)
    assert pending_parts(configuration, alert, Lags()) == expected
    assert clearing_parts(configuration, alert, Lags()) == expected


@pytest.mark.parametrize(
    ("duration", "interval", "expected"),
    [
        (0.0, 0.25, 0.0),
        (1.0, 0.25, 1.0),
        (1.1, 0.25, 1.25),
        (0.001, 0.25, 0.25),
        (1.1, 0.1, 1.1),
        (0.7, 0.1, 0.7),
        (0.5, 0.0, 0.5),
    ],
)
def test_for_is_rounded_up_to_whole_evaluations(
    duration: float, interval: float, expected: float
) -> None:
    assert on_grid_seconds(duration, interval) == expected


def test_for_and_keep_firing_are_read_from_their_own_fields() -> None:
    held = replace(rule("A", "up == 0", 0.3), keep_firing_for_seconds=0.6)
    assert for_seconds(held) == 0.5
    assert keep_firing_seconds(held) == 0.75


@pytest.mark.parametrize(
    ("promise", "expected"), [(None, 0.25), (10.0, 0.25), (1.25, 0.25), (1.0, 0.2), (0.5, 0.1)]
)
def test_the_allowance_is_at_most_a_fifth_of_the_promise(
    promise: float | None, expected: float
) -> None:
    assert allowance_seconds(promise) == pytest.approx(expected)


HELD = replace(rule("A", "queue > 1", 1.1), keep_firing_for_seconds=0.3)
FOR = Part("for", 1.25)
KEPT = Part("keep firing", 0.5)
ALLOWANCE = Part("allowance", 0.2)


def test_notified_is_pending_and_for_and_the_groups_wait() -> None:
    bounds = notify_bounds(WORLD, HELD, SLOW, Wait("group interval", 0.0, 2.0), 0.2)
    assert bounds.earliest == (FOR,)
    assert bounds.latest == (
        LAG, SCRAPE, QUERY, ONCE, FOR, Part("group interval", 2.0), ALLOWANCE,
    )  # fmt: skip


def test_a_new_group_waits_at_least_as_long_as_at_most() -> None:
    bounds = active_bounds(HELD, Wait("group wait", 0.5, 0.5), 0.2)
    assert bounds.earliest == (FOR, Part("group wait", 0.5))
    assert bounds.latest == (FOR, Part("group wait", 0.5), ALLOWANCE)


def test_resolved_is_clearing_and_keep_firing_and_the_groups_interval() -> None:
    clearing = (HEAL_LAG, SCRAPE, QUERY, ONCE)
    cleared = clear_bounds(WORLD, HELD, SLOW, 0.2)
    assert cleared == Bounds((KEPT,), (*clearing, KEPT, ALLOWANCE))
    told = resolve_bounds(WORLD, HELD, SLOW, 2.0, 0.2)
    assert told == Bounds((KEPT,), (*clearing, KEPT, Part("group interval", 2.0), ALLOWANCE))


def test_a_window_opens_with_the_cause_and_closes_after_its_confirmation() -> None:
    bounds = Bounds((Part("for", 1.0),), (Part("for", 1.0), Part("evaluation", 0.25, 2)))
    assert bounds.placed(100.0, 103.0) == Window(100.9, 104.5, bounds.latest)
    assert bounds.placed(100.0, None).latest is None


def test_parts_are_written_with_their_names() -> None:
    parts = (Part("scrape", 0.25), Part("evaluation", 0.25, 2), Part("for", 2.0))
    assert written(parts) == "0.25 scrape + 2\N{MULTIPLICATION SIGN}0.25 evaluation + 2 for"
    assert total(parts) == 2.75
    assert written(()) == "0"


def test_what_a_fault_declares_is_taken_over_from_its_record() -> None:

    record = Score().fault(
        lag_seconds=1.0,
        heal_lag_seconds=3.0,
        symptom_ratio=0.2,
        slow_seconds=4.0,
        disturbs_jobs=("api",),
        events_per_second=5.0,
    )
    (fault,) = record.timeline().faults
    assert Lags.of(fault) == Lags(1.0, 3.0, 0.2, 4.0, ("api",), 5.0)


def test_a_rate_gets_the_whole_range_whatever_share_the_fault_reaches() -> None:
    parts = pending_parts(WORLD, rule("A", RATE), Lags(symptom_ratio=2.0))
    assert Part("range", 2.0) in parts


def test_a_range_no_longer_than_a_scrape_needs_one_event_at_least() -> None:
    """It covers no time at all for sure; the first failure of 40 x 0.2 a second takes 0.125 s."""
    short = RATIO.replace("2s", "500ms")
    for events, seconds in ((4.0, 1.25), (40.0, 0.125)):
        lags = Lags(symptom_ratio=0.2, events_per_second=events)
        assert Part("share of range", seconds) in pending_parts(WORLD, rule("A", short), lags)


def test_on_a_grid_of_milliseconds_every_millisecond_counts() -> None:
    assert on_grid_seconds(1.0, 0.001) == 1.0
    assert on_grid_seconds(0.0014, 0.001) == 0.001
    assert on_grid_seconds(1.0, 0.0) == 1.0
