"""A resolve that Alertmanager made up is told from a real one by how long nothing was evaluated."""

from dataclasses import replace

import pytest

from scenarios.judge.evidence import read
from scenarios.judge.starvation import real_resolves, shortest_freeze_seconds, starved_since
from tests.scenarios.judge.score import CONFIGURATION, START, Score


@pytest.mark.parametrize(
    ("resend", "evaluation", "freeze"),
    [(1.0, 0.25, 2.75), (60.0, 15.0, 165.0), (1.0, 1.0, 2.0), (0.1, 1.0, 3.0), (0.3, 0.1, 0.8)],
)
def test_the_shortest_freeze_is_the_measured_one(
    resend: float, evaluation: float, freeze: float
) -> None:
    """At resend 1 s and evaluation 0.25 s 2.75 s were measured, in 48 of 48."""
    assert shortest_freeze_seconds(resend, evaluation) == pytest.approx(freeze)


def resolved(*, ends: float, until: float = 20.5, offset: float = 0.0) -> float | None:
    """Since when Prometheus was held up; sampled until 0.25 s before ``until``."""
    score = Score(configuration=replace(CONFIGURATION, query_offset_seconds=offset))
    score.fired(until=until, polled=False)
    score.notified(score.resolved(ends=ends), at=ends + 0.5)
    evidence = read(score.timeline())
    (life,) = evidence.lives
    since = starved_since(evidence, life, life.resolved[0])
    assert (since is None) is bool(real_resolves(evidence, life))
    return None if since is None else since - START


def test_a_real_resolve_ends_one_evaluation_after_the_last_sample() -> None:
    assert resolved(ends=20.5) is None


def test_a_gap_as_long_as_a_freeze_is_one() -> None:
    assert resolved(ends=22.99) is None
    assert resolved(ends=23.0) == 20.25


def test_samples_are_dated_back_by_the_query_offset() -> None:
    """Sampled until 20.25, that is at 20.75: a resolve at 23.25 is not 2.75 s later."""
    assert resolved(ends=23.25, offset=0.5) is None
    assert resolved(ends=23.5, offset=0.5) == 20.75


def test_pending_samples_show_no_firing() -> None:
    """Pending from 10.5 to 11.25 and then not evaluated for long."""
    score = Score().fired(until=11.5, polled=False)
    score.notified(score.resolved(ends=15.0), at=15.5)
    evidence = read(score.timeline())
    assert starved_since(evidence, evidence.lives[0], evidence.lives[0].resolved[0]) is None


def test_samples_of_another_alert_show_nothing() -> None:
    score = Score().fired(until=14.0, host="b", polled=False)
    score.notified(score.resolved(ends=17.0), at=17.5)
    evidence = read(score.timeline())
    assert starved_since(evidence, evidence.lives[0], evidence.lives[0].resolved[0]) is None


def test_only_samples_before_the_end_count() -> None:
    """It went on firing after the freeze."""
    score = Score().fired(without=(14.0, 17.25), polled=False)
    score.notified(score.resolved(ends=17.25), at=17.5)
    evidence = read(score.timeline())
    since = starved_since(evidence, evidence.lives[0], evidence.lives[0].resolved[0])
    assert since == START + 14.0


def test_an_alert_without_a_rule_is_held_to_the_pace_of_all() -> None:
    score = Score().fired(until=14.0, polled=False)
    score.notified(score.resolved(ends=17.0), at=17.5)
    timeline = score.timeline()
    rules = tuple(r for r in CONFIGURATION.rules if r.name != "QueueLong")

    def since(evaluation: float) -> float | None:
        configuration = replace(CONFIGURATION, rules=rules, evaluation_interval_seconds=evaluation)
        evidence = read(replace(timeline, configuration=configuration))
        return starved_since(evidence, evidence.lives[0], evidence.lives[0].resolved[0])

    assert since(0.25) == START + 13.75
    assert since(2.0) is None


def test_a_rule_is_held_to_the_pace_of_its_own_group_and_not_to_that_of_all() -> None:
    score = Score().fired(until=14.0, polled=False)
    score.notified(score.resolved(ends=17.0), at=17.5)
    configuration = replace(CONFIGURATION, evaluation_interval_seconds=2.0)
    evidence = read(replace(score.timeline(), configuration=configuration))
    since = starved_since(evidence, evidence.lives[0], evidence.lives[0].resolved[0])
    assert since == START + 13.75
