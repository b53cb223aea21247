"""A restart of Prometheus does to an alert what its rules of restoring say, and no more.

QueueLong holds for 1 s. It is active since 10.5 s. Prometheus is gone from 11 s (pending) or 14 s
(firing) on and back a second later; the first evaluation after is 0.1 s later.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from scenarios.judge.timeline import AlertSamples, AlertState, Configuration, Timeline
from scenarios.judge.verdict import judge
from tests.scenarios.judge.score import (
    CONFIGURATION,
    RULES,
    START,
    Score,
    doubts,
    fires,
    kinds,
    labels_of,
    steps,
    texts,
    verdict,
)


def holding(for_seconds: float) -> Configuration:
    """QueueLong holds for this long."""
    rules = tuple(
        replace(rule, for_seconds=for_seconds) if rule.name == "QueueLong" else rule
        for rule in RULES
    )
    return replace(CONFIGURATION, rules=rules)


def state(kind: Any, active: float, seen: float, until: float) -> AlertState:
    labels = labels_of(CONFIGURATION, "QueueLong", {})
    return AlertState(labels, {}, kind, START + active, START + seen, START + until)


def samples(kind: Any, *spans: tuple[float, float]) -> AlertSamples:
    times = [time for began, ended in spans for time in steps(began, ended)]
    return AlertSamples(labels_of(CONFIGURATION, "QueueLong", {}), kind, tuple(times))


def restarted(
    state_wanted: Any,
    *,
    down: float,
    back: float,
    states: Sequence[AlertState],
    seen: Sequence[AlertSamples],
    notifications: Sequence[tuple[float, float, float | None]],
    configuration: Configuration = CONFIGURATION,
    stops: tuple[str, ...] = ("prometheus",),
) -> Timeline:
    """A restart as the records show it; notifications are (at, firing since, resolved at)."""
    score = Score(
        expects=[fires(fault="surge", restarts={"restart": state_wanted})],
        configuration=replace(configuration, for_grace_period_seconds=10.0),
    )
    score.fault().fault(
        "restart", at=down, confirmed=down + 0.05, healing=down + 0.1, healed=back, stops=stops
    )
    for at, since, ends in notifications:
        told = score.firing(since=since) if ends is None else score.resolved(since=since, ends=ends)
        score.notified(told, at=at)
    timeline = score.timeline()

    def kept(times: tuple[float, ...]) -> tuple[float, ...]:
        return tuple(t for t in times if not down <= t - START < back)

    return replace(
        timeline,
        alert_states=tuple(states),
        alert_samples=(
            *(replace(s, times=kept(s.times)) for s in timeline.alert_samples),
            *seen,
        ),
        scrapes=tuple(
            replace(s, times=kept(s.times), up=(1,) * len(kept(s.times))) for s in timeline.scrapes
        ),
        evaluations=tuple(replace(e, times=kept(e.times)) for e in timeline.evaluations),
    )


def while_pending(active_again: float = 12.0, **changes: Any) -> Timeline:
    """Pending when Prometheus goes at 11 s; by the default it starts over at 12 s."""
    fired = active_again + 1
    facts: dict[str, Any] = {
        "down": 11.0,
        "back": 12.0,
        "states": [
            state("pending", 10.5, 10.6, 10.9),
            state("pending", active_again, 12.1, fired),
            state("firing", active_again, fired + 0.05, 20.5),
        ],
        "seen": [
            samples("pending", (10.5, 11.0), (12.5, fired)),
            samples("firing", (fired, 20.5)),
        ],
        "notifications": [(fired + 0.51, fired, None), (21.51, fired, 20.5)],
    }
    return restarted("pending", **{**facts, **changes})


def while_firing(again: float = 16.0, **changes: Any) -> Timeline:
    """Firing since 11.5 s when Prometheus goes at 14 s; it fires again at 16 s."""
    facts: dict[str, Any] = {
        "down": 14.0,
        "back": 15.0,
        "states": [
            state("pending", 10.5, 10.6, 11.4),
            state("firing", 10.5, 11.6, 13.9),
            state("pending", again - 1, 15.1, again),
            state("firing", again - 1, again + 0.05, 20.5),
        ],
        "seen": [
            samples("pending", (10.5, 11.5), (again - 0.5, again)),
            samples("firing", (11.5, 14.0), (again, 20.5)),
        ],
        "notifications": [(12.01, 11.5, None), (22.01, 11.5, 20.5)],
    }
    return restarted("firing", **{**facts, **changes})


def test_a_pending_alert_that_starts_over_is_as_predicted_and_may_be_late() -> None:
    timeline = while_pending()
    assert texts(timeline) == ""
    assert verdict(timeline) == "pass"
    fired, restart = judge(timeline).rows
    assert (restart.kind, restart.notified_seconds) == ("restart", 1.0)
    assert fired.window_seconds is not None
    assert fired.window_seconds[1] is not None
    # Without the restart it had to be told 2.5 s after the fault at the latest.
    assert fired.window_seconds[1] > 4.5


def test_one_that_goes_on_though_nothing_restores_it_is_found() -> None:
    """Active since before the restart: ``for`` survived, which at 1 s it must not."""
    timeline = while_pending(
        states=[
            state("pending", 10.5, 10.6, 10.9),
            state("firing", 10.5, 12.3, 20.5),
        ],
        seen=[samples("pending", (10.5, 11.0)), samples("firing", (12.5, 20.5))],
        notifications=[(12.51, 12.0, None), (20.51, 12.0, 20.5)],
    )
    assert "not as restored" in kinds(timeline)
    assert "starts over after a restart" in texts(timeline)


def test_one_that_starts_over_though_it_is_restored_is_found() -> None:
    """With ``for`` of 10 s and a grace period as long, it must be kept: as where data are lost."""
    configuration = holding(10.0)
    late = while_firing(
        states=[
            state("firing", 1.0, 11.6, 13.9),
            state("pending", 15.0, 15.1, 20.4),
        ],
        seen=[samples("firing", (11.5, 14.0)), samples("pending", (15.5, 20.5))],
        configuration=configuration,
    )
    assert "not as restored" in kinds(late)
    assert "fires again after a restart, and did not fire again" in texts(late)
    kept = while_firing(
        states=[
            state("firing", 1.0, 11.6, 13.9),
            state("pending", 15.0, 15.05, 15.3),
            state("firing", 1.0, 15.6, 20.5),
        ],
        seen=[samples("firing", (11.5, 14.0), (15.5, 20.5))],
        configuration=configuration,
    )
    assert "not as restored" not in kinds(kept)


def test_one_that_never_fires_again_is_found() -> None:
    timeline = while_pending(
        states=[state("pending", 10.5, 10.6, 10.9)],
        seen=[samples("pending", (10.5, 11.0))],
        notifications=[(13.51, 13.0, None), (21.51, 13.0, 20.5)],
    )
    assert "did not fire again after 'restart'" in texts(timeline)


def test_a_firing_alert_that_stays_passes() -> None:
    timeline = while_firing()
    assert texts(timeline) == ""
    assert verdict(timeline) == "pass"


def test_a_false_resolve_that_could_not_be_is_found() -> None:
    """Sent at 12.75 s at the soonest it stands until 16.75 s, and it fires again at 16 s."""
    timeline = while_firing(
        notifications=[
            (12.01, 11.5, None),
            (16.01, 11.5, 15.75),
            (18.01, 16.0, None),
            (22.01, 16.0, 20.5),
        ],
    )
    assert "resolved early" in kinds(timeline)
    assert verdict(timeline) == "fail"


def late_again(resolved: bool, again: float = 20.5) -> Timeline:
    """It holds for 5 s: given up by 18 s, and firing again at 20.5 s, more than a tick later."""
    told: list[tuple[float, float, float | None]] = [(12.01, 11.5, None)]
    if resolved:
        told += [(18.01, 11.5, 17.75), (again + 0.51, again, None)]
    told.append((26.01, again if resolved else 11.5, 25.0))
    timeline = restarted(
        "firing",
        down=14.0,
        back=15.0,
        states=[
            state("firing", 6.5, 11.6, 13.9),
            state("pending", again - 5, again - 4.9, again - 0.1),
            state("firing", again - 5, again + 0.05, 25.0),
        ],
        seen=[
            samples("firing", (11.5, 14.0), (again, 25.0)),
            samples("pending", (again - 4.5, again)),
        ],
        notifications=told,
        configuration=holding(5.0),
    )
    surge, restart = timeline.faults
    healed = replace(surge, injecting=START + 6.0, confirmed=START + 6.25)
    healed = replace(healed, healing=START + 24.5, healed=START + 24.75)
    return replace(timeline, faults=(healed, restart))


def test_a_false_resolve_that_had_to_be_is_the_outages_and_no_doubt() -> None:
    timeline = late_again(resolved=True)
    assert texts(timeline) == ""
    assert "starved" not in doubts(timeline)
    classified = [a.classification for b in judge(timeline).arrivals for a in b.alerts]
    assert classified[1] == "starved resolve"


def test_a_false_resolve_that_had_to_be_and_was_not_is_found() -> None:
    timeline = late_again(resolved=False)
    assert "not as restored" in kinds(timeline)
    assert "Alertmanager gives it up by 18.00 s" in texts(timeline)


def test_without_a_declared_outage_the_same_resolve_is_a_doubt() -> None:
    timeline = late_again(resolved=True)
    surge, restart = timeline.faults
    other = replace(timeline, faults=(surge, replace(restart, stops=("redis",))))
    assert "starved" in doubts(other)


def test_a_restart_that_found_the_alert_otherwise_proves_nothing() -> None:
    firing = while_firing()
    wrong = fires(fault="surge", restarts={"restart": "pending"})
    declared = replace(firing, declaration=replace(firing.declaration, expects=(wrong,)))
    assert verdict(declared) == "unknown"
    assert "'restart' found QueueLong firing, not pending" in texts(declared)


def test_a_step_that_did_not_take_prometheus_down_proves_nothing() -> None:
    timeline = while_pending(stops=("redis",))
    assert "'restart' never took Prometheus down" in texts(timeline)
    assert verdict(timeline) != "pass"


def test_an_alert_that_had_cleared_before_the_restart_proves_nothing() -> None:
    """Last seen firing at 12.75 s, a second and more before Prometheus goes."""
    cleared = while_firing(
        seen=[samples("pending", (10.5, 11.5), (15.5, 16.0)), samples("firing", (11.5, 13.0))]
    )
    assert "'restart' found QueueLong neither pending nor firing, not firing" in texts(cleared)


def test_an_alert_that_either_source_lacks_before_the_restart_proves_nothing() -> None:
    for lacking in ({"states": []}, {"seen": []}):
        assert "'restart' found QueueLong neither pending nor firing" in texts(
            while_firing(**lacking)
        )


def test_a_restart_that_was_not_seen_to_begin_or_to_end_proves_nothing() -> None:
    timeline = while_firing()
    surge, restart = timeline.faults
    for change, text in (
        ({"confirmed": None}, "'restart' never took Prometheus down"),
        ({"healed": None}, "Prometheus was not seen to be back after 'restart'"),
    ):
        doubtful = replace(timeline, faults=(surge, replace(restart, **change)))  # type: ignore[arg-type]
        assert text in texts(doubtful)
        assert "not as restored" not in kinds(doubtful)
        assert verdict(doubtful) == "unknown"


def test_a_restart_of_an_alert_that_never_arrived_proves_nothing() -> None:
    assert "nothing arrived that shows what 'restart' made of QueueLong" in texts(
        while_firing(notifications=[])
    )


def test_when_it_fires_again_is_known_by_the_samples_however_late_a_poll_shows_it() -> None:
    timeline = while_firing()
    assert verdict(timeline) == "pass"
    *before, firing = timeline.alert_states
    late = replace(firing, first_seen=START + 19.0)
    assert verdict(replace(timeline, alert_states=(*before, late))) == "pass"
    samples_lost = tuple(
        replace(s, times=tuple(t for t in s.times if t < START + 14))
        if s.labels["alertname"] == "QueueLong"
        else s
        for s in timeline.alert_samples
    )
    unsampled = replace(timeline, alert_states=(*before, late), alert_samples=samples_lost)
    assert "firing from 19.00 s" in texts(unsampled)


def test_one_that_the_alerts_api_never_showed_again_is_found() -> None:
    timeline = while_firing()
    before = tuple(s for s in timeline.alert_states if s.first_seen < START + 14)
    assert "not as restored" in kinds(replace(timeline, alert_states=before))


def test_the_order_in_which_states_were_recorded_changes_nothing() -> None:
    """What it was to the last counts where it does not fire again, not what was written last."""
    timeline = while_firing(
        states=[
            state("firing", 10.5, 11.6, 13.9),
            state("pending", 14.9, 15.1, 15.4),
            state("pending", 15.5, 15.6, 20.4),
        ],
        seen=[samples("firing", (11.5, 14.0)), samples("pending", (15.5, 20.5))],
    )
    backwards = replace(timeline, alert_states=timeline.alert_states[::-1])
    assert judge(backwards) == judge(timeline)
    active, _ = judge(timeline).outcomes[-1].windows
    assert active.arrived == START + 15.5


def test_between_giving_up_and_firing_again_a_tick_must_fall_for_a_false_resolve() -> None:
    """Given up by 18 s, and firing again at 20 s: with a tick of 2 s it need not be resolved."""
    again = late_again(resolved=False, again=20.0)
    assert "was not resolved because of" not in texts(again)


def test_a_restart_after_it_was_told_is_no_excuse_for_having_been_late() -> None:
    """Due by 12.5 s and told at 13.01 s; Prometheus goes at 14 s only."""
    late = while_firing(notifications=[(13.01, 11.5, None), (23.01, 11.5, 20.5)])
    assert "late" in kinds(late)
    window = judge(late).rows[0].window_seconds
    assert window is not None
    assert window[1] == pytest.approx(2.5)


def test_what_other_alerts_did_says_nothing_of_this_one() -> None:
    """Another instance was pending as Prometheus went, and fired at once as it was back."""
    timeline = while_firing()
    other = {**labels_of(CONFIGURATION, "QueueLong", {}), "host": "b"}
    states = [
        replace(state("pending", 13.0, 13.1, 13.95), labels=other),
        replace(state("firing", 13.0, 15.05, 20.5), labels=other),
    ]
    seen = [
        replace(samples("pending", (13.0, 14.0)), labels=other),
        replace(samples("firing", (15.0, 20.5)), labels=other),
    ]
    beside = replace(
        timeline,
        alert_states=(*timeline.alert_states, *states),
        alert_samples=(*timeline.alert_samples, *seen),
    )
    (_, alone), (_, restart) = judge(timeline).outcomes, judge(beside).outcomes
    assert [w.arrived for w in restart.windows] == [w.arrived for w in alone.windows]
    assert (restart.findings, restart.reasons) == ((), ())


def test_it_was_active_since_its_last_firing_before_the_restart() -> None:
    """An earlier one, of 3 s, was long over; ``for`` is restored and says since when it was."""
    timeline = while_firing(
        states=[
            state("firing", 1.0, 2.1, 4.0),
            state("firing", 3.0, 11.6, 13.9),
            state("pending", 15.0, 15.05, 15.3),
            state("firing", 3.0, 15.6, 20.5),
        ],
        seen=[samples("firing", (11.5, 14.0), (15.5, 20.5))],
        configuration=holding(10.0),
    )
    assert "not as restored" not in kinds(timeline)


@pytest.mark.parametrize(("again", "found"), [(16.7, False), (16.8, True)])
def test_it_must_fire_again_within_two_evaluations_of_for_starting_over(
    again: float, found: bool
) -> None:
    """Back at 15 s: first evaluated by 15.5 s, ``for`` of 1 s over by 16.5 s, and 0.25 s more."""
    timeline = while_firing(
        states=[
            state("firing", 10.5, 11.6, 13.9),
            state("firing", 15.5, again, 20.5),
        ],
        seen=[samples("firing", (11.5, 14.0), (again, 20.5))],
    )
    assert ("not as restored" in kinds(timeline)) is found


def test_without_its_rule_nothing_says_what_becomes_of_an_alert() -> None:
    timeline = while_firing()
    rules = tuple(rule for rule in timeline.configuration.rules if rule.name != "QueueLong")
    without = replace(timeline, configuration=replace(timeline.configuration, rules=rules))
    assert "no rule QueueLong is loaded, so nothing says what becomes of QueueLong" in (
        texts(without)
    )
    assert "not as restored" not in kinds(without)


def test_it_is_as_it_first_fired_again_whatever_it_did_after() -> None:
    timeline = while_firing()
    again = state("pending", 21.0, 21.1, 21.4)
    later = replace(timeline, alert_states=(*timeline.alert_states, again))
    assert "not as restored" not in kinds(later)


def test_one_that_was_only_pending_had_nothing_to_be_resolved() -> None:
    """It holds for 5 s, and fires so late that one that fired would have been given up."""
    timeline = while_pending(
        states=[
            state("pending", 10.5, 10.6, 10.9),
            state("pending", 12.5, 12.6, 17.4),
            state("firing", 12.5, 17.55, 20.5),
        ],
        seen=[
            samples("pending", (10.5, 11.0), (13.0, 17.5)),
            samples("firing", (17.5, 20.5)),
        ],
        notifications=[(18.01, 17.5, None), (22.01, 17.5, 20.5)],
        configuration=holding(5.0),
    )
    assert "not as restored" not in kinds(timeline)
