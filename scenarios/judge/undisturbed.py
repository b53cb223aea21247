"""By which route a notification came, and until when nothing disturbed its way."""

import math

from scenarios.judge.evidence import Evidence
from scenarios.judge.routing import Destination, destinations
from scenarios.judge.timeline import Arrival
from scenarios.judge.window import ALLOWANCE_SECONDS

# Without these no tick is kept, or no notification gets through.
PIPELINE = frozenset({"prometheus", "alertmanager", "sink", "toxiproxy"})


def route_of(evidence: Evidence, arrival: Arrival) -> Destination | None:
    """The route by which it came; None where that is not certain."""
    found = [
        route
        for route in destinations(evidence.configuration.alertmanager, arrival.alerts[0].labels)
        if route.receiver == arrival.receiver
        and dict(route.group_labels) == dict(arrival.group_labels)
    ]
    if len(found) > 1:
        found = [route for route in found if arrival.group_key.startswith(f"{route.path}:")]
    return found[0] if len(found) == 1 else None


def undisturbed_until(evidence: Evidence, receiver: str) -> float:
    """When the first thing was done after which the ticks of this receiver's groups are unknown."""
    moments = [
        fault.injecting
        for fault in evidence.timeline.faults
        if fault.restarts_groups
        or receiver in fault.holds_up_receivers
        or PIPELINE & set(fault.stops)
    ]
    moments += [
        refusal.at - ALLOWANCE_SECONDS
        for refusal in evidence.timeline.refusals
        if refusal.receiver == receiver
    ]
    return min(moments, default=math.inf)
