"""Holds every notification against the clock of its group; no expectation is needed for that.

A group begins with its first alert, notifies G later, and from then on only at multiples of I; and
where nothing has changed, only once repeat_interval is over. What is off that clock is a finding.
It is said only where the clock is known: of alerts that were in the group from one notification to
the next, with one Alertmanager, until anything restarts its groups or keeps a receiver from taking
notifications. An effective group interval of several times the configured one is still on its
ticks: the windows of what resolves then tell.
"""

import itertools
from collections.abc import Iterator, Sequence

from scenarios.judge.evidence import SAME_MOMENT_SECONDS, Evidence, into_drill
from scenarios.judge.finding import Finding, FindingKind
from scenarios.judge.groups import DRIFT_SECONDS, group_wait, repeat_gap
from scenarios.judge.lookup import ALERT_NAME, identity, label_text
from scenarios.judge.match import Claims
from scenarios.judge.muting import may_be_muted
from scenarios.judge.routing import Destination
from scenarios.judge.timeline import Arrival, NotifiedAlert
from scenarios.judge.undisturbed import route_of, undisturbed_until
from scenarios.judge.window import ALLOWANCE_SECONDS


def tick_findings(evidence: Evidence, claims: Claims) -> Iterator[Finding]:
    """Every notification that came off the ticks of its group, or was repeated too early."""
    if evidence.configuration.peer_timeout_seconds > 0:
        return  # Two Alertmanagers have a clock each, and either may be the one to send.
    judged = {
        (id(sighting.arrival))
        for lives in claims.expected.values()
        for life in lives
        for sighting in life.firing[:1]
    }
    for arrivals in _by_group(evidence):
        route = route_of(evidence, arrivals[0])
        until = undisturbed_until(evidence, arrivals[0].receiver)
        told = [arrival for arrival in arrivals if evidence.watched_since <= arrival.at < until]
        if route is None or not told:
            continue
        kept = _without_duplicates(told, route)
        for arrival in kept:
            first = arrival is arrivals[0] and id(arrival) not in judged
            if first:
                yield from _first(evidence, route, arrival)
        for previous, following in itertools.pairwise(kept):
            if _is_same_life(previous, following):
                yield from _on_tick(evidence, route, previous, following)
                yield from _repeated_early(evidence, route, previous, following)


def _by_group(evidence: Evidence) -> list[list[Arrival]]:
    groups: dict[tuple[str, str, object], list[Arrival]] = {}
    for arrival in sorted(evidence.timeline.arrivals, key=lambda a: (a.at, a.sequence)):
        if arrival.alerts:
            key = (arrival.receiver, arrival.group_key, identity(arrival.group_labels))
            groups.setdefault(key, []).append(arrival)
    return list(groups.values())


def _without_duplicates(arrivals: Sequence[Arrival], route: Destination) -> list[Arrival]:
    """Delivery is at least once: what is said again before the next tick was sent by no tick."""
    kept: list[Arrival] = []
    for arrival in arrivals:
        if (
            kept
            and arrival.identity == kept[-1].identity
            and arrival.at - kept[-1].at < route.group_interval_seconds - ALLOWANCE_SECONDS
        ):
            continue
        kept.append(arrival)
    return kept


def _is_same_life(previous: Arrival, following: Arrival) -> bool:
    """Whether an alert was in the group from one notification to the next, so that it lived on."""
    fired = {_firing_of(alert) for alert in previous.alerts if alert.status == "firing"}
    return any(_firing_of(alert) in fired for alert in following.alerts)


def _firing_of(alert: NotifiedAlert) -> tuple[object, float]:
    return identity(alert.labels), round(alert.starts_at, 3)


def _on_tick(
    evidence: Evidence, route: Destination, previous: Arrival, following: Arrival
) -> Iterator[Finding]:
    interval, gap = route.group_interval_seconds, following.at - previous.at
    if interval <= 2 * ALLOWANCE_SECONDS:
        return  # Any moment is near a tick.
    ticks = max(1, round(gap / interval))
    off = gap - ticks * interval
    tolerated = ALLOWANCE_SECONDS + ticks * DRIFT_SECONDS
    if abs(off) > tolerated:
        yield _finding(
            evidence,
            following,
            "off tick",
            f"came {gap:.2f} s after the one before it, "
            f"{abs(off):.2f} s {'after' if off > 0 else 'before'} a tick of its group_interval of "
            f"{interval:g} s",
            began=previous.at,
            overrun_seconds=abs(off) - tolerated,
        )


def _repeated_early(
    evidence: Evidence, route: Destination, previous: Arrival, following: Arrival
) -> Iterator[Finding]:
    shortest, _ = repeat_gap(route)
    gap = following.at - previous.at
    if following.identity == previous.identity and gap < shortest - ALLOWANCE_SECONDS:
        yield _finding(
            evidence,
            following,
            "repeated early",
            f"says what the one before it said {gap:.2f} s earlier; its repeat_interval of "
            f"{route.repeat_interval_seconds:g} s lets it be repeated after {shortest:.2f} s",
            began=previous.at,
        )


def _first(evidence: Evidence, route: Destination, arrival: Arrival) -> Iterator[Finding]:
    """What began the group is told G later and not before; what was muted then, at a later tick.

    How late it may come otherwise is for the windows of expectations: startsAt is when an
    evaluation was due, which is not when a Prometheus that was held up did it.
    """
    oldest = min(arrival.alerts, key=lambda alert: alert.starts_at)
    wait = group_wait(evidence, route, oldest.labels, oldest.starts_at)
    if (
        oldest.starts_at < evidence.watched_since
        or wait.earliest_seconds != wait.latest_seconds
        or route.mute_time_intervals
        or route.active_time_intervals
    ):
        return
    due = oldest.starts_at + wait.latest_seconds
    off = arrival.at - due
    if off > ALLOWANCE_SECONDS:
        if not may_be_muted(evidence, oldest.labels, due, arrival.at):
            return
        off -= round(off / route.group_interval_seconds) * route.group_interval_seconds
    if off < -SAME_MOMENT_SECONDS or off > ALLOWANCE_SECONDS:
        yield _finding(
            evidence,
            arrival,
            "off tick",
            f"began to fire at {into_drill(evidence, oldest.starts_at)} and was due at "
            f"{into_drill(evidence, due)}, after a group_wait of {route.group_wait_seconds:g} s",
            began=oldest.starts_at,
            overrun_seconds=max(0.0, off - ALLOWANCE_SECONDS),
        )


def _finding(
    evidence: Evidence,
    arrival: Arrival,
    kind: FindingKind,
    what: str,
    *,
    began: float,
    overrun_seconds: float = 0.0,
) -> Finding:
    names = " and ".join(
        dict.fromkeys(alert.labels.get(ALERT_NAME, "") for alert in arrival.alerts)
    )
    return Finding(
        kind,
        f"the notification of {names} at {into_drill(evidence, arrival.at)} to {arrival.receiver} "
        f"in group {label_text(arrival.group_labels)} {what}",
        arrival.alerts[0].labels.get(ALERT_NAME, ""),
        began,
        arrival.at,
        overrun_seconds=overrun_seconds,
    )
