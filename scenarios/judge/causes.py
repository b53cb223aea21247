"""When a fault may raise an alert: from its injection until what it did must have cleared."""

import math
from dataclasses import dataclass

from scenarios.judge.evidence import SAME_MOMENT_SECONDS, Evidence, cause_of
from scenarios.judge.expectation import Fires, Lost, Muted, Repeats
from scenarios.judge.lookup import rule_of
from scenarios.judge.timeline import FaultRecord
from scenarios.judge.window import ALLOWANCE_SECONDS, Lags, clear_bounds


@dataclass(frozen=True)
class Cause:
    """The fault behind an expectation, and the period in which it may begin to raise the alert."""

    fault: FaultRecord
    began: float
    until: float

    def covers(self, starts_at: float) -> bool:
        return self.began <= starts_at <= self.until


def cause(evidence: Evidence, expectation: Fires | Repeats | Lost | Muted) -> Cause | None:
    """None where the fault left no record: it was never injected."""
    fault = cause_of(evidence.timeline, expectation)
    if fault is None:
        return None
    until = min(cleared_by(evidence, fault, expectation), _next_cause(evidence, fault, expectation))
    return Cause(fault, fault.injecting - SAME_MOMENT_SECONDS, until)


def cleared_by(
    evidence: Evidence, fault: FaultRecord, expectation: Fires | Repeats | Lost | Muted
) -> float:
    """When the last evaluation that the fault still makes true has passed."""
    rule = rule_of(evidence.configuration, expectation.alert, expectation.labels)
    if fault.healed is None or rule is None:
        return math.inf
    bounds = clear_bounds(evidence.configuration, rule, Lags.of(fault), ALLOWANCE_SECONDS)
    return fault.healed + bounds.latest_seconds


def _next_cause(
    evidence: Evidence, fault: FaultRecord, expectation: Fires | Repeats | Lost | Muted
) -> float:
    """When the next fault that must raise the same alert is injected."""
    others = (
        cause_of(evidence.timeline, other)
        for other in evidence.timeline.declaration.expects
        if isinstance(other, Fires | Repeats | Lost | Muted) and other.alert == expectation.alert
    )
    return min(
        (
            other.injecting - SAME_MOMENT_SECONDS
            for other in others
            if other is not None and other.injecting > fault.injecting
        ),
        default=math.inf,
    )
