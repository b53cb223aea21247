"""What drills expect, their windows and what they are made of, told without running anything."""

from collections.abc import Iterator, Mapping

from scenarios.judge.expectation import Fires, Heartbeat, Inhibited, Lost, Muted, Repeats, Silent
from scenarios.judge.groups import new_group, repeat_gap
from scenarios.judge.heartbeat_stop import first_beat_parts, last_beat_parts
from scenarios.judge.lookup import expected_route, known_labels, rule_of
from scenarios.judge.outages import held_again_seconds
from scenarios.judge.routing import destinations
from scenarios.judge.timeline import Configuration, Declaration, Rule
from scenarios.judge.window import (
    ALLOWANCE_SECONDS,
    Lags,
    Part,
    Wait,
    allowance_seconds,
    certain_pending_parts,
    for_seconds,
    notify_bounds,
    resolve_bounds,
    total,
    written,
)
from scenarios.judge.words import INDENT, expectation_text


def explain(
    configuration: Configuration,
    declaration: Declaration,
    *,
    speed: float,
    faults: Mapping[str, Lags],
) -> str:
    """One drill: each expectation with its promise and windows. ``faults`` are by step name.

    Windows are in seconds as they will run; the earliest counts from the beginning of the fault
    (or healing), the latest from the moment its effect is confirmed.
    """
    return "\n".join(_lines(configuration, declaration, speed, faults))


def _lines(
    configuration: Configuration,
    declaration: Declaration,
    speed: float,
    faults: Mapping[str, Lags],
) -> Iterator[str]:
    yield f"{declaration.name}: {declaration.proves}"
    for expectation in declaration.expects:
        yield f"{INDENT}{expectation_text(expectation)}"
        rule = rule_of(configuration, expectation.alert, getattr(expectation, "labels", {}))
        if rule is None:
            yield f"{INDENT * 2}no rule of that name is loaded"
        elif isinstance(expectation, Fires):
            lags = _lags(declaration, expectation.fault, faults)
            for line in _fires(configuration, expectation, rule, lags, speed):
                yield f"{INDENT * 2}{line}"
        elif isinstance(expectation, Inhibited | Muted | Lost):
            lags = _lags(declaration, expectation.fault, faults)
            for line in _kept_back(configuration, expectation, rule, lags):
                yield f"{INDENT * 2}{line}"
        elif isinstance(expectation, Heartbeat | Repeats):
            yield f"{INDENT * 2}{_repeated(configuration, expectation, rule, speed)}"
            for line in _stops(configuration, expectation, rule, faults):
                yield f"{INDENT * 2}{line}"
        elif isinstance(expectation, Silent):
            yield f"{INDENT * 2}watched for {_firing(configuration, rule, Lags())}"
    for step, alert in declaration.near_misses.items():
        yield f"{INDENT}{alert} stays silent in near miss {step!r}"
        rule = rule_of(configuration, alert, {})
        if rule is not None:
            lags = faults.get(step, Lags())
            yield f"{INDENT * 2}held for {_firing(configuration, rule, lags)}"
    for allowed in declaration.allows:
        yield f"{INDENT}{allowed.alert} is allowed at {allowed.at}: {allowed.reason}"


def _fires(
    configuration: Configuration,
    expectation: Fires,
    rule: Rule,
    lags: Lags,
    speed: float,
) -> Iterator[str]:
    promise = expectation.within_seconds / speed
    route = expected_route(configuration, expectation, rule)
    allowance = allowance_seconds(promise)
    bounds = notify_bounds(configuration, rule, lags, new_group(route), allowance)
    yield (
        f"promised within {expectation.within_seconds:g} s of production, {promise:.2f} s at "
        f"speed {speed:g}"
    )
    yield (
        f"notified after {bounds.earliest_seconds:.2f} to {bounds.latest_seconds:.2f} s = "
        f"{written(bounds.latest)}"
    )
    yield (
        f"in a group that is live already, up to {route.group_interval_seconds:g} s group "
        f"interval instead of {route.group_wait_seconds:g} s group wait"
    )
    again = held_again_seconds(configuration, rule)
    for step, state in expectation.restarts.items():
        yield f"{step!r} finds it {state}, and may have it pending for {again:g} s once more"
    if expectation.resolves:
        resolved = resolve_bounds(
            configuration, rule, lags, route.group_interval_seconds, allowance
        )
        yield (
            f"resolved after {resolved.earliest_seconds:.2f} to {resolved.latest_seconds:.2f} s "
            f"of healing = {written(resolved.latest)}"
        )


def _repeated(
    configuration: Configuration, expectation: Heartbeat | Repeats, rule: Rule, speed: float
) -> str:
    shortest, longest = repeat_gap(expected_route(configuration, expectation, rule))
    return (
        f"promised every {expectation.every_seconds:g} s of production, "
        f"{expectation.every_seconds / speed:.2f} s at speed {speed:g}; repeated after "
        f"{shortest:.2f} to {longest:.2f} s"
    )


def _kept_back(
    configuration: Configuration, expectation: Inhibited | Muted | Lost, rule: Rule, lags: Lags
) -> Iterator[str]:
    """When it would have been told of, and when it is if it outlives what keeps it back."""
    if isinstance(expectation, Inhibited):
        yield _source(configuration, expectation.by, lags)
    labels = known_labels(configuration, rule, expectation.labels)
    for route in destinations(configuration.alertmanager, labels):
        due = notify_bounds(configuration, rule, lags, new_group(route), ALLOWANCE_SECONDS)
        yield (
            f"{expectation.alert} would be notified at {route.receiver} after "
            f"{due.earliest_seconds:.2f} to {due.latest_seconds:.2f} s = {written(due.latest)}"
        )
        if not isinstance(expectation, Lost):
            then = (
                Part("group interval", route.group_interval_seconds),
                Part("allowance", ALLOWANCE_SECONDS),
            )
            yield (
                f"and is, where it outlives {expectation.by}, within {total(then):.2f} s of its "
                f"end = {written(then)}"
            )


def _source(configuration: Configuration, alert: str, lags: Lags) -> str:
    """From when on what inhibits fires."""
    rule = rule_of(configuration, alert, {})
    if rule is None:
        return f"no rule {alert} is loaded"
    at_once = Wait("", 0.0, 0.0)
    firing = notify_bounds(configuration, rule, lags, at_once, ALLOWANCE_SECONDS)
    return f"{alert} fires within {firing.latest_seconds:.2f} s = {written(firing.latest)}"


def _stops(
    configuration: Configuration,
    expectation: Heartbeat | Repeats,
    rule: Rule,
    faults: Mapping[str, Lags],
) -> Iterator[str]:
    """When a heartbeat is silent, and back, in each outage of the monitoring."""
    if isinstance(expectation, Repeats):
        return
    back = first_beat_parts(configuration, rule, expected_route(configuration, expectation, rule))
    for step in expectation.stops:
        last = last_beat_parts(configuration, rule, frozenset(faults.get(step, Lags()).stops))
        yield (
            f"beats for the last time {total(last):.2f} s after {step!r} at most = "
            f"{written(last)}, and again within {total(back):.2f} s of its end = {written(back)}"
        )


def _firing(configuration: Configuration, rule: Rule, lags: Lags) -> str:
    """What surely suffices for it to fire if it is to."""
    held = (*certain_pending_parts(configuration, rule, lags), Part("for", for_seconds(rule)))
    return f"{total(held):.2f} s at least = {written(held)}"


def _lags(declaration: Declaration, fault: str, faults: Mapping[str, Lags]) -> Lags:
    real = [lags for step, lags in faults.items() if step not in declaration.near_misses]
    return faults.get(fault) or next(iter(real), Lags())
