"""When Prometheus or an Alertmanager was gone, by the faults that took it down.

What is missing from the records of such a time is missing because of the fault, and no doubt.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from scenarios.judge.timeline import Configuration, FaultRecord, Rule, Timeline
from scenarios.judge.window import Part, for_seconds

PROMETHEUS = frozenset({"prometheus"})
ALERTMANAGERS = frozenset({"alertmanager", "alertmanager_2"})
MONITORING = PROMETHEUS | ALERTMANAGERS


@dataclass(frozen=True)
class Outage:
    """A stretch without a part of the monitoring, in unix seconds.

    It was there until ``began``, gone for sure from ``gone`` to ``returning``, and there again from
    ``back`` on; where it never came back, both of the latter are the end of the drill.
    """

    fault: FaultRecord
    began: float
    gone: float
    returning: float
    back: float

    def explains(self, began: float, ended: float, slack_seconds: float) -> bool:
        """Whether a gap is this outage, and no longer than it can have made it."""
        return began >= self.began - slack_seconds and ended <= self.back + slack_seconds


def outages(timeline: Timeline, of: Iterable[str]) -> tuple[Outage, ...]:
    """The outages of any of these services, in the order of the faults."""
    services = frozenset(of)
    ended = timeline.clock.ended
    return tuple(
        Outage(
            fault,
            began=fault.injecting,
            gone=fault.injecting if fault.confirmed is None else fault.confirmed,
            returning=ended if fault.healing is None else fault.healing,
            back=ended if fault.healed is None else fault.healed,
        )
        for fault in timeline.faults
        if services & set(fault.stops)
    )


def outage_of(timeline: Timeline, step: str, of: Iterable[str]) -> Outage | None:
    """The outage that a step of the drill made; None where that took none of these down."""
    return next((o for o in outages(timeline, of) if o.fault.name == step), None)


def restart_parts(timeline: Timeline, rule: Rule, began: float, until: float) -> tuple[Part, ...]:
    """How much later a rule may fire because Prometheus was gone while it was on the way.

    For as long as it was gone, until two evaluations after, and ``for`` from its beginning or,
    where that is restored, for the grace period at most.
    """
    parts: list[Part] = []
    for outage in outages(timeline, PROMETHEUS):
        if began <= outage.began <= until:
            parts += (
                Part("without Prometheus", outage.back - outage.began),
                Part("evaluation", rule.interval_seconds, 2),
                Part("for once more", held_again_seconds(timeline.configuration, rule)),
            )
    return tuple(part for part in parts if part.seconds > 0)


def is_restored(configuration: Configuration, rule: Rule) -> bool:
    """Whether Prometheus restores this rule's ``for`` after a restart."""
    return rule.for_seconds >= configuration.for_grace_period_seconds


def held_again_seconds(configuration: Configuration, rule: Rule) -> float:
    """How long an alert may have to be pending after a restart, however long it was before."""
    if is_restored(configuration, rule):
        return min(for_seconds(rule), configuration.for_grace_period_seconds)
    return for_seconds(rule)
