"""What drills expect, their windows and what they are made of, told without running anything."""

from collections.abc import Iterator, Mapping

from scenarios.judge.expectation import Fires, Heartbeat
from scenarios.judge.groups import new_group, repeat_gap
from scenarios.judge.lookup import expected_route, rule_of
from scenarios.judge.timeline import Configuration, Declaration, Rule
from scenarios.judge.window import (
    Lags,
    Part,
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
            lags = _lags(declaration, expectation, faults)
            for line in _fires(configuration, expectation, rule, lags, speed):
                yield f"{INDENT * 2}{line}"
        elif isinstance(expectation, Heartbeat):
            yield f"{INDENT * 2}{_heartbeat(configuration, expectation, rule, speed)}"
    for step, alert in declaration.near_misses.items():
        yield f"{INDENT}{alert} stays silent in near miss {step!r}"
        rule = rule_of(configuration, alert, {})
        if rule is not None:
            lags = faults.get(step, Lags())
            held = (*certain_pending_parts(configuration, rule, lags), _for(rule))
            yield f"{INDENT * 2}held for {total(held):.2f} s at least = {written(held)}"
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
    if expectation.resolves:
        resolved = resolve_bounds(
            configuration, rule, lags, route.group_interval_seconds, allowance
        )
        yield (
            f"resolved after {resolved.earliest_seconds:.2f} to {resolved.latest_seconds:.2f} s "
            f"of healing = {written(resolved.latest)}"
        )


def _heartbeat(
    configuration: Configuration, expectation: Heartbeat, rule: Rule, speed: float
) -> str:
    shortest, longest = repeat_gap(expected_route(configuration, expectation, rule))
    return (
        f"promised every {expectation.every_seconds:g} s of production, "
        f"{expectation.every_seconds / speed:.2f} s at speed {speed:g}; repeated after "
        f"{shortest:.2f} to {longest:.2f} s"
    )


def _for(rule: Rule) -> Part:
    return Part("for", for_seconds(rule))


def _lags(declaration: Declaration, expectation: Fires, faults: Mapping[str, Lags]) -> Lags:
    real = [lags for step, lags in faults.items() if step not in declaration.near_misses]
    return faults.get(expectation.fault) or next(iter(real), Lags())
