"""The life of Alertmanager's groups, read from the timeline: who waits how long, and for what.

A group begins with its first alert, is flushed G later and then at each tick of I, and is
forgotten at the flush that finds all its alerts resolved. An alert that begins a group waits G;
one that joins before the first flush waits for the rest of G; one that joins later waits for the
next tick, anywhere in (0, I]. Muted alerts keep a group alive though no notification shows it, so
members are read from what fired in Prometheus too. Whether a group is really forgotten is not
certain for another I: a resolved alert that Prometheus sends again may land in the flush.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from scenarios.judge.evidence import SAME_MOMENT_SECONDS, Evidence
from scenarios.judge.lookup import Labels, identity
from scenarios.judge.routing import Destination, destinations
from scenarios.judge.timeline import Arrival
from scenarios.judge.window import ALLOWANCE_SECONDS, Wait

# Alertmanager's ticks come late by some milliseconds each.
DRIFT_SECONDS = 0.01


@dataclass(frozen=True)
class _Member:
    """An alert's stay in a group; ``ended`` is infinite where nothing shows that it resolved."""

    labels: Labels
    began: float
    ended: float


def new_group(route: Destination) -> Wait:
    """The wait of the alert that begins a group."""
    return Wait("group wait", route.group_wait_seconds, route.group_wait_seconds)


def unknown_group(route: Destination) -> Wait:
    """The wait where the group may be new, live, or on its way out."""
    longest = max(route.group_wait_seconds, route.group_interval_seconds)
    return Wait("group wait or interval", 0.0, longest)


def group_wait(evidence: Evidence, route: Destination, labels: Labels, starts_at: float) -> Wait:
    """How long this group held back the alert with these labels that began to fire then."""
    wait, interval = route.group_wait_seconds, route.group_interval_seconds
    before = [
        member
        for member in _members(evidence, route)
        if member.began < starts_at - SAME_MOMENT_SECONDS
    ]
    present = [member for member in before if member.ended >= starts_at - SAME_MOMENT_SECONDS]
    gone = [member for member in before if member not in present]
    # What is still there and has the same labels is this very firing, dated otherwise.
    present = [member for member in present if identity(member.labels) != identity(labels)]
    lingering = any(_may_linger(evidence, route, member, starts_at) for member in gone)
    if not present:
        return unknown_group(route) if lingering else new_group(route)
    first_flush = min(member.began for member in present) + wait - starts_at
    if first_flush <= SAME_MOMENT_SECONDS:
        return Wait("group interval", 0.0, interval)
    if lingering:
        return Wait("group wait or interval", 0.0, max(first_flush, interval))
    return Wait("rest of group wait", first_flush, first_flush)


def repeat_gap(route: Destination) -> tuple[float, float]:
    """The shortest and longest gap between two notifications of a group that does not change.

    A repeat is due at the first tick that comes strictly later than repeat_interval after the
    last notification was done. Where that is a multiple of I, it is one tick more (5 s and 1 s: 6),
    unless the ticks have drifted by as much as sending took: now and then 5.
    """
    repeat, interval = route.repeat_interval_seconds, route.group_interval_seconds
    if interval <= 0:
        return repeat, repeat + ALLOWANCE_SECONDS
    shortest = _ticks_past(repeat - DRIFT_SECONDS, interval) * interval
    longest = _ticks_past(repeat + ALLOWANCE_SECONDS, interval) * interval
    return shortest, longest + ALLOWANCE_SECONDS


def arrivals_in(evidence: Evidence, receiver: str, group: Labels) -> tuple[Arrival, ...]:
    """What this receiver was told of this group, in order."""
    return tuple(
        sorted(
            (
                arrival
                for arrival in evidence.timeline.arrivals
                if arrival.receiver == receiver
                and identity(arrival.group_labels) == identity(group)
            ),
            key=lambda arrival: (arrival.at, arrival.sequence),
        )
    )


def _ticks_past(repeat: float, interval: float) -> int:
    """The first tick strictly after ``repeat``, counted in whole milliseconds."""
    return math.floor(round(repeat * 1000) / round(interval * 1000)) + 1


def _members(evidence: Evidence, route: Destination) -> Iterator[_Member]:
    group = identity(route.group_labels)
    for run in evidence.runs:
        if any(
            found.receiver == route.receiver and identity(found.group_labels) == group
            for found in destinations(evidence.configuration.alertmanager, run.labels)
        ):
            yield _Member(run.labels, run.began, run.ended)
    for life in evidence.lives:
        is_sampled = evidence.runs_of(life.alert, life.labels)
        in_group = life.receiver == route.receiver and identity(life.group_labels) == group
        if in_group and not is_sampled:
            ends = [sighting.alert.ends_at for sighting in life.resolved]
            ended = max((end for end in ends if end is not None), default=math.inf)
            yield _Member(life.labels, life.starts_at, ended)


def _may_linger(evidence: Evidence, route: Destination, member: _Member, starts_at: float) -> bool:
    """Whether a group may have outlived a member that was resolved before ``starts_at``.

    The flush after its end forgets the member, but for a resolve that is sent again. One that
    still tells that the member fires was on its way when it ended. The second of two
    Alertmanagers, which is not heard while the first sends, may be later by the peer timeout.
    """
    flushes = (
        arrival.at
        for arrival in arrivals_in(evidence, route.receiver, route.group_labels)
        if member.ended <= arrival.at < starts_at and not _tells_firing(arrival, member)
    )
    left = next(flushes, member.ended)
    longest = max(route.group_wait_seconds, route.group_interval_seconds) + ALLOWANCE_SECONDS
    return starts_at <= left + longest + evidence.configuration.peer_timeout_seconds


def _tells_firing(arrival: Arrival, member: _Member) -> bool:
    return any(
        alert.status == "firing" and identity(alert.labels) == identity(member.labels)
        for alert in arrival.alerts
    )
