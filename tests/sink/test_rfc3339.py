"""RFC 3339 times become the unix seconds they name."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sink.rfc3339 import ZERO_TIME, unix_seconds


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1970-01-01T00:00:00Z", 0.0),
        ("1970-01-01T00:00:00.25Z", 0.25),
        ("1969-12-31T23:59:59.75Z", -0.25),
        ("1970-01-01T05:30:00+05:30", 0.0),
        ("1969-12-31T16:00:00-08:00", 0.0),
        ("1970-01-01t00:00:01z", 1.0),
        ("1970-01-01T00:00:00-00:00", 0.0),
        ("2016-12-31T23:59:60Z", 1483228800.0),
        ("2024-02-29T00:00:00Z", 1709164800.0),
        ("0001-01-01T00:00:00Z", ZERO_TIME),
        ("0001-01-01T00:00:00+00:00", ZERO_TIME),
        ("0001-01-01T00:00:00+23:59", ZERO_TIME - 86340),
        ("9999-12-31T23:59:59-23:59", 253402300799.0 + 86340),
    ],
)
def test_a_time_is_the_unix_second_it_names(text: str, seconds: float) -> None:
    assert unix_seconds(text) == seconds


def test_nanoseconds_are_kept_as_far_as_a_double_can() -> None:
    whole = unix_seconds("2026-11-22T17:00:00Z")
    assert unix_seconds("2026-11-22T17:00:00.123456789Z") == whole + 0.123456789
    assert unix_seconds("2026-11-22T17:00:00.000000001Z") - whole < 1e-6


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2026-11-22",
        "2026-11-22T17:00:00",
        "2026-11-22 17:00:00Z",
        "2026-11-22T17:00Z",
        "2026-11-22T17:00:00.Z",
        "2026-11-22T17:00:00+0100",
        "2026-11-22T24:00:00Z",
        "2026-11-22T17:60:00Z",
        "2026-11-22T17:00:61Z",
        "2026-11-22T17:00:00+24:00",
        "2026-11-22T17:00:00+01:60",
        "2026-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "٢٠٢٦-11-22T17:00:00Z",
        "2026-11-22T17:00:00Z\n",
        " 2026-11-22T17:00:00Z",
    ],
)
def test_what_is_no_such_time_is_an_error_that_quotes_it(text: str) -> None:
    with pytest.raises(ValueError, match="not an RFC 3339 time") as error:
        unix_seconds(text)
    assert repr(text) in str(error.value)


@given(
    moment=st.datetimes(min_value=datetime(1970, 1, 2), max_value=datetime(2200, 1, 1)),
    offset_minutes=st.integers(-23 * 60, 23 * 60),
)
def test_every_offset_names_the_same_instant(moment: datetime, offset_minutes: int) -> None:
    """Python's own arithmetic on aware times is the reference."""
    local = moment.replace(tzinfo=UTC).astimezone(timezone(timedelta(minutes=offset_minutes)))
    assert unix_seconds(local.isoformat()) == pytest.approx(
        moment.replace(tzinfo=UTC).timestamp(), abs=2e-6
    )
