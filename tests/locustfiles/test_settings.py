"""Tests of what the profiles' settings accept."""

from __future__ import annotations

import argparse

import pytest

from locustfiles.settings import (
    ARRIVALS_PER_SECOND,
    COMMON,
    IN_FLIGHT_MAX,
    first_mistake,
    number,
)


@pytest.mark.parametrize("text", ["-5", "0", "nan", "inf", "-inf", "1e9", "ten", "", "5/s"])
def test_a_rate_is_a_number_above_zero(text: str) -> None:
    """Anything else is refused with what was given and what may be given."""
    with pytest.raises(argparse.ArgumentTypeError) as refused:
        ARRIVALS_PER_SECOND.read(text)
    assert str(refused.value) == f"{text!r} is not a number above 0 to 2000"


@pytest.mark.parametrize(("text", "value"), [("20", 20.0), ("0.5", 0.5), ("2000", 2000.0)])
def test_a_rate_may_be_a_fraction(text: str, value: float) -> None:
    """Half an arrival a second is one every two seconds."""
    assert ARRIVALS_PER_SECOND.read(text) == value


def test_zero_is_a_number_where_it_makes_sense() -> None:
    """A bound that belongs to the range is accepted."""
    assert number(0, 10)("0") == 0


@pytest.mark.parametrize("text", ["0", "1.5", "-1", "5001", "many", ""])
def test_a_cap_is_a_whole_number_within_bounds(text: str) -> None:
    """A cap of zero would shed everybody, and half a visitor there is not."""
    with pytest.raises(argparse.ArgumentTypeError, match="whole number from 1 to 5000"):
        IN_FLIGHT_MAX.read(text)


def test_the_first_mistake_of_a_form_is_named() -> None:
    """A form is checked as the command line is; what it leaves out stays as it is."""
    settings = (ARRIVALS_PER_SECOND, *COMMON)
    assert first_mistake(settings, {"arrivals_per_second": "20", "user_count": "1"}) is None
    assert first_mistake(settings, {"in_flight_max": "none"}) == (
        "in_flight_max: 'none' is not a whole number from 1 to 5000"
    )
