"""Tells a resolve that Alertmanager made up, because Prometheus was starved, from a real one.

Prometheus sends a firing alert again each resend delay, with an end 4 times the longer of resend
delay and evaluation interval away. Where it is held up for longer, the alert resolves by itself
in Alertmanager: measured, from a freeze of 4·max(resend, E) - (⌊resend/E⌋ + 1)·E on.
"""

import math

from scenarios.judge.evidence import GAP_INTERVALS, Evidence, Life, Sighting
from scenarios.judge.lookup import ALERT_NAME, notified_labels, rule_of
from scenarios.judge.outages import PROMETHEUS, outages


def shortest_freeze_seconds(resend_seconds: float, evaluation_seconds: float) -> float:
    """How long Prometheus must be held up before Alertmanager resolves an alert by itself."""
    resends = math.floor(round(resend_seconds * 1000) / max(1, round(evaluation_seconds * 1000)))
    return 4 * max(resend_seconds, evaluation_seconds) - (resends + 1) * evaluation_seconds


def starved_since(evidence: Evidence, life: Life, sighting: Sighting) -> float | None:
    """The last evaluation before the freeze that made up this resolve; None for a real one.

    A real resolve ends one evaluation after the last sample that fires. A gap long enough to be
    a freeze is one, whatever the alert did inside it.
    """
    configuration = evidence.configuration
    rule = rule_of(configuration, life.labels.get(ALERT_NAME, ""), life.labels)
    interval = configuration.evaluation_interval_seconds if rule is None else rule.interval_seconds
    ends_at = sighting.arrival.at if sighting.alert.ends_at is None else sighting.alert.ends_at
    fired = [
        time + configuration.query_offset_seconds
        for samples in evidence.timeline.alert_samples
        if samples.state == "firing"
        and notified_labels(configuration, samples.labels) == dict(life.labels)
        for time in samples.times
    ]
    last = max((time for time in fired if time < ends_at), default=None)
    if last is None:
        return None
    freeze = shortest_freeze_seconds(configuration.resend_delay_seconds, interval)
    return last if ends_at - last >= freeze else None


def is_declared(evidence: Evidence, life: Life, since: float) -> bool:
    """Whether the freeze from then on is a fault of the drill, which took Prometheus down."""
    rule = rule_of(evidence.configuration, life.alert, life.labels)
    interval = rule.interval_seconds if rule else evidence.configuration.evaluation_interval_seconds
    return any(
        outage.explains(since, since, GAP_INTERVALS * interval)
        for outage in outages(evidence.timeline, PROMETHEUS)
    )


def real_resolves(evidence: Evidence, life: Life) -> tuple[Sighting, ...]:
    """The resolved sightings of a life that Prometheus meant."""
    return tuple(
        sighting for sighting in life.resolved if starved_since(evidence, life, sighting) is None
    )
