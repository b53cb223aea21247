"""The runner never waits shorter than the judge allows: what is late must not look missed."""

import math
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from scenarios.collect import ROOT, is_drill_file, load_drill
from scenarios.configuration import from_files
from scenarios.deadlines import Deadlines
from scenarios.drill import Drill, Step
from scenarios.judge.expectation import Fires, Heartbeat, Inhibited, Repeats
from scenarios.judge.form import form_of, look_back_seconds, scrape_interval_seconds
from scenarios.judge.groups import new_group, repeat_gap, unknown_group
from scenarios.judge.routing import Destination, destinations
from scenarios.judge.soundness import FEWEST_EVENTS
from scenarios.judge.timeline import Configuration, FaultRecord, Rule
from scenarios.judge.window import (
    ALLOWANCE_SECONDS,
    Lags,
    certain_firing_seconds,
    notify_bounds,
    resolve_bounds,
)
from scenarios.preflight import faults_of
from stack.run.configuration import PRODUCTION, layers_in

SPEEDS = (1.0, 7.5, 60.0, 150.0)
CONFIGURATIONS = {
    speed: from_files(PRODUCTION, speed=speed, layers=layers_in(PRODUCTION), layers_absent={})
    for speed in SPEEDS
}
ALERTS = [rule.name for rule in CONFIGURATIONS[1.0].rules if rule.kind == "alerting"]
DRILLS = [load_drill(path) for path in sorted(ROOT.glob("*/*.py")) if is_drill_file(path)]
PLENTY = 1e9

seconds = st.floats(0, 30)
lags = st.builds(
    Lags,
    lag_seconds=seconds,
    heal_lag_seconds=seconds,
    symptom_ratio=st.none() | st.floats(0.001, 1),
    slow_seconds=seconds,
    disturbs_jobs=st.sampled_from([(), ("flash-tickets-api",), ("redis", "node")]),
    events_per_second=st.none() | st.floats(0.01, 1000),
)
alerts = st.sampled_from(ALERTS)
speeds = st.sampled_from(SPEEDS)


def record(lags: Lags, *, near_miss: bool = False) -> FaultRecord:
    """A fault that was injected, confirmed, healed and seen healed, all at times of their own."""
    return FaultRecord(
        name="fault",
        fault="fault",
        near_miss=near_miss,
        wanted={},
        injecting=1000.0,
        confirmed=1001.0,
        observed="",
        healing=2000.0,
        healed=2003.0,
        lag_seconds=lags.lag_seconds,
        heal_lag_seconds=lags.heal_lag_seconds,
        disturbs_jobs=lags.disturbs_jobs,
        symptom_ratio=lags.symptom_ratio,
        slow_seconds=lags.slow_seconds,
        events_per_second=lags.events_per_second,
    )


def rule_named(configuration: Configuration, alert: str) -> Rule:
    (rule,) = [rule for rule in configuration.rules if rule.name == alert]
    return rule


def route_of(configuration: Configuration, rule: Rule) -> Destination:
    (route,) = destinations(configuration.alertmanager, {**rule.labels, "alertname": rule.name})
    return route


def fires(alert: str, configuration: Configuration) -> Fires:
    route = route_of(configuration, rule_named(configuration, alert))
    return Fires(alert, PLENTY, route.receiver, route.group_labels)


def has_few_events(configuration: Configuration, rule: Rule, lags: Lags) -> bool:
    """Whether the judge calls the drill unknown whatever comes: (q - θ)·λ·(R - S) below 2."""
    form = form_of(configuration, rule)
    if form.threshold is None or lags.symptom_ratio is None or lags.events_per_second is None:
        return False
    covered = form.window_seconds - scrape_interval_seconds(configuration, rule)
    over = lags.symptom_ratio - form.threshold
    return over > 0 and over * lags.events_per_second * covered < FEWEST_EVENTS


@given(speeds, alerts, lags)
def test_a_notification_is_waited_for_until_its_window_has_closed(
    speed: float, alert: str, lags: Lags
) -> None:
    """Whether its group was new or live, whatever the fault declares of itself."""
    configuration = CONFIGURATIONS[speed]
    rule = rule_named(configuration, alert)
    assume(not has_few_events(configuration, rule, lags))
    route = route_of(configuration, rule)
    until = Deadlines(configuration).notified_by(fires(alert, configuration), record(lags))
    for wait in (new_group(route), unknown_group(route)):
        bounds = notify_bounds(configuration, rule, lags, wait, ALLOWANCE_SECONDS)
        window = bounds.placed(1000.0, 1001.0)
        assert window.latest is not None
        assert until > window.latest


@given(speeds, alerts, lags)
def test_a_resolve_is_waited_for_until_its_window_has_closed(
    speed: float, alert: str, lags: Lags
) -> None:
    configuration = CONFIGURATIONS[speed]
    rule = rule_named(configuration, alert)
    interval = route_of(configuration, rule).group_interval_seconds
    until = Deadlines(configuration).resolved_by(fires(alert, configuration), record(lags))
    bounds = resolve_bounds(configuration, rule, lags, interval, ALLOWANCE_SECONDS)
    window = bounds.placed(2000.0, 2003.0)
    assert window.latest is not None
    assert until > window.latest


@given(speeds, alerts, lags)
def test_a_near_miss_is_held_as_long_as_the_judge_wants_to_see_it_silent(
    speed: float, alert: str, lags: Lags
) -> None:
    configuration = CONFIGURATIONS[speed]
    rule = rule_named(configuration, alert)
    held = Deadlines(configuration).near_miss_hold_seconds(alert, record(lags, near_miss=True))
    assert held > certain_firing_seconds(configuration, rule, lags)
    assert held >= route_of(configuration, rule).group_wait_seconds


@pytest.mark.parametrize("speed", SPEEDS)
def test_a_quiet_stretch_would_have_let_any_alert_fire_and_be_told(speed: float) -> None:
    configuration = CONFIGURATIONS[speed]
    quiet = Deadlines(configuration).quiet_seconds()
    for alert in ALERTS:
        rule = rule_named(configuration, alert)
        wait = new_group(route_of(configuration, rule))
        bounds = notify_bounds(configuration, rule, Lags(), wait, ALLOWANCE_SECONDS)
        assert quiet >= bounds.latest_seconds, alert


@pytest.mark.parametrize("speed", SPEEDS)
def test_the_warm_up_reaches_as_far_back_as_any_rule_looks(speed: float) -> None:
    configuration = CONFIGURATIONS[speed]
    warm_up = Deadlines(configuration).warm_up_seconds()
    assert warm_up == max(
        look_back_seconds(configuration, rule_named(configuration, alert)) for alert in ALERTS
    )
    # OrderCreationSpike compares with five to ten minutes ago.
    assert math.isclose(warm_up * speed, 10 * 60)


@pytest.mark.parametrize("speed", SPEEDS)
def test_a_heartbeat_is_watched_until_it_must_have_been_repeated(speed: float) -> None:
    configuration = CONFIGURATIONS[speed]
    rule = rule_named(configuration, "Watchdog")
    route = route_of(configuration, rule)
    heartbeat = Heartbeat("Watchdog", PLENTY, route.receiver, route.group_labels)
    watched = Deadlines(configuration).heartbeat_seconds(heartbeat)
    assert watched >= 2 * repeat_gap(route)[1]
    elsewhere = replace(heartbeat, at="nobody")
    assert Deadlines(configuration).heartbeat_seconds(elsewhere) == 0


@given(speeds, lags)
def test_an_inhibited_alert_is_held_until_it_would_have_been_told(speed: float, lags: Lags) -> None:
    """After it fires the fault stays for a flush of its group: else nothing is shown."""
    configuration = CONFIGURATIONS[speed]
    deadlines = Deadlines(configuration)
    inhibited = Inhibited("TargetDown", by="ApiDown")
    rule = rule_named(configuration, "TargetDown")
    route = route_of(configuration, rule)
    hold = deadlines.due_hold_seconds(inhibited.alert)
    assert hold > route.group_wait_seconds
    fires_by = 1001.0 + certain_firing_seconds(configuration, rule, lags)
    assert deadlines.notified_by(inhibited, record(lags)) >= fires_by + hold


@given(speeds)
def test_what_was_muted_is_waited_for_until_the_tick_after(speed: float) -> None:
    configuration = CONFIGURATIONS[speed]
    deadlines = Deadlines(configuration)
    rule = rule_named(configuration, "TargetDown")
    route = route_of(configuration, rule)
    assert deadlines.let_go_seconds("TargetDown") > route.group_interval_seconds
    fires_by = certain_firing_seconds(configuration, rule, Lags())
    hold = deadlines.due_hold_seconds("TargetDown")
    assert deadlines.to_be_due_seconds("TargetDown") >= fires_by + hold


@given(speeds, lags)
def test_a_repeat_is_waited_for_as_long_as_the_first_and_it_may_take(
    speed: float, lags: Lags
) -> None:
    configuration = CONFIGURATIONS[speed]
    deadlines = Deadlines(configuration)
    rule = rule_named(configuration, "PaymentFailureRatioHigh")
    route = route_of(configuration, rule)
    expected = Repeats(rule.name, PLENTY, route.receiver, route.group_labels)
    shortest, longest = repeat_gap(route)
    first = certain_firing_seconds(configuration, rule, lags) + route.group_wait_seconds
    assert deadlines.to_be_repeated_seconds(expected, record(lags)) >= first + longest
    assert 0 < deadlines.shortest_repeat_seconds(expected) < shortest


@given(speeds, alerts)
def test_calm_is_waited_for_as_long_as_any_alert_may_take_to_end(speed: float, alert: str) -> None:
    """Without lags: those of a fault are over when its own resolve was waited for."""
    configuration = CONFIGURATIONS[speed]
    deadlines = Deadlines(configuration)
    rule = rule_named(configuration, alert)
    route = route_of(configuration, rule)
    bounds = resolve_bounds(
        configuration, rule, Lags(), route.group_interval_seconds, ALLOWANCE_SECONDS
    )
    assert deadlines.calm_within_seconds() > bounds.latest_seconds
    assert deadlines.settle_seconds() >= route.group_wait_seconds + rule.interval_seconds


def steps_of(drill: Drill) -> list[tuple[Step, Lags]]:
    return [(step, faults_of(drill)[step.name]) for step, _ in drill.causes]


@pytest.mark.parametrize("speed", [1.0, 60.0])
@pytest.mark.parametrize("drill", DRILLS, ids=lambda drill: drill.name)
def test_no_fault_of_a_drill_expires_while_it_is_still_waited_for(
    drill: Drill, speed: float
) -> None:
    """Faults that heal themselves if the harness dies must outlast the drill that lives."""
    speed = min(speed, drill.largest_speed or speed)
    configuration = from_files(
        PRODUCTION, speed=speed, layers=layers_in(PRODUCTION), layers_absent={}
    )
    deadlines = Deadlines(configuration)
    for step, lags in steps_of(drill):
        expires_seconds = getattr(step.fault, "expires_seconds", math.inf)
        if step.kind == "near miss":
            longest = deadlines.near_miss_hold_seconds(step.alert, record(lags, near_miss=True))
        else:
            expected = [e for e in drill.expects if isinstance(e, Fires | Inhibited)]
            beats = [e for e in drill.expects if isinstance(e, Heartbeat) and step.name in e.stops]
            until = [deadlines.notified_by(e, record(lags)) for e in expected]
            until += [deadlines.silent_until(beat, record(lags)) for beat in beats]
            longest = max(until) - 1001.0
        assert longest < expires_seconds, step.name


@pytest.mark.parametrize("drill", DRILLS, ids=lambda drill: drill.name)
def test_a_wait_goes_on_after_its_window_so_that_a_late_alert_is_told_with_its_time(
    drill: Drill,
) -> None:
    """An alert that comes a second after its window is late, not missed."""
    configuration = CONFIGURATIONS[60.0]
    deadlines = Deadlines(configuration)
    for step, lags in steps_of(drill):
        for expectation in drill.expects:
            if step.kind != "near miss" and isinstance(expectation, Fires):
                rule = rule_named(configuration, expectation.alert)
                waited = deadlines.notified_by(expectation, record(lags)) - 1001.0
                wait = new_group(route_of(configuration, rule))
                bounds = notify_bounds(configuration, rule, lags, wait, ALLOWANCE_SECONDS)
                assert waited >= bounds.latest_seconds + 1.0
