"""Where an alert's time went, stage by stage, beside what the configuration predicts at most."""

from dataclasses import dataclass

from scenarios.judge.evidence import (
    Evidence,
    Life,
    cause_of,
    firing_state,
    read,
)
from scenarios.judge.expectation import Fires
from scenarios.judge.groups import group_wait
from scenarios.judge.lookup import destination_of, rule_of
from scenarios.judge.match import claims_of
from scenarios.judge.starvation import real_resolves
from scenarios.judge.timeline import FaultRecord, Rule, Timeline
from scenarios.judge.window import (
    Lags,
    clearing_parts,
    for_seconds,
    keep_firing_seconds,
    pending_parts,
    total,
)


@dataclass(frozen=True)
class Stage:
    """One stage. ``seconds`` is None where its beginning or end was not seen."""

    name: str
    seconds: float | None
    predicted_seconds: float | None


@dataclass(frozen=True)
class AlertLatency:
    """The stages of one expected alert that arrived, in their order."""

    alert: str
    receiver: str
    stages: tuple[Stage, ...]


def latencies(timeline: Timeline) -> tuple[AlertLatency, ...]:
    """For every alert that was expected to fire and did, the first that arrived."""
    evidence = read(timeline)
    claims = claims_of(evidence)
    found = []
    for index, expectation in enumerate(timeline.declaration.expects):
        if not isinstance(expectation, Fires):
            continue
        told = [life for life in claims.expected[index] if life.notified_at is not None]
        fault = cause_of(timeline, expectation)
        rule = rule_of(timeline.configuration, expectation.alert, expectation.labels)
        if told and fault is not None and rule is not None:
            first = min(told, key=lambda life: life.first_seen)
            stages = (
                *_firing_stages(evidence, first, fault, rule),
                *_resolve_stages(evidence, first, fault, rule),
            )
            found.append(AlertLatency(expectation.alert, expectation.at, stages))
    return tuple(found)


def _firing_stages(
    evidence: Evidence, life: Life, fault: FaultRecord, rule: Rule
) -> tuple[Stage, ...]:
    state = firing_state(evidence, life)
    active_at = None if state is None else state.active_at
    pending = total(pending_parts(evidence.configuration, rule, Lags.of(fault)))
    route = destination_of(evidence.configuration, life.labels, life.receiver, life.group_labels)
    wait = group_wait(evidence, route, life.labels, life.starts_at)
    return (
        Stage("fault to effect", _between(fault.injecting, fault.confirmed), None),
        Stage("effect to pending", _between(fault.confirmed, active_at), pending),
        Stage("pending to firing", _between(active_at, life.starts_at), for_seconds(rule)),
        Stage(
            "firing to notified",
            _between(life.starts_at, life.notified_at),
            wait.latest_seconds,
        ),
    )


def _resolve_stages(
    evidence: Evidence, life: Life, fault: FaultRecord, rule: Rule
) -> tuple[Stage, ...]:
    resolved = next(iter(real_resolves(evidence, life)), None)
    ends_at = None if resolved is None else resolved.alert.ends_at
    told_at = None if resolved is None else resolved.arrival.at
    clearing = total(clearing_parts(evidence.configuration, rule, Lags.of(fault)))
    route = destination_of(evidence.configuration, life.labels, life.receiver, life.group_labels)
    return (
        Stage(
            "healed to resolved",
            _between(fault.healed, ends_at),
            clearing + keep_firing_seconds(rule),
        ),
        Stage("resolved to notified", _between(ends_at, told_at), route.group_interval_seconds),
    )


def _between(began: float | None, ended: float | None) -> float | None:
    return None if began is None or ended is None else ended - began
