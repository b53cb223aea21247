"""What becomes of an alert when Prometheus restarts, by Prometheus' own rules.

After a start each alert is pending anew, even one that fired. Two evaluations later Prometheus
looks back, only for rules whose ``for`` is at least the grace period (10 minutes in production),
and only where it was gone for no longer than the outage tolerance (an hour):

- it had been pending for all of ``for``: it fires at the next evaluation
- less than the grace period was left: it fires after a whole grace period
- more was left: it goes on where it was

all of it in whole seconds. Any other alert starts over, though it may be about to fire, or fire
already. What fires already stands in Alertmanager until 4 times the longer of resend delay and
evaluation interval after it was last sent; where it does not fire again by then, Alertmanager
resolves it, falsely, at the group's next tick.
"""

import math
from dataclasses import dataclass
from typing import Literal

from scenarios.judge.outages import is_restored
from scenarios.judge.timeline import Configuration, Rule
from scenarios.judge.window import for_seconds

How = Literal["starts over", "fires again", "waits the grace period", "goes on"]
# Evaluations until the alerts are restored; the samples of none are written before the next.
BEFORE_RESTORE = 2
# An alert stands in Alertmanager for so many resend delays.
RESENDS = 4


@dataclass(frozen=True)
class Span:
    """From when until when something may be, in unix seconds."""

    earliest: float
    latest: float

    def later(self, seconds: float, more: float = 0.0) -> "Span":
        return Span(self.earliest + seconds, self.latest + seconds + more)


@dataclass(frozen=True)
class Return:
    """One alert after a restart: ``active`` is its activeAt as the alerts API gives it once it is
    restored, ``fires`` the first evaluation that finds it firing and is kept."""

    how: How
    active: Span
    fires: Span


def returned(
    configuration: Configuration,
    rule: Rule,
    *,
    active_at: float,
    down_at: float,
    first_evaluation: Span,
) -> Return:
    """What a restart makes of an alert that was active since ``active_at``.

    ``down_at`` is its last evaluation before, and ``first_evaluation`` the first after.
    """
    interval = rule.interval_seconds
    restored = first_evaluation.later((BEFORE_RESTORE - 1) * interval)
    kept = first_evaluation.later(BEFORE_RESTORE * interval)
    down_seconds = restored.latest - down_at
    if (
        not is_restored(configuration, rule)
        or down_seconds > configuration.for_outage_tolerance_seconds
    ):
        held = max(for_seconds(rule), BEFORE_RESTORE * interval)
        return Return("starts over", first_evaluation, first_evaluation.later(held))
    was_active, was_down = math.floor(active_at), math.floor(down_at)
    remaining = rule.for_seconds - (was_down - was_active)
    grace = configuration.for_grace_period_seconds
    if remaining <= 0:
        return Return("fires again", Span(was_active, was_active), kept)
    if remaining < grace:
        active = restored.later(grace - rule.for_seconds)
        return Return("waits the grace period", active, restored.later(grace, interval))
    active = restored.later(was_active - was_down)
    return Return("goes on", active, active.later(rule.for_seconds, interval))


def forgotten(configuration: Configuration, rule: Rule, last_fired: float) -> Span:
    """When Alertmanager resolves by itself what Prometheus last evaluated as firing then.

    It was sent at that evaluation, or up to a resend delay before; or once more, unseen, after.
    """
    resend, interval = configuration.resend_delay_seconds, rule.interval_seconds
    stands = RESENDS * max(resend, interval)
    unsent = math.floor(round(resend * 1000) / max(1, round(interval * 1000))) * interval
    return Span(last_fired + stands - unsent, last_fired + stands + interval)
