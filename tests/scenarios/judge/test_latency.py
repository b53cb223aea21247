"""An alert's time is split by stage, each beside what the configuration predicts at most."""

from dataclasses import replace

import pytest

from scenarios.judge.expectation import Silent
from scenarios.judge.latency import AlertLatency, Stage, latencies
from tests.scenarios.judge.score import CONFIGURATION, Score, fires, kept


def stages(score: Score) -> dict[str, tuple[float | None, float | None]]:
    (latency,) = latencies(score.timeline())
    return {
        stage.name: (
            None if stage.seconds is None else round(stage.seconds, 3),
            stage.predicted_seconds,
        )
        for stage in latency.stages
    }


def test_each_stage_stands_beside_its_prediction() -> None:
    assert stages(kept()) == {
        "fault to effect": (0.25, None),
        "effect to pending": (0.25, 0.5),
        "pending to firing": (1.0, 1.0),
        "firing to notified": (0.51, 0.5),
        "healed to resolved": (0.25, 0.5),
        "resolved to notified": (1.51, 2.0),
    }


def test_a_stage_whose_end_was_not_seen_has_no_length() -> None:
    score = Score(expects=[fires()]).fault(confirmed=None).fired(polled=False)
    score.notified(score.firing())
    found = stages(score)
    assert [found[name][0] for name in found] == [None, None, None, 0.51, None, None]


def test_the_first_of_several_counts_and_its_own_group() -> None:
    score = Score(expects=[fires()]).fault(healed=None).fired(host="a").fired(host="b")
    score.fired("ApiDown", active=8.0, firing=8.5)
    score.notified(score.firing(host="b"), at=12.51)
    score.notified(score.firing(host="a"), score.firing(host="b"), at=14.01)
    found = stages(score)
    assert found["firing to notified"] == (1.01, 2.0)


def test_only_alerts_that_were_expected_and_arrived_have_stages() -> None:
    assert latencies(Score(expects=[fires()]).fault().timeline()) == ()
    assert latencies(Score(expects=[Silent("QueueLong")]).timeline()) == ()
    without_fault = replace(kept().timeline(), faults=())
    assert latencies(without_fault) == ()
    (latency,) = latencies(kept().timeline())
    assert (latency.alert, latency.receiver) == ("QueueLong", "pager")
    assert isinstance(latency, AlertLatency)
    assert isinstance(latency.stages[0], Stage)


def test_a_made_up_resolve_is_no_stage() -> None:
    score = Score(expects=[fires()]).fault().fired(without=(14.0, 17.5))
    score.notified(score.firing())
    score.notified(score.resolved(ends=17.0), at=17.5)
    score.notified(score.resolved(), at=22.01)
    assert stages(score)["resolved to notified"][0] == pytest.approx(1.51)


def test_what_keeps_firing_on_purpose_is_predicted_to() -> None:
    lasting = replace(CONFIGURATION.rules[0], keep_firing_for_seconds=1.0)
    rules = (lasting, *CONFIGURATION.rules[1:])
    score = Score(
        expects=[fires(resolves=False)], configuration=replace(CONFIGURATION, rules=rules)
    )
    score.fault().fired(until=21.5)
    score.notified(score.firing()).notified(score.resolved(ends=21.5), at=22.01)
    assert stages(score)["healed to resolved"] == (1.25, 1.5)
