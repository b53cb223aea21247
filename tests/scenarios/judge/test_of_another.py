"""What arrives must have fired in the Prometheus under test, or it proves nothing of its rules."""

from dataclasses import replace

import pytest

from scenarios.judge.expectation import Silent
from tests.scenarios.judge.score import Score, doubts, fires, kept, kinds, texts, verdict


def sent_by_another(*, since: float = 11.5) -> Score:
    """QueueLong is told and resolved as it must be, and never fired in Prometheus."""
    score = Score(expects=[fires()]).fault()
    score.notified(score.firing(since=since))
    return score.notified(score.resolved(since=since), at=22.01)


def test_an_alert_that_prometheus_never_fired_is_unknown_though_it_arrived_as_it_must() -> None:
    score = sent_by_another()
    assert kinds(score) == []
    assert doubts(score) == ["of another"]
    assert verdict(score) == "unknown"
    assert "QueueLong arrived at pager as firing since 11.50 s, and Prometheus was not seen" in (
        texts(score)
    )


def test_what_it_was_seen_to_fire_by_the_samples_or_by_the_polls_is_its_own() -> None:
    assert doubts(kept()) == []
    timeline = kept().timeline()
    polled = replace(timeline, alert_samples=timeline.alert_samples[:1])
    assert doubts(polled) == []
    assert verdict(sent_by_another().fired("ApiSlow")) != "pass"


@pytest.mark.parametrize(
    ("firing", "until", "own"),
    [(12.0, 20.5, True), (12.25, 20.5, False), (10.0, 11.25, True), (10.0, 11.0, False)],
)
def test_it_must_have_fired_then_within_two_evaluations(
    firing: float, until: float, own: bool
) -> None:
    """The last sample is an evaluation before ``until``."""
    score = sent_by_another().fired(active=firing - 1, firing=firing, until=until)
    assert ("of another" not in doubts(score)) is own


def test_nothing_is_asked_of_what_is_not_expected_or_began_before_the_watch() -> None:
    allowed = Score(expects=[Silent("ApiDown")])
    watchdog = allowed.firing("Watchdog", since=8.0)
    allowed.watchdog = False
    allowed.notified(watchdog, receiver="switch")
    assert "of another" not in doubts(allowed)
    assert "of another" not in doubts(sent_by_another(since=4.9))
    assert "of another" in doubts(sent_by_another(since=5.0))


def test_a_resolve_alone_says_only_that_it_does_not_fire() -> None:
    score = Score(expects=[fires()]).fault()
    score.notified(score.resolved(), at=22.01)
    assert "of another" not in doubts(score)
