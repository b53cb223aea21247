"""How long the runner waits at each step: the judge's own bounds, and some grace to see lateness.

A wait that is too long only costs time; one that is too short would make a late notification look
like a missed one. So the widest bound is used here, whatever the judge knows of the expression.
"""

from collections.abc import Iterable

from scenarios.judge.expectation import Fires, Heartbeat, Inhibited
from scenarios.judge.form import look_back_seconds
from scenarios.judge.groups import new_group, repeat_gap, unknown_group
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

    def warm_up_seconds(self) -> float:
        """Until every rule's longest look back falls into the steady load."""
        return max(
            (look_back_seconds(self._configuration, rule) for rule in self._alerts), default=0.0
        )

    def quiet_seconds(self) -> float:
        """A silence this long would have let any loaded alert fire and be notified."""
        return max((self._to_notify_first(rule, Lags()) for rule in self._alerts), default=0.0)

    def heartbeat_seconds(self, heartbeat: Heartbeat) -> float:
        """Long enough for several repeats at the heartbeat's receiver."""
        gaps = [
            repeat_gap(route)[1]
            for rule in self._rules(heartbeat.alert)
            for route in self._routes(rule)
            if route.receiver == heartbeat.at
        ]
        return HEARTBEATS * max(gaps, default=0.0)

    def near_miss_hold_seconds(self, alert: str, record: FaultRecord) -> float:
        """A near miss held this long would have fired and been notified, were it a hit."""
        return max(
            (self._to_notify_first(r, Lags.of(record)) for r in self._rules(alert)), default=0.0
        )

    def notified_by(self, expectation: Fires | Inhibited, record: FaultRecord) -> float:
        """When waiting for the notification (or, if inhibited, the firing) is over."""
        assert record.confirmed is not None
        longest = max(
            (self._to_notify(r, Lags.of(record)) for r in self._rules(expectation.alert)),
            default=0.0,
        )
        if isinstance(expectation, Inhibited):
            longest += self.inhibited_hold_seconds(expectation)
        return record.confirmed + with_grace(longest)

    def inhibited_hold_seconds(self, expectation: Inhibited) -> float:
        """How long after its firing an alert that is not inhibited has been notified."""
        return max(
            (
                route.group_wait_seconds + 2 * rule.interval_seconds + ALLOWANCE_SECONDS
                for rule in self._rules(expectation.alert)
                for route in self._routes(rule)
            ),
            default=0.0,
        )

    def resolved_by(self, expectation: Fires, record: FaultRecord) -> float:
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
