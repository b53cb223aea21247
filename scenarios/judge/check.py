"""What is wrong with drills as declared, found before anything runs: names, routes, promises.

Each check holds a declaration against the configuration alone. Nothing here can tell whether an
alert works; it tells that a drill could never have passed, or could never have failed.
"""

import difflib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from scenarios.judge.chat import chat_problems
from scenarios.judge.check_inhibition import inhibition_problems
from scenarios.judge.check_mutes import mute_problems
from scenarios.judge.check_routing import routing_problems
from scenarios.judge.expectation import (
    Expectation,
    Fires,
    Heartbeat,
    Inhibited,
    Lost,
    Muted,
    Repeats,
    Silent,
)
from scenarios.judge.groups import repeat_gap
from scenarios.judge.lookup import expected_route, rule_of
from scenarios.judge.order import order_problems
from scenarios.judge.outages import MONITORING, PROMETHEUS
from scenarios.judge.promise import can_keep_promise
from scenarios.judge.routing import receivers
from scenarios.judge.timeline import Configuration, Declaration, Rule
from scenarios.judge.window import Lags

NEAREST = 3

Faults = Mapping[str, Lags]


@dataclass(frozen=True)
class Problem:
    """What is wrong with one drill and what to do about it.

    An error makes every verdict worthless; a warning says that a verdict may hang on chance.
    """

    path: str
    what: str
    remedy: str
    severity: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        return f"{self.path}: {self.what}; {self.remedy}"


def check(
    configuration: Configuration,
    declarations: Iterable[Declaration],
    *,
    speed: float,
    faults: Mapping[str, Faults],
) -> tuple[Problem, ...]:
    """Every problem of every drill. ``faults`` gives, by drill and step, what a fault declares."""
    return tuple(
        Problem(declaration.path, what, remedy, severity)
        for declaration in declarations
        for severity, what, remedy in _problems(
            configuration, declaration, speed, faults.get(declaration.name, {})
        )
    )


Found = tuple[Literal["error", "warning"], str, str]


def _problems(
    configuration: Configuration, declaration: Declaration, speed: float, faults: Faults
) -> Iterator[Found]:
    if not declaration.expects:
        yield (
            "error",
            f"{declaration.name} is a drill with no expectation",
            "say what fires, is inhibited, beats or stays silent",
        )
    yield from _unknown_alerts(configuration, declaration)
    yield from _unknown_receivers(configuration, declaration)
    yield from _contradictions(declaration)
    yield from order_problems(declaration)
    yield from _unknown_faults(declaration, faults)
    yield from _unknown_outages(declaration, faults)
    for expectation in declaration.expects:
        rule = rule_of(configuration, expectation.alert, getattr(expectation, "labels", {}))
        if rule is None:
            continue
        lags = _lags(expectation, declaration, faults)
        if isinstance(expectation, Fires | Heartbeat | Repeats):
            yield from routing_problems(configuration, expectation, rule)
        if isinstance(expectation, Fires):
            yield from _promise(configuration, expectation, lags, speed)
            yield from chat_problems(configuration, expectation)
        if isinstance(expectation, Heartbeat | Repeats):
            yield from _beat(configuration, expectation, rule, speed)
        if isinstance(expectation, Inhibited):
            yield from inhibition_problems(
                configuration,
                expectation,
                rule,
                lags,
                has_own_cause=_has_own_cause(declaration, expectation),
            )
        if isinstance(expectation, Muted):
            yield from mute_problems(expectation, list(faults))


def _unknown_alerts(configuration: Configuration, declaration: Declaration) -> Iterator[Found]:
    loaded = {rule.name for rule in configuration.rules if rule.kind == "alerting"}
    absent = "".join(
        f"; rules of layer {layer} are not loaded: {why}"
        for layer, why in configuration.rules_absent.items()
    )
    expected = _alerts_named(declaration)
    allowed = [allowed.alert for allowed in declaration.allows]
    for name in dict.fromkeys((*expected, *allowed)):
        if name not in loaded:
            # What is allowed and cannot come does no harm.
            yield (
                "error" if name in expected else "warning",
                f"no alerting rule {name} is loaded{absent}",
                _did_you_mean(name, loaded),
            )


def _alerts_named(declaration: Declaration) -> list[str]:
    named: dict[str, None] = {}
    for expectation in declaration.expects:
        named[expectation.alert] = None
        if isinstance(expectation, Inhibited):
            named[expectation.by] = None
        if isinstance(expectation, Fires):
            named.update(dict.fromkeys(expectation.together_with))
    named.update(dict.fromkeys(declaration.near_misses.values()))
    return list(named)


def _unknown_receivers(configuration: Configuration, declaration: Declaration) -> Iterator[Found]:
    known = receivers(configuration.alertmanager)
    named = Fires | Heartbeat | Lost | Repeats
    expected = {e.at for e in declaration.expects if isinstance(e, named)}
    allowed = {allowed.at for allowed in declaration.allows}
    for name in sorted(expected | allowed):
        if name not in known:
            yield (
                "error" if name in expected else "warning",
                f"Alertmanager has no receiver {name}",
                _did_you_mean(name, known),
            )


def _contradictions(declaration: Declaration) -> Iterator[Found]:
    silent = {e.alert for e in declaration.expects if isinstance(e, Silent)}
    for expectation in declaration.expects:
        if not isinstance(expectation, Silent) and expectation.alert in silent:
            yield (
                "error",
                f"{expectation.alert} is expected both to be told of and to stay silent",
                "leave one of the two out",
            )


def _unknown_faults(declaration: Declaration, faults: Faults) -> Iterator[Found]:
    real = [name for name in faults if name not in declaration.near_misses]
    for expectation in declaration.expects:
        if not isinstance(expectation, Fires | Inhibited | Lost | Muted | Repeats):
            continue
        if expectation.fault and expectation.fault not in real:
            yield (
                "error",
                f"{expectation.alert} names fault {expectation.fault!r}, which the drill lacks",
                _did_you_mean(expectation.fault, real),
            )
        elif not real:
            yield (
                "error",
                f"no fault of the drill can raise {expectation.alert}",
                "add the fault that must raise it",
            )
        elif (
            not expectation.fault
            and len(real) > 1
            and isinstance(expectation, Fires | Muted | Repeats)
        ):
            yield (
                "error",
                f"{expectation.alert} does not say which of the faults raises it",
                f"name one of {', '.join(sorted(real))}",
            )
    for step in declaration.near_misses:
        if step not in faults:
            yield (
                "error",
                f"near miss {step!r} is not a step of the drill",
                _did_you_mean(step, list(faults)),
            )


def _has_own_cause(declaration: Declaration, expectation: Inhibited) -> bool:
    """Whether what inhibits is raised by another fault, of which the drill says when it begins."""
    causes = {
        other.fault
        for other in declaration.expects
        if isinstance(other, Fires) and other.alert == expectation.by
    }
    return bool(causes) and expectation.fault not in causes


def _unknown_outages(declaration: Declaration, faults: Faults) -> Iterator[Found]:
    """Steps that are said to break the monitoring, and do not."""
    for expectation in declaration.expects:
        if isinstance(expectation, Fires):
            steps, services = tuple(expectation.restarts), PROMETHEUS
        elif isinstance(expectation, Heartbeat):
            steps, services = tuple(expectation.stops), MONITORING
        else:
            continue
        for step in steps:
            if step not in faults:
                yield (
                    "error",
                    f"{expectation.alert} names step {step!r}, which the drill lacks",
                    _did_you_mean(step, list(faults)),
                )
            elif not services & set(faults[step].stops):
                yield (
                    "error",
                    f"{expectation.alert} names step {step!r}, which takes none of "
                    f"{', '.join(sorted(services))} down",
                    "name a step that does, or leave it out",
                )


def _lags(expectation: Expectation, declaration: Declaration, faults: Faults) -> Lags:
    real = {name: lags for name, lags in faults.items() if name not in declaration.near_misses}
    named = getattr(expectation, "fault", "")
    return real.get(named) or next(iter(real.values()), Lags())


def _promise(
    configuration: Configuration, expectation: Fires, lags: Lags, speed: float
) -> Iterator[Found]:
    promise = can_keep_promise(configuration, expectation, lags, speed)
    if not promise.is_kept:
        yield (
            "error",
            f"the configuration cannot keep the promise: {promise.text}",
            "make that part shorter, or promise what can be kept",
        )


def _beat(
    configuration: Configuration, expectation: Heartbeat | Repeats, rule: Rule, speed: float
) -> Iterator[Found]:
    _, longest = repeat_gap(expected_route(configuration, expectation, rule))
    promise = expectation.every_seconds / speed
    if longest > promise:
        yield (
            "error",
            f"the configuration cannot keep the promise: {expectation.alert} is repeated within "
            f"{longest:.2f} s, promised every {promise:.2f} s",
            "make repeat_interval shorter, or promise what can be kept",
        )


def _did_you_mean(name: str, known: Collection[str]) -> str:
    nearest = difflib.get_close_matches(name, sorted(known), NEAREST, cutoff=0.4)
    if nearest:
        return f"did you mean {' or '.join(nearest)}?"
    return f"there are {', '.join(sorted(known)) or 'none'}"
