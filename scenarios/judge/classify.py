"""What each notification was: every alert in it, in the order in which they arrived."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from scenarios.judge.evidence import (
    SAME_MOMENT_SECONDS,
    Evidence,
    Life,
    Sighting,
)
from scenarios.judge.expectation import Fires, Heartbeat, Inhibited, Muted, Repeats
from scenarios.judge.groups import arrivals_in, repeat_gap
from scenarios.judge.inhibited import held_over
from scenarios.judge.lookup import ALERT_NAME, Labels, destination_of
from scenarios.judge.match import Claims
from scenarios.judge.starvation import real_resolves, starved_since
from scenarios.judge.timeline import Arrival

Classification = Literal[
    "expected",
    "resolved",
    "listed again",
    "repeat",
    "duplicate",
    "starved resolve",
    "allowed",
    "expected elsewhere",
    "unexpected",
    "before the watch",
]
Again = Literal["repeat", "duplicate"]


@dataclass(frozen=True)
class ClassifiedAlert:
    """One alert of one notification, and what it was to the drill."""

    alert: str
    labels: Labels
    status: str
    classification: Classification


@dataclass(frozen=True)
class ClassifiedArrival:
    """One notification, and what its alerts were to the drill."""

    sequence: int
    at: float
    receiver: str
    group_labels: Mapping[str, str]
    status: str
    alerts: tuple[ClassifiedAlert, ...]
    is_duplicate: bool


def classify(evidence: Evidence, claims: Claims) -> tuple[ClassifiedArrival, ...]:
    """Every notification in the order of arrival."""
    ordered = sorted(evidence.timeline.arrivals, key=lambda a: (a.at, a.sequence))
    return tuple(_classified(evidence, claims, arrival) for arrival in ordered)


def _classified(evidence: Evidence, claims: Claims, arrival: Arrival) -> ClassifiedArrival:
    again = _sent_again(evidence, arrival)
    return ClassifiedArrival(
        sequence=arrival.sequence,
        at=arrival.at,
        receiver=arrival.receiver,
        group_labels=arrival.group_labels,
        status=arrival.status,
        alerts=tuple(
            ClassifiedAlert(
                alert=alert.labels.get(ALERT_NAME, ""),
                labels=alert.labels,
                status=alert.status,
                classification=_classification(
                    evidence,
                    claims,
                    evidence.life_of(arrival, alert),
                    Sighting(arrival, alert),
                    again,
                ),
            )
            for alert in arrival.alerts
        ),
        is_duplicate=again == "duplicate",
    )


def _classification(
    evidence: Evidence, claims: Claims, life: Life, sighting: Sighting, again: Again | None
) -> Classification:
    if _is_among(claims.allowed, life):
        return "allowed"
    if not _is_expected(evidence, claims, life):
        return _not_expected(evidence, life)
    if again is not None:
        return again
    if sighting.alert.status == "firing":
        return "expected" if _is_same(sighting, life.firing[0]) else "listed again"
    if starved_since(evidence, life, sighting) is not None:
        return "starved resolve"
    first = real_resolves(evidence, life)[0]
    return "resolved" if _is_same(sighting, first) else "listed again"


def _is_same(sighting: Sighting, other: Sighting) -> bool:
    return sighting.arrival.sequence == other.arrival.sequence


def _not_expected(evidence: Evidence, life: Life) -> Classification:
    if evidence.was_over_before_watch(life):
        return "before the watch"
    return "expected elsewhere" if _is_named(evidence, life) else "unexpected"


def _is_among(kind: Mapping[int, list[Life]], life: Life) -> bool:
    return any(life in lives for lives in kind.values())


def _is_named(evidence: Evidence, life: Life) -> bool:
    """Whether an alert of this name is expected, though not so."""
    return any(
        isinstance(expectation, Fires | Heartbeat | Repeats) and expectation.alert == life.alert
        for expectation in evidence.timeline.declaration.expects
    )


def _is_expected(evidence: Evidence, claims: Claims, life: Life) -> bool:
    if _is_among(claims.expected, life):
        return True
    for index, lives in claims.inhibited.items():
        expectation = evidence.timeline.declaration.expects[index]
        if life in lives and isinstance(expectation, Inhibited | Muted):
            return held_over(evidence, expectation, life)
    return False


def _sent_again(evidence: Evidence, arrival: Arrival) -> Again | None:
    """Whether it says just what the last notification of its group said.

    A repeat comes when nothing was told of the group for as long as a repeat takes. Anything
    sooner is a duplicate: delivery is at least once.
    """
    earlier = [
        other
        for other in arrivals_in(evidence, arrival.receiver, arrival.group_labels)
        if (other.at, other.sequence) < (arrival.at, arrival.sequence)
    ]
    if not earlier or earlier[-1].identity != arrival.identity or not arrival.alerts:
        return None
    route = destination_of(
        evidence.configuration, arrival.alerts[0].labels, arrival.receiver, arrival.group_labels
    )
    shortest, _ = repeat_gap(route)
    if evidence.configuration.peer_timeout_seconds > 0:
        # Each of two Alertmanagers has ticks of its own: the first past the interval is either's.
        shortest = min(shortest, route.repeat_interval_seconds)
    gap = arrival.at - earlier[-1].at
    return "repeat" if gap >= shortest - SAME_MOMENT_SECONDS else "duplicate"
