"""What a drill waits for beside first notifications: mutes that show, what they let go, repeats."""

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from scenarios.deadlines import Deadlines
from scenarios.judge.expectation import Inhibited, Muted, Repeats
from scenarios.judge.lookup import Labels, includes
from scenarios.judge.timeline import AlertState, Arrival, Declaration, FaultRecord

ALERT_NAME = "alertname"


class Seen(Protocol):
    """What is asked of a Watch."""

    def alerts_now(self) -> tuple[AlertState, ...]: ...

    def arrivals(self) -> tuple[Arrival, ...]: ...


@dataclass(frozen=True)
class Later:
    """One thing to wait for, until ``by`` at most."""

    what: str
    by: float
    seen: Callable[[], bool]


class HeldBack:
    """Says what of muted and repeated alerts must be seen before a step may go on."""

    def __init__(self, declaration: Declaration, deadlines: Deadlines, watch: Seen) -> None:
        self._expects = declaration.expects
        self._deadlines = deadlines
        self._watch = watch

    def muted_by(self, records: Sequence[FaultRecord]) -> Iterator[Later]:
        """What must have been muted before these silences and maintenance windows may end."""
        steps = {record.name for record in records}
        for expectation in self._expects:
            if isinstance(expectation, Muted) and expectation.by in steps:
                yield self._muted(expectation)

    def raised_by(self, records: Sequence[FaultRecord], healed: Collection[str]) -> Iterator[Later]:
        """What these faults must show; ``healed`` are the steps that are over already."""
        for record in records:
            for expectation in self._expects:
                match expectation:
                    case Muted() if record.name == expectation.fault:
                        over = expectation.by in healed
                        yield self._let_go(expectation) if over else self._muted(expectation)
                    case Inhibited() if expectation.fault in ("", record.name):
                        yield self._let_go(expectation)
                    case Repeats() if expectation.fault in ("", record.name):
                        yield self._repeated(expectation, record)

    def _muted(self, expectation: Muted) -> Later:
        """It has fired for so long that it would have been notified."""
        hold = self._deadlines.due_hold_seconds(expectation.alert)
        return Later(
            f"{expectation.alert} (muted)",
            time.time() + self._deadlines.to_be_due_seconds(expectation.alert),
            lambda: any(
                time.time() >= state.first_seen + hold
                for state in self._firing_now(expectation.alert, expectation.labels)
            ),
        )

    def _let_go(self, expectation: Muted | Inhibited) -> Later:
        """Where what muted it is over and it fires on, it has arrived."""

        def seen() -> bool:
            by = expectation.by if isinstance(expectation, Inhibited) else None
            firing = self._firing_now(expectation.alert, expectation.labels)
            if not firing or (by is not None and self._firing_now(by, {})):
                return True
            since = min(state.first_seen for state in firing)
            return any(
                alert.status == "firing"
                and alert.labels.get(ALERT_NAME) == expectation.alert
                and includes(alert.labels, expectation.labels)
                for arrival in self._watch.arrivals()
                if arrival.at >= since
                for alert in arrival.alerts
            )

        return Later(
            f"{expectation.alert} (no longer {expectation.kind})",
            time.time() + self._deadlines.let_go_seconds(expectation.alert),
            seen,
        )

    def _repeated(self, expectation: Repeats, record: FaultRecord) -> Later:
        """A notification came after nothing was told of it for as long as a repeat takes."""
        shortest = self._deadlines.shortest_repeat_seconds(expectation)

        def is_listed(arrival: Arrival) -> bool:
            return any(
                alert.status == "firing"
                and alert.labels.get(ALERT_NAME) == expectation.alert
                and includes(alert.labels, expectation.labels)
                for alert in arrival.alerts
            )

        def seen() -> bool:
            told = [
                arrival.at
                for arrival in self._watch.arrivals()
                if arrival.receiver == expectation.at
                and arrival.at >= record.injecting
                and is_listed(arrival)
            ]
            return bool(told) and max(told) - min(told) >= shortest

        return Later(
            f"{expectation.alert} again at {expectation.at}",
            time.time() + self._deadlines.to_be_repeated_seconds(expectation, record),
            seen,
        )

    def _firing_now(self, alert: str, labels: Labels) -> list[AlertState]:
        return [
            state
            for state in self._watch.alerts_now()
            if state.state == "firing"
            and state.labels.get(ALERT_NAME) == alert
            and includes(state.labels, labels)
        ]
