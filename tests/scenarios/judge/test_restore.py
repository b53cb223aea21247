"""What a restart makes of an alert, worked out from ``for``, grace period and the outage."""

from dataclasses import replace

import pytest

from scenarios.judge.restore import Span, forgotten, returned
from scenarios.judge.timeline import Configuration
from tests.scenarios.judge.score import CONFIGURATION, rule

# At speed 60: ten minutes and an hour.
SPED_UP: Configuration = replace(
    CONFIGURATION, for_grace_period_seconds=10.0, for_outage_tolerance_seconds=60.0
)
FIRST = Span(101.0, 101.5)


def again(
    for_seconds: float, *, active_at: float, down_at: float = 100.0
) -> tuple[str, Span, Span]:
    found = returned(
        SPED_UP,
        rule("A", "a > 1", for_seconds),
        active_at=active_at,
        down_at=down_at,
        first_evaluation=FIRST,
    )
    return found.how, found.active, found.fires


def test_below_the_grace_period_it_starts_over_however_long_it_was_pending() -> None:
    how, active, fires = again(9.75, active_at=90.5)
    assert (how, active) == ("starts over", FIRST)
    assert fires == Span(101.0 + 9.75, 101.5 + 9.75)


def test_what_fires_at_once_is_kept_from_the_third_evaluation_on() -> None:
    assert again(0.0, active_at=50.0)[2] == Span(101.5, 102.0)


def test_one_that_fired_and_is_restored_fires_at_the_third_evaluation() -> None:
    how, active, fires = again(10.0, active_at=80.75)
    assert (how, active) == ("fires again", Span(80, 80))
    assert fires == Span(101.5, 102.0)


def test_with_less_than_the_grace_period_left_it_waits_all_of_that() -> None:
    how, active, fires = again(12.0, active_at=90.5)
    assert how == "waits the grace period"
    # Restored at the second evaluation, and off the grid, so one evaluation late at most.
    assert active == Span(101.25 + 10 - 12, 101.75 + 10 - 12)
    assert fires == Span(111.25, 112.0)


def test_with_more_left_it_goes_on_where_it_was() -> None:
    how, active, fires = again(60.0, active_at=95.5)
    assert how == "goes on"
    assert active == Span(101.25 - 5, 101.75 - 5)
    assert fires == Span(156.25, 157.0)


@pytest.mark.parametrize(
    ("down_at", "how"), [(100.9, "waits the grace period"), (101.0, "fires again")]
)
def test_it_is_restored_in_whole_seconds(down_at: float, how: str) -> None:
    """Pending for 10.0 to 10.1 s: a second is lost, or won, where the fractions fall so."""
    assert again(10.0, active_at=91.0, down_at=down_at)[0] == how


def test_after_an_outage_longer_than_tolerated_it_starts_over() -> None:
    assert again(10.0, active_at=20.0, down_at=41.0)[0] == "starts over"
    assert again(10.0, active_at=20.0, down_at=42.0)[0] == "fires again"


def test_alertmanager_gives_an_alert_up_four_resend_delays_after_it_was_sent() -> None:
    """Sent at the last evaluation, at one up to 1 s before, or once more unseen."""
    assert forgotten(SPED_UP, rule("A", "a > 1"), 100.0) == Span(103.0, 104.25)
    slow = replace(rule("A", "a > 1"), interval_seconds=2.0)
    assert forgotten(SPED_UP, slow, 100.0) == Span(108.0, 110.0)
