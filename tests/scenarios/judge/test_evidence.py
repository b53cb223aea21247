"""Lives and runs are read from a timeline as they happened."""

from dataclasses import replace

from scenarios.judge.evidence import Run, read, runs_of
from scenarios.judge.timeline import GroupEvaluations, Timeline
from tests.scenarios.judge.score import (
    CONFIGURATION,
    EVALUATION,
    START,
    Score,
    fires,
    kept,
    labels_of,
    rule,
    steps,
)

LABELS = labels_of(CONFIGURATION, "QueueLong", {})


def queue_runs(timeline: Timeline) -> list[tuple[float, float]]:
    return [
        (run.began - START, run.ended - START)
        for run in runs_of(timeline)
        if run.alert == "QueueLong"
    ]


def test_an_alert_listed_again_is_the_same_life() -> None:
    score = kept()
    score.notified(score.firing(), score.firing("ApiDown"), at=14.01)
    lives = [life for life in read(score.timeline()).lives if life.alert == "QueueLong"]
    (life,) = lives
    assert [sighting.arrival.sequence for sighting in life.firing] == [1, 3]
    assert len(life.resolved) == 1
    assert life.notified_at == life.first_seen


def test_another_start_receiver_group_or_label_is_another_life() -> None:
    score = Score(expects=[fires()])
    score.notified(score.firing(), at=12.0)
    score.notified(score.firing(since=11.6), at=12.1)
    score.notified(score.firing(), at=12.2, receiver="chat")
    score.notified(score.firing(), at=12.3, group={})
    score.notified(score.firing(method="card"), at=12.4)
    assert len(read(score.timeline()).lives) == 5


def test_a_start_that_differs_by_less_than_a_millisecond_is_the_same() -> None:
    score = Score()
    score.notified(score.firing(since=11.5), at=12.0)
    score.notified(score.firing(since=11.5002), at=14.0)
    assert len(read(score.timeline()).lives) == 1


def test_lives_are_read_in_the_order_of_arrival_whatever_the_order_of_the_record() -> None:
    timeline = kept().timeline()
    reverse = replace(timeline, arrivals=tuple(reversed(timeline.arrivals)))
    assert read(reverse).lives == read(timeline).lives
    assert read(reverse).life_of(*seen(timeline)) == read(timeline).lives[0]


def seen(timeline: Timeline) -> tuple[object, object]:
    arrival = timeline.arrivals[0]
    return arrival, arrival.alerts[0]


def test_a_run_lasts_from_its_first_sample_to_its_last() -> None:
    assert queue_runs(kept().timeline()) == [(11.5, 20.25)]


def test_an_evaluation_that_did_not_fire_ends_a_run() -> None:
    timeline = Score().fired(without=(14.0, 14.5)).timeline()
    assert queue_runs(timeline) == [(11.5, 14.0), (14.5, 20.25)]


def test_an_evaluation_that_was_left_out_does_not() -> None:
    timeline = Score().fired(without=(14.0, 15.0)).timeline()
    (group,) = timeline.evaluations
    held_up = tuple(t for t in group.times if not 14.0 < t - START < 15.0)
    timeline = replace(timeline, evaluations=(replace(group, times=held_up),))
    assert queue_runs(timeline) == [(11.5, 20.25)]
    other = GroupEvaluations("other", EVALUATION, 0, steps(0, 40))
    assert queue_runs(replace(timeline, evaluations=(*timeline.evaluations, other))) == [
        (11.5, 20.25)
    ]


def test_without_the_times_of_evaluations_a_gap_ends_a_run() -> None:
    timeline = Score().fired(without=(14.0, 15.0)).timeline()
    assert len(queue_runs(replace(timeline, evaluations=()))) == 2


def test_jitter_within_one_and_a_half_intervals_is_no_gap() -> None:
    timeline = Score().fired().timeline()

    def shifted(by: float) -> int:
        samples = tuple(
            replace(s, times=tuple(t + by if t == START + 15 else t for t in s.times))
            for s in timeline.alert_samples
        )
        return len(queue_runs(replace(timeline, alert_samples=samples, evaluations=())))

    assert shifted(0.12) == 1
    assert shifted(0.13) == 2


def test_a_state_that_only_the_polls_saw_is_a_run_from_when_it_fired() -> None:
    timeline = Score().fired().timeline()
    polled = replace(timeline, alert_samples=())
    assert queue_runs(polled) == [(11.5, 20.5)]
    pending = tuple(state for state in timeline.alert_states if state.state == "pending")
    assert queue_runs(replace(polled, alert_states=pending)) == []


def test_a_state_beside_its_samples_is_no_second_run() -> None:
    timeline = Score().fired().timeline()
    assert len(queue_runs(timeline)) == 1
    earlier = tuple(
        replace(state, active_at=state.active_at - 5, last_seen=START + 8)
        for state in timeline.alert_states
    )
    both = replace(timeline, alert_states=(*timeline.alert_states, *earlier))
    assert queue_runs(both) == [(6.5, 8.0), (11.5, 20.25)]


def test_a_state_without_a_rule_is_not_dated() -> None:
    timeline = Score().fired().timeline()
    strange = tuple(replace(s, labels={"alertname": "Other"}) for s in timeline.alert_states)
    assert [r.alert for r in runs_of(replace(timeline, alert_states=strange))] == [
        "Watchdog",
        "QueueLong",
    ]


def test_samples_are_dated_back_by_the_query_offset_and_carry_external_labels() -> None:
    configuration = replace(
        CONFIGURATION, query_offset_seconds=0.5, external_labels={"cluster": "eu"}
    )
    timeline = replace(Score().fired(polled=False).timeline(), configuration=configuration)
    run = runs_of(timeline)[-1]
    assert run == Run({**LABELS, "cluster": "eu"}, START + 12.0, START + 20.75)


def test_samples_without_times_are_no_run() -> None:
    timeline = Score().timeline()
    empty = tuple(replace(samples, times=()) for samples in timeline.alert_samples)
    assert runs_of(replace(timeline, alert_samples=empty)) == ()


def test_a_life_that_was_over_before_the_watch_stays_so_though_it_fires_again() -> None:
    score = Score().fired("ApiSlow", active=1.0, firing=2.5, until=4.0)
    score.fired("ApiSlow", active=12.0, firing=13.5, until=15.0)
    score.notified(score.firing("ApiSlow", since=2.5), at=3.01, receiver="chat")
    evidence = read(score.timeline())
    assert evidence.was_over_before_watch(evidence.lives[0])


def test_a_resolve_without_an_end_leaves_it_to_the_samples() -> None:
    score = Score().fired("ApiSlow", active=1.0, firing=2.5, until=4.0)
    resolved = replace(score.resolved("ApiSlow", since=2.5), ends_at=None)
    score.notified(resolved, at=4.51, receiver="chat")
    evidence = read(score.timeline())
    assert evidence.was_over_before_watch(evidence.lives[0])


def test_an_alert_without_a_rule_is_sampled_at_the_pace_of_all() -> None:
    timeline = Score().fired(without=(14.0, 15.0), polled=False).timeline()
    rules = tuple(r for r in CONFIGURATION.rules if r.name != "QueueLong")
    slow = replace(CONFIGURATION, rules=rules, evaluation_interval_seconds=0.75)
    assert queue_runs(replace(timeline, configuration=slow)) == [(11.5, 20.25)]
    quick = replace(slow, evaluation_interval_seconds=0.5)
    assert len(queue_runs(replace(timeline, configuration=quick))) == 2


def test_a_run_holds_the_life_that_began_in_it() -> None:
    timeline = kept().timeline()
    (life,) = (life for life in read(timeline).lives if life.alert == "QueueLong")
    run = Run(LABELS, START + 11.5, START + 20)
    assert run.holds(life)
    assert run.holds(replace(life, starts_at=START + 11.41))
    assert not run.holds(replace(life, starts_at=START + 11.39))
    assert run.holds(replace(life, starts_at=START + 20.09))
    assert not run.holds(replace(life, starts_at=START + 20.11))
    assert not run.holds(replace(life, labels={**LABELS, "method": "card"}))


def test_of_several_rules_of_a_name_the_one_with_these_labels_counts() -> None:
    """The critical variant fires at once, the warning after 1.5 s."""
    rules = (
        rule("QueueLong", "queue > 1", 1.5, severity="warning"),
        rule("QueueLong", "queue > 2", 0.0, severity="critical"),
    )
    configuration = replace(CONFIGURATION, rules=rules)
    timeline = Score().fired().timeline()
    critical = tuple(
        replace(s, labels={"alertname": "QueueLong", "severity": "critical"})
        for s in timeline.alert_states
    )
    polled = replace(timeline, alert_samples=(), configuration=configuration, alert_states=critical)
    assert queue_runs(polled) == [(10.5, 20.5)]


def test_a_gap_is_one_by_the_pace_of_the_group_of_the_rule() -> None:
    """Evaluated each second, it is not seen each quarter; evaluated in between, it had stopped."""
    slow = replace(CONFIGURATION.rules[0], interval_seconds=1.0)
    configuration = replace(CONFIGURATION, rules=(slow, *CONFIGURATION.rules[1:]))
    score = Score(configuration=configuration).fired(without=(14.0, 15.0), polled=False)
    assert len(queue_runs(score.timeline())) == 1
    score = Score().fired(without=(14.0, 15.0), polled=False)
    assert len(queue_runs(score.timeline())) == 2
