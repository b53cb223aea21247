"""Rules that a restart of Prometheus would forget or resolve falsely are named beforehand."""

from dataclasses import replace

from scenarios.judge.restart_risk import false_resolves, late_firings
from scenarios.judge.timeline import Configuration
from tests.scenarios.judge.score import CONFIGURATION, rule


def with_for(*seconds: float) -> Configuration:
    return replace(
        CONFIGURATION,
        rules=tuple(replace(rule(f"For{s:g}", "a > 1", s), interval_seconds=15.0) for s in seconds),
        resend_delay_seconds=60.0,
    )


def test_a_rule_that_fires_again_before_it_is_given_up_is_not_named() -> None:
    """Given up 180 s after the last evaluation at the soonest; again 15 s and ``for`` after it."""
    assert list(false_resolves(with_for(0.0, 60.0, 165.0))) == []


def test_a_rule_that_may_fire_again_too_late_is_named_with_what_to_do() -> None:
    (named,) = false_resolves(with_for(180.0))
    assert named == (
        "rules.yml: For180 (for 3m) may be resolved falsely by a restart of Prometheus while it "
        "fires: it starts over, and Alertmanager gives up what is not sent for 4m; let it hold "
        "for less than 2m45s, or for at least 10m, from which on it is restored"
    )


def test_a_rule_that_surely_fires_again_too_late_is_named_as_such() -> None:
    (named,) = false_resolves(with_for(255.0))
    assert "For255 (for 4m15s) is resolved falsely" in named


def test_a_rule_that_is_restored_is_not_named() -> None:
    assert list(false_resolves(with_for(600.0, 3600.0))) == []
    assert len(list(false_resolves(with_for(585.0)))) == 1


def test_every_pending_alert_that_fires_later_is_told_with_how_much() -> None:
    assert list(late_firings(with_for(0.0, 60.0, 3600.0))) == [
        "For60 (for 1m): up to 1m, it starts over",
        "For3600 (for 1h): up to 10m, it is restored, with a grace period",
    ]
