"""Holds every notification against its group: it must carry all that fires; no expectation needed.

Whatever began to fire before Alertmanager flushed a group, be it within the first group_wait or
since the last tick, must stand in the notification. What may be muted is left out of account, and
so is what began or ended to fire at about that moment.
"""

from collections.abc import Iterator

from scenarios.judge.evidence import Evidence, Run, into_drill
from scenarios.judge.finding import Finding
from scenarios.judge.lookup import identity, label_text
from scenarios.judge.muting import may_be_muted
from scenarios.judge.routing import Destination, destinations
from scenarios.judge.timeline import Arrival
from scenarios.judge.undisturbed import route_of, undisturbed_until
from scenarios.judge.window import ALLOWANCE_SECONDS


def left_out(evidence: Evidence) -> Iterator[Finding]:
    """Every alert of a group that was left out of one of its notifications."""
    if evidence.configuration.peer_timeout_seconds > 0:
        return  # An alert reaches each of two Alertmanagers in its own time.
    for arrival in evidence.timeline.arrivals:
        if not arrival.alerts or arrival.truncated_alerts:
            continue
        if not evidence.watched_since <= arrival.at < undisturbed_until(evidence, arrival.receiver):
            continue
        route = route_of(evidence, arrival)
        if route is None or route.mute_time_intervals or route.active_time_intervals:
            continue
        listed = {identity(alert.labels) for alert in arrival.alerts}
        for run in _firing_in(evidence, route, arrival):
            if identity(run.labels) not in listed:
                yield Finding(
                    "left out",
                    f"{run.alert} {label_text(run.labels)} fired from "
                    f"{into_drill(evidence, run.began)} on, and the notification of its group "
                    f"{label_text(arrival.group_labels)} to {arrival.receiver} at "
                    f"{into_drill(evidence, arrival.at)} left it out",
                    run.alert,
                    run.began,
                    arrival.at,
                )


def _firing_in(evidence: Evidence, route: Destination, arrival: Arrival) -> Iterator[Run]:
    """What surely fired in this group when it was flushed, and was not muted."""
    for run in evidence.runs:
        if (
            evidence.watched_since <= run.began <= arrival.at - ALLOWANCE_SECONDS
            and arrival.at + ALLOWANCE_SECONDS <= run.ended
            and route in destinations(evidence.configuration.alertmanager, run.labels)
            and not may_be_muted(evidence, run.labels, run.began, arrival.at)
        ):
            yield run
