"""How long the runner waits at each step: the judge's own bounds, and some grace to see lateness.

A wait that is too long only costs time; one that is too short would make a late notification look
like a missed one. So the widest bound is used here, whatever the judge knows of the expression.
"""

from collections.abc import Collection, Iterable

from scenarios.judge.evidence import SAME_MOMENT_SECONDS
from scenarios.judge.expectation import Fires, Heartbeat, Inhibited, Lost, Repeats
from scenarios.judge.form import look_back_seconds
from scenarios.judge.groups import new_group, repeat_gap, unknown_group
from scenarios.judge.heartbeat_stop import first_beat_parts, hold_seconds
from scenarios.judge.held_up import SHORTEST_FLUSH_SECONDS
from scenarios.judge.routing import Destination, destinations
from scenarios.judge.timeline import Configuration, FaultRecord, Rule
from scenarios.judge.window import (
    ALLOWANCE_SECONDS,
    Lags,
    certain_pending_parts,
    for_seconds,
    keep_firing_seconds,
    total,
)

GRACE_RATIO = 0.25
LEAST_GRACE_SECONDS = 1.0
HEARTBEATS = 3


class Deadlines:
    """Bounds of one running configuration. Durations in seconds, deadlines in unix seconds."""

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration
        self._alerts = [rule for rule in configuration.rules if rule.kind == "alerting"]

    def warm_up_seconds(self, alerts: Collection[str] | None = None) -> float:
        """Until the longest look back of every rule, or of these, falls into the steady load."""
        return max(
            (
                look_back_seconds(self._configuration, rule)
                for rule in self._alerts
                if alerts is None or rule.name in alerts
            ),
            default=0.0,
        )

    def quiet_seconds(self) -> float:
        """A silence this long would have let any loaded alert fire and be notified."""
        return max((self._to_notify_first(rule, Lags()) for rule in self._alerts), default=0.0)

    def heartbeat_seconds(self, heartbeat: Heartbeat) -> float:
        """Long enough for several repeats at the heartbeat's receiver."""
        gaps = [gap[1] for gap in self._repeat_gaps(heartbeat)]
        return HEARTBEATS * max(gaps, default=0.0)

    def silent_until(self, heartbeat: Heartbeat, record: FaultRecord) -> float:
        """When a heartbeat that a fault stops has been silent for longer than between two beats."""
        assert record.confirmed is not None
        stops = frozenset(record.stops)
        return record.confirmed + max(
            (
                hold_seconds(self._configuration, rule, route, stops)
                for rule, route in self._told_by(heartbeat)
            ),
            default=0.0,
        )

    def beats_by(self, heartbeat: Heartbeat, record: FaultRecord) -> float:
        """When waiting for a heartbeat to come back after healing is over."""
        assert record.healed is not None
        longest = max(
            (
                total(first_beat_parts(self._configuration, rule, route))
                for rule, route in self._told_by(heartbeat)
            ),
            default=0.0,
        )
        return record.healed + with_grace(longest)

    def near_miss_hold_seconds(self, alert: str, record: FaultRecord) -> float:
        """A near miss held this long would have fired and been notified, were it a hit."""
        return max(
            (self._to_notify_first(r, Lags.of(record)) for r in self._rules(alert)), default=0.0
        )

    def notified_by(self, expectation: Fires | Inhibited | Lost, record: FaultRecord) -> float:
        """When waiting for the notification (or, if inhibited, the firing) is over."""
        assert record.confirmed is not None
        longest = max(
            (self._to_notify(r, Lags.of(record)) for r in self._rules(expectation.alert)),
            default=0.0,
        )
        if not isinstance(expectation, Fires):
            longest += self.due_hold_seconds(expectation.alert)
        return record.confirmed + with_grace(longest)

    def fires_again_by(self, alert: str, restart: FaultRecord) -> float:
        """When waiting for what fired as Prometheus went down to fire again is over."""
        assert restart.healed is not None
        longest = max((self._to_fire(rule, Lags()) for rule in self._rules(alert)), default=0.0)
        return restart.healed + with_grace(longest)

    def due_by(self, expectation: Fires | Inhibited | Lost, record: FaultRecord) -> float:
        """When waiting for the alert to have been due is over."""
        held = self.due_hold_seconds(expectation.alert)
        return self.notified_by(expectation, record) + with_grace(held)

    def tried_again_by(self, expectation: Fires, holder: FaultRecord) -> float:
        """When waiting for what a receiver that failed is sent again is over."""
        assert holder.healed is not None
        intervals = [self._longest_interval(rule) for rule in self._rules(expectation.alert)]
        return holder.healed + with_grace(max([SHORTEST_FLUSH_SECONDS, *intervals]))

    def forgotten_after_seconds(self, alert: str) -> float:
        """How long after an alert was last seen its group has been flushed without it."""
        return max(
            (
                self._longest_interval(rule) + 2 * rule.interval_seconds + ALLOWANCE_SECONDS
                for rule in self._rules(alert)
            ),
            default=0.0,
        )

    def due_hold_seconds(self, alert: str) -> float:
        """How long after its firing an alert that nothing holds back has been notified."""
        return max(
            (
                route.group_wait_seconds + 2 * rule.interval_seconds + ALLOWANCE_SECONDS
                for rule in self._rules(alert)
                for route in self._routes(rule)
            ),
            default=0.0,
        )

    def to_be_due_seconds(self, alert: str) -> float:
        """Until an alert whose cause is in has fired and would have been notified, at most."""
        longest = max((self._to_notify_first(r, Lags()) for r in self._rules(alert)), default=0.0)
        return with_grace(longest + self.due_hold_seconds(alert))

    def let_go_seconds(self, alert: str) -> float:
        """How long after the end of what muted it an alert has surely arrived."""
        longest = max((self._longest_interval(rule) for rule in self._rules(alert)), default=0.0)
        return with_grace(longest + ALLOWANCE_SECONDS)

    def shortest_repeat_seconds(self, expectation: Repeats) -> float:
        """Two notifications that lie so far apart show a repeat."""
        gaps = [gap[0] for gap in self._repeat_gaps(expectation)]
        return max(gaps, default=0.0) - SAME_MOMENT_SECONDS

    def to_be_repeated_seconds(self, expectation: Repeats, record: FaultRecord) -> float:
        """From a fault that was just confirmed until what it raises has been repeated, at most."""
        first = max(
            (self._to_notify(r, Lags.of(record)) for r in self._rules(expectation.alert)),
            default=0.0,
        )
        return with_grace(first + max((g[1] for g in self._repeat_gaps(expectation)), default=0.0))

    def _repeat_gaps(self, expectation: Heartbeat | Repeats) -> list[tuple[float, float]]:
        return [repeat_gap(route) for _, route in self._told_by(expectation)]

    def resolved_by(self, expectation: Fires | Lost, record: FaultRecord) -> float:
        """When waiting for the resolve notification is over."""
        assert record.healed is not None
        longest = max(
            (
                self._to_clear(rule, Lags.of(record)) + self._longest_interval(rule)
                for rule in self._rules(expectation.alert)
            ),
            default=0.0,
        )
        return record.healed + with_grace(longest)

    def calm_within_seconds(self) -> float:
        """After healing, no alert can be active, or its end untold, for longer."""
        longest = max(
            (self._to_clear(r, Lags()) + self._longest_interval(r) for r in self._alerts),
            default=0.0,
        )
        return with_grace(longest)

    def settle_seconds(self) -> float:
        """What fired just before all was calm has been notified by then."""
        return max(
            (
                route.group_wait_seconds + 2 * rule.interval_seconds + ALLOWANCE_SECONDS
                for rule in self._alerts
                for route in self._routes(rule)
            ),
            default=0.0,
        )

    def _told_by(self, expectation: Heartbeat | Repeats) -> list[tuple[Rule, Destination]]:
        """The routes by which the alert reaches its receiver, with its rules."""
        return [
            (rule, route)
            for rule in self._rules(expectation.alert)
            for route in self._routes(rule)
            if route.receiver == expectation.at
        ]

    def _rules(self, alert: str) -> Iterable[Rule]:
        return [rule for rule in self._alerts if rule.name == alert]

    def _routes(self, rule: Rule) -> tuple[Destination, ...]:
        labels = {
            **self._configuration.external_labels,
            **rule.labels,
            "alertname": rule.name,
        }
        return destinations(self._configuration.alertmanager, labels)

    def _to_notify(self, rule: Rule, lags: Lags) -> float:
        """Whatever became of the alert's group before."""
        waits = [unknown_group(route).latest_seconds for route in self._routes(rule)]
        return self._to_fire(rule, lags) + max(waits, default=0.0)

    def _to_notify_first(self, rule: Rule, lags: Lags) -> float:
        """Where no alert of its group was there before."""
        waits = [new_group(route).latest_seconds for route in self._routes(rule)]
        return self._to_fire(rule, lags) + max(waits, default=0.0)

    def _to_fire(self, rule: Rule, lags: Lags) -> float:
        return (
            total(certain_pending_parts(self._configuration, rule, lags))
            + for_seconds(rule)
            + ALLOWANCE_SECONDS
        )

    def _to_clear(self, rule: Rule, lags: Lags) -> float:
        cleared = Lags(lag_seconds=lags.heal_lag_seconds, slow_seconds=lags.slow_seconds)
        return (
            total(certain_pending_parts(self._configuration, rule, cleared))
            + keep_firing_seconds(rule)
            + ALLOWANCE_SECONDS
        )

    def _longest_interval(self, rule: Rule) -> float:
        return max((route.group_interval_seconds for route in self._routes(rule)), default=0.0)


def with_grace(seconds: float) -> float:
    return seconds + max(LEAST_GRACE_SECONDS, GRACE_RATIO * seconds)
