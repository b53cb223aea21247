"""Whether the configuration can keep a promise is known before anything runs."""

import pytest

from scenarios.judge.errors import DeclarationError
from scenarios.judge.promise import can_keep_promise
from scenarios.judge.window import Lags
from tests.scenarios.judge.score import CONFIGURATION, SPEED, fires


@pytest.mark.parametrize(("within", "kept"), [(135.0, True), (134.9, False)])
def test_the_latest_notification_of_a_new_group_must_come_within_the_promise(
    within: float, kept: bool
) -> None:
    """0.25 + 0.25 + 1 + 0.5 + 0.25 s are 135 s of production."""
    check = can_keep_promise(CONFIGURATION, fires(within_seconds=within), Lags(), SPEED)
    assert check.is_kept is kept
    assert check.promise_seconds == pytest.approx(within / SPEED)
    assert check.bounds.latest_seconds == pytest.approx(2.25)


def test_a_promise_that_cannot_be_kept_names_the_longest_part() -> None:
    check = can_keep_promise(CONFIGURATION, fires(within_seconds=90.0), Lags(), SPEED)
    assert check.text == (
        "QueueLong takes up to 2.25 s (0.25 scrape + 0.25 evaluation + 1 for + 0.5 group wait + "
        "0.25 allowance), promised within 1.50 s; the longest part is 1 for"
    )
    kept = can_keep_promise(CONFIGURATION, fires(), Lags(), SPEED)
    assert kept.text.endswith("promised within 8.00 s")


def test_the_lag_of_the_fault_counts() -> None:
    check = can_keep_promise(CONFIGURATION, fires(), Lags(lag_seconds=6.0), SPEED)
    assert not check.is_kept


def test_the_allowance_is_a_fifth_of_a_short_promise() -> None:
    check = can_keep_promise(CONFIGURATION, fires(within_seconds=60.0), Lags(), SPEED)
    assert check.bounds.latest[-1].seconds == pytest.approx(0.2)


def test_a_promise_of_an_alert_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(DeclarationError, match="no alerting rule QueueLoong"):
        can_keep_promise(CONFIGURATION, fires("QueueLoong"), Lags(), SPEED)
