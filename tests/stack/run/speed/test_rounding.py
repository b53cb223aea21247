"""A speed is refused where whole milliseconds would bend a configuration by more than 1 %."""

from fractions import Fraction
from itertools import combinations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from stack.run.speed import Place, PlacedDuration, SpeedError, check_rounding, divide

LENGTHS = st.lists(st.integers(min_value=1, max_value=4 * 3_600_000), min_size=1, max_size=6)


def placed(*lengths_ms: int) -> list[PlacedDuration]:
    return [
        PlacedDuration(length, Place("rules.yml", f"for of A{line}", line))
        for line, length in enumerate(lengths_ms, 1)
    ]


def bends(lengths_ms: list[int], speed: Fraction) -> bool:
    """The rule itself, spelled out: some ratio of two durations changes by more than 1 %."""
    divided = [divide(length, speed) for length in lengths_ms]
    if 0 in divided:
        return True
    pairs = combinations(zip(lengths_ms, divided, strict=True), 2)
    changes = (
        Fraction(after_a, after_b) / Fraction(before_a, before_b)
        for (before_a, after_a), (before_b, after_b) in pairs
    )
    return any(max(change, 1 / change) > Fraction(101, 100) for change in changes)


# The first and the last are 1.08 % apart, each less than 1 % from those between.
@example(lengths_ms=[834, 838, 840, 845], speed=10)
@settings(deadline=None)
@given(LENGTHS, st.integers(min_value=1, max_value=3000))
def test_refuses_exactly_what_bends_a_ratio(lengths_ms: list[int], speed: int) -> None:
    """Neither stricter nor laxer than 1 % between any two durations."""
    if bends(lengths_ms, Fraction(speed)):
        with pytest.raises(SpeedError):
            check_rounding(placed(*lengths_ms), speed)
    else:
        check_rounding(placed(*lengths_ms), speed)


@settings(deadline=None)
@given(LENGTHS, st.integers(min_value=2, max_value=3000))
def test_names_the_largest_whole_speed_that_works(lengths_ms: list[int], speed: int) -> None:
    """The speed in the error works, and no whole speed between it and the refused one does."""
    try:
        check_rounding(placed(*lengths_ms), speed)
    except SpeedError as error:
        largest = error.largest_speed
        assert largest is not None
        assert largest == 1 or not bends(lengths_ms, Fraction(largest))
        assert all(bends(lengths_ms, Fraction(s)) for s in range(largest + 1, speed + 1))


def test_says_where_how_much_and_what_to_do() -> None:
    """The error names file, line, key, the other duration and the speed to use."""
    with pytest.raises(SpeedError) as refused:
        check_rounding(placed(15_000, 1_000), 90)
    assert str(refused.value) == (
        "rules.yml:2: for of A2: at speed 90, 1s is 11.11 ms and is rounded to 11 ms, which "
        "changes its ratio to the 15s of rules.yml:1: for of A1 by 1.2%, more than 1 %; "
        "the largest whole speed that works is 84"
    )
    assert refused.value.place == Place("rules.yml", "for of A2", 2)
    assert refused.value.largest_speed == 84


def test_the_other_duration_is_the_one_whose_ratio_changes_most() -> None:
    """0.7 s grows by 2.9 %, 1 s shrinks by 1 %, 15 s hardly changes."""
    with pytest.raises(SpeedError, match=r"for of A3: at speed 90, 700ms .* the 1s of rules.yml:2"):
        check_rounding(placed(15_000, 1_000, 700), 90)


def test_a_duration_that_vanishes_is_refused() -> None:
    """An interval of nothing is no interval, even where it stands alone."""
    with pytest.raises(SpeedError, match=r"rounded to 0 ms, that is, to nothing; .* works is 10"):
        check_rounding(placed(5), 11)


def test_zero_stays_zero() -> None:
    """A group_wait of 0s has no ratio to keep."""
    check_rounding(placed(0, 15_000), 100)


def test_an_absurd_speed_is_answered_as_well() -> None:
    """The search for a speed that works ends, wherever it has to begin."""
    with pytest.raises(SpeedError) as refused:
        check_rounding(placed(86_400_000, 60_000, 90_000), 10**12)
    assert refused.value.largest_speed == 30_299
