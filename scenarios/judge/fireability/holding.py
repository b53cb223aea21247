"""Faults that end by themselves before the alert they must raise has been told of."""

from collections.abc import Iterator, Mapping

from scenarios.judge.expectation import Fires, Inhibited, Lost, Muted
from scenarios.judge.fireability.defect import Check, Defect
from scenarios.judge.lookup import known_labels, rule_of
from scenarios.judge.routing import destinations
from scenarios.judge.timeline import Configuration, Declaration, Rule
from scenarios.judge.window import Lags, for_seconds, pending_parts, total
from stack.run.speed import Place

CHECK = Check(
    "short-fault",
    "a `for`, with all that comes before and after it, that is longer than the drill's fault or "
    "near miss can be held",
    "a fault ends by itself after its expiry, so that nothing outlives a harness that was killed; "
    "an alert that needs longer can neither fire nor be shown to stay silent",
)


def find(
    configuration: Configuration,
    declaration: Declaration,
    lags: Mapping[str, Lags],
    expires_seconds: Mapping[str, float],
) -> Iterator[Defect]:
    """``expires_seconds`` gives, by step, how long a fault holds that ends by itself."""
    for step, expires in expires_seconds.items():
        for alert in _alerts(declaration, step, len(lags) - len(declaration.near_misses)):
            rule = rule_of(configuration, alert, {})
            if rule is None:
                continue
            needed = _needed_seconds(configuration, rule, lags.get(step, Lags()))
            if needed > expires:
                yield CHECK.error(
                    Place(declaration.path),
                    f"{step!r} ends by itself after {expires:g} s",
                    f"{alert} may need {needed:g} s to fire and be told of, {for_seconds(rule):g} "
                    "s of them its `for`",
                    "run faster (--speed), make the `for` shorter, or let the fault expire later",
                )


def _alerts(declaration: Declaration, step: str, faults: int) -> list[str]:
    """The alerts for which a step must hold."""
    if step in declaration.near_misses:
        return [declaration.near_misses[step]]
    return list(
        dict.fromkeys(
            expectation.alert
            for expectation in declaration.expects
            if isinstance(expectation, Fires | Inhibited | Muted | Lost)
            and (expectation.fault == step or (not expectation.fault and faults == 1))
        )
    )


def _needed_seconds(configuration: Configuration, rule: Rule, lags: Lags) -> float:
    waits = [
        route.group_wait_seconds
        for route in destinations(configuration.alertmanager, known_labels(configuration, rule, {}))
    ]
    return (
        total(pending_parts(configuration, rule, lags)) + for_seconds(rule) + max(waits, default=0)
    )
