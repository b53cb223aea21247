"""When an alert that must fire is due at its receiver: by the configuration, and by the promise."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from scenarios.judge.evidence import Evidence, Life, firing_state
from scenarios.judge.expectation import Fires
from scenarios.judge.groups import group_wait, unknown_group
from scenarios.judge.held_up import held_up, holder
from scenarios.judge.lookup import destination_of, known_labels
from scenarios.judge.outages import restart_parts
from scenarios.judge.outcome import WindowResult
from scenarios.judge.routing import Destination
from scenarios.judge.timeline import FaultRecord, Rule
from scenarios.judge.window import (
    Bounds,
    Lags,
    Window,
    active_bounds,
    allowance_seconds,
    notify_bounds,
    with_peer_timeout,
)


def promise_seconds(evidence: Evidence, expectation: Fires) -> float:
    """The team's promise as it really ran."""
    return expectation.within_seconds / evidence.timeline.speed


@dataclass(frozen=True)
class Due:
    """One expectation and its fault; ``life`` is what met it first, None where nothing did."""

    evidence: Evidence
    expectation: Fires
    fault: FaultRecord
    rule: Rule | None
    life: Life | None

    @property
    def notified_at(self) -> float | None:
        return None if self.life is None else self.life.notified_at

    def windows(self) -> Iterator[WindowResult]:
        """From the fault, and where the alerts API showed activeAt from there: the sharper one."""
        if self.rule is None:
            return
        notified_at, life = self.notified_at, self.life
        allowance = self._allowance_seconds
        labels = known_labels(
            self.evidence.configuration,
            self.rule,
            {**self.expectation.group, **self.expectation.labels},
        )
        route = destination_of(
            self.evidence.configuration,
            labels if life is None else life.labels,
            self.expectation.at,
            self.expectation.group,
        )
        wait = (
            unknown_group(route)
            if life is None
            else group_wait(self.evidence, route, life.labels, life.starts_at)
        )
        lags = Lags.of(self.fault)
        wait = with_peer_timeout(self.evidence.configuration, wait)
        bounds = self._restarted(
            self.rule,
            notify_bounds(self.evidence.configuration, self.rule, lags, wait, allowance),
        )
        yield WindowResult(
            "notified",
            self._held_up(bounds.placed(self.fault.injecting, self.fault.confirmed), route),
            notified_at,
        )
        state = None if life is None else firing_state(self.evidence, life)
        if state is not None:
            sharp = active_bounds(self.rule, wait, allowance)
            yield WindowResult(
                "notified after it became active",
                self._held_up(sharp.placed(state.active_at, state.active_at), route),
                notified_at,
            )

    def promised_from(self, windows: Sequence[WindowResult]) -> float:
        """A promise cannot be kept by a receiver that fails: it counts from its healing."""
        faults = self.evidence.timeline.faults
        healed = [
            fault.healed
            for fault in (holder(faults, self.expectation.at, w.window) for w in windows[:1])
            if fault is not None and fault.healed is not None
        ]
        return max([self.fault.promised_from, *healed])

    def _restarted(self, rule: Rule, bounds: Bounds) -> Bounds:
        """The latest is as much later as restarts of Prometheus on the way could make it."""
        until = self.evidence.ended if self.notified_at is None else self.notified_at
        later = restart_parts(self.evidence.timeline, rule, self.fault.injecting, until)
        return replace(bounds, latest=(*bounds.latest, *later))

    def _held_up(self, due: Window, route: Destination) -> Window:
        """The window as it is where the receiver could take nothing when it was due."""
        fault = holder(self.evidence.timeline.faults, self.expectation.at, due)
        if fault is None:
            return due
        return held_up(due, fault, route.group_interval_seconds, self._allowance_seconds)

    @property
    def _allowance_seconds(self) -> float:
        return allowance_seconds(promise_seconds(self.evidence, self.expectation))
