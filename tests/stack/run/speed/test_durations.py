"""Durations are read, written and divided exactly, in whole milliseconds."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stack.run.speed import (
    SpeedError,
    divide,
    exact_speed,
    format_duration,
    parse_duration,
    read_speed,
)

SPEEDS = st.fractions(min_value=1, max_value=5000, max_denominator=1000)


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [
        ("0", 0),
        ("0s", 0),
        ("500ms", 500),
        ("15s", 15_000),
        ("1h30m", 5_400_000),
        ("1m0s", 60_000),
        ("1d", 86_400_000),
        ("2w", 1_209_600_000),
        ("1y", 31_536_000_000),
        ("1y2w3d4h5m6s7ms", 33_019_506_007),
        (0, 0),
    ],
)
def test_reads_what_prometheus_reads(text: str | int, milliseconds: int) -> None:
    """Every unit, their combinations, and the zero that YAML makes a number of."""
    assert parse_duration(text) == milliseconds


@pytest.mark.parametrize(
    "text",
    ["", "5", "5x", "1.5h", "-5m", "5m1h", "5m5m", "5 m", " 5m", "5M", "\u0665m", "m", "1h30", 5],
)
def test_refuses_what_prometheus_refuses(text: str | int) -> None:
    """What Prometheus would not load is no duration here; the error shows one that is."""
    with pytest.raises(SpeedError, match=r"is not a duration; write .* such as 1h30m"):
        parse_duration(text)


def test_refuses_a_duration_that_overflows() -> None:
    """Go's 64 bits of nanoseconds end after 292 years."""
    assert parse_duration("292y") > 0
    with pytest.raises(SpeedError, match="longer than Prometheus can hold"):
        parse_duration("293y")


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (0, "0s"),
        (7, "7ms"),
        (15_500, "15s500ms"),
        (5_400_000, "1h30m"),
        (172_800_000, "48h"),
        (-5_000, "-5s"),
    ],
)
def test_writes_units_that_every_engine_reads(milliseconds: int, text: str) -> None:
    """Alertmanager's flags know no day, so hours are the longest unit."""
    assert format_duration(milliseconds) == text


@settings(deadline=None)
@given(st.integers(min_value=0, max_value=9 * 10**12))
def test_written_durations_are_read_back_exactly(milliseconds: int) -> None:
    """Writing and reading lose nothing."""
    assert parse_duration(format_duration(milliseconds)) == milliseconds


@pytest.mark.parametrize(
    ("milliseconds", "speed", "quotient"),
    [
        (300_000, 20, 15_000),
        (15_000, 7, 2_143),
        (1_000, Fraction(3), 333),
        (1, 2, 1),
        (3, 2, 2),
        (15_000, 2.5, 6_000),
        (10_000, 3.3, 3_030),
    ],
)
def test_divides_to_the_nearest_millisecond(
    milliseconds: int, speed: float | Fraction, quotient: int
) -> None:
    """Halves go up; a speed of 3.3 is taken as written, not as the nearest binary number."""
    assert divide(milliseconds, speed) == quotient


@settings(deadline=None)
@given(st.integers(min_value=0, max_value=10**12), SPEEDS)
def test_multiplying_back_misses_by_half_a_millisecond_times_the_speed_at_most(
    milliseconds: int, speed: Fraction
) -> None:
    """Nothing but rounding is lost in a division."""
    assert abs(divide(milliseconds, speed) * speed - milliseconds) <= speed / 2


@settings(deadline=None)
@given(st.integers(min_value=0, max_value=10**9), st.integers(min_value=0, max_value=10**9), SPEEDS)
def test_division_keeps_the_order_of_durations(shorter: int, longer: int, speed: Fraction) -> None:
    """A timeout that is within its interval stays within it."""
    low, high = sorted((shorter, longer))
    assert divide(low, speed) <= divide(high, speed)


@pytest.mark.parametrize("speed", [1, 1.0, 20, 2.5, Fraction(5, 2)])
def test_takes_speeds_from_one_up(speed: float | Fraction) -> None:
    """Whole numbers, floats and fractions are speeds."""
    assert exact_speed(speed) == Fraction(speed)


@pytest.mark.parametrize("speed", [0, 0.5, -20, float("inf"), float("nan")])
def test_refuses_speeds_below_production_or_without_end(speed: float) -> None:
    """A speed that is no number of at least one is refused, saying what to write."""
    with pytest.raises(SpeedError, match="write"):
        exact_speed(speed)


@pytest.mark.parametrize(
    ("text", "speed"), [("1", 1.0), ("20", 20.0), ("2.5", 2.5), ("5/2", 2.5), ("1e2", 100.0)]
)
def test_a_speed_is_read_as_a_user_writes_it(text: str, speed: float) -> None:
    """Whole, decimal or as a fraction."""
    assert read_speed(text) == speed


@pytest.mark.parametrize("text", ["", "fast", "20x", "nan", "inf", "1/0", "0.5", "-1", "1e400"])
def test_what_is_no_speed_is_refused_saying_what_to_write(text: str) -> None:
    """No traceback for a slip on the command line."""
    with pytest.raises(SpeedError, match="write"):
        read_speed(text)
