"""Judges two Alertmanagers that share the work: each notification once, as long as both live.

Delivery is at least once. One that is killed between sending and gossip leaves the other in the
dark, and that sends again: after its peer timeout, or at its group's next tick. One that comes back
knows nothing until the two have found each other, and until then sends what the other sends (seen:
1.7 s after it was there again). Any other duplicate says that they do not know of one another.
"""

from collections.abc import Iterator, Sequence

from scenarios.judge.classify import ClassifiedArrival
from scenarios.judge.evidence import Evidence, into_drill
from scenarios.judge.finding import Finding
from scenarios.judge.lookup import destination_of, label_text
from scenarios.judge.outages import ALERTMANAGERS, outages
from scenarios.judge.window import ALLOWANCE_SECONDS

# Peers probe each other once a second, whatever the speed.
FOUND_WITHIN_SECONDS = 1.0


def duplicate_findings(
    evidence: Evidence, arrivals: Sequence[ClassifiedArrival]
) -> Iterator[Finding]:
    """Every duplicate of a pair that no kill of one of them explains."""
    if evidence.configuration.peer_timeout_seconds <= 0:
        return
    for arrival in arrivals:
        if not arrival.is_duplicate or arrival.at < evidence.watched_since:
            continue
        if _follows_kill(evidence, arrival):
            continue
        names = ", ".join(dict.fromkeys(alert.alert for alert in arrival.alerts))
        yield Finding(
            "duplicate",
            f"{names} arrived at {arrival.receiver} in group {label_text(arrival.group_labels)} "
            f"once more at {into_drill(evidence, arrival.at)}: both Alertmanagers sent it, though "
            "neither had just been killed",
            arrival.alerts[0].alert if arrival.alerts else "",
            arrival.at,
            arrival.at,
        )


def _follows_kill(evidence: Evidence, arrival: ClassifiedArrival) -> bool:
    labels = arrival.alerts[0].labels if arrival.alerts else {}
    route = destination_of(evidence.configuration, labels, arrival.receiver, arrival.group_labels)
    again = (
        max(route.group_wait_seconds, route.group_interval_seconds)
        + evidence.configuration.peer_timeout_seconds
        + ALLOWANCE_SECONDS
    )
    return any(
        outage.began <= arrival.at <= outage.gone + again
        or outage.returning <= arrival.at <= outage.back + FOUND_WITHIN_SECONDS + again
        for outage in outages(evidence.timeline, ALERTMANAGERS)
    )
