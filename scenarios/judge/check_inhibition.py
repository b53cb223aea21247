"""Checks whether an inhibition is certain: its source must come before and outlast the target."""

from collections.abc import Iterator
from typing import Literal

from scenarios.judge.expectation import Inhibited
from scenarios.judge.inhibition import is_muted
from scenarios.judge.lookup import known_labels, rule_of
from scenarios.judge.routing import destinations
from scenarios.judge.timeline import Configuration, Rule
from scenarios.judge.window import (
    ALLOWANCE_SECONDS,
    Lags,
    clearing_parts,
    for_seconds,
    keep_firing_seconds,
    pending_parts,
    total,
    written,
)

Found = tuple[Literal["error", "warning"], str, str]


def inhibition_problems(
    configuration: Configuration,
    expectation: Inhibited,
    target: Rule,
    lags: Lags,
    *,
    has_own_cause: bool = False,
) -> Iterator[Found]:
    """Why this alert would not be muted, or only by luck.

    Where the source ``has_own_cause`` it is the drill that says which of the two comes first.
    """
    source = rule_of(configuration, expectation.by, {})
    if source is None:
        return
    alert, by = expectation.alert, expectation.by
    target_labels = known_labels(configuration, target, expectation.labels)
    # Labels that only the series have are taken to be equal where the drill names them.
    source_labels = known_labels(configuration, source, expectation.labels)
    if not is_muted(configuration.alertmanager, target_labels, [source_labels]):
        yield (
            "error",
            f"no inhibition rule lets {by} mute {alert}",
            "add the rule, or expect the alert at its receiver",
        )
        return
    if has_own_cause:
        return
    fires_by = (*pending_parts(configuration, source, lags),)
    latest = total(fires_by) + for_seconds(source) + ALLOWANCE_SECONDS
    waits = [
        route.group_wait_seconds
        for route in destinations(configuration.alertmanager, target_labels)
    ]
    earliest = for_seconds(target) + min(waits)
    if latest > earliest:
        yield (
            "error",
            f"{by} may fire {latest:.2f} s after the fault ({written(fires_by)} + "
            f"{for_seconds(source):g} for), and {alert} may be told of after {earliest:.2f} s: "
            "which comes first is chance",
            f"let {alert} hold longer (for, group_wait) or {by} fire sooner",
        )
    clears = keep_firing_seconds(source)
    lasts = total(clearing_parts(configuration, target, lags)) + keep_firing_seconds(target)
    if clears < lasts:
        yield (
            "warning",
            f"{by} may clear {clears:.2f} s after healing begins, and {alert} may fire for "
            f"{lasts:.2f} s: it is told of where a tick of its group falls between",
            f"give {by} a keep_firing_for that outlasts {alert}",
        )
