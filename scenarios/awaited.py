"""What a drill waits for: that a fault's alerts are notified, pending, resolved, or all is calm."""

import time
from collections.abc import Mapping, Sequence

from scenarios.deadlines import Deadlines
from scenarios.drill import STANDING
from scenarios.held_back import HeldBack
from scenarios.judge.expectation import Fires, Heartbeat, Inhibited, Lost
from scenarios.judge.timeline import Arrival, Declaration, FaultRecord
from scenarios.stage import Stages
from scenarios.watch import Watch


class Awaited:
    """Waits as long as the judge's own windows could last, and returns when all is seen."""

    def __init__(
        self,
        declaration: Declaration,
        deadlines: Deadlines,
        watch: Watch,
        stages: Stages,
        *,
        runs_already: bool = False,
    ) -> None:
        """Of what ``runs_already`` an alert that the drill allows may have no end."""
        self._declaration = declaration
        self._deadlines = deadlines
        self._watch = watch
        self._stages = stages
        standing = declaration.allows if runs_already else STANDING
        self._standing = {allowed.alert for allowed in standing}
        self._healed: list[FaultRecord] = []
        self._held_back = HeldBack(declaration, deadlines, watch)

    def is_any_expected(self, records: Sequence[FaultRecord]) -> bool:
        """Whether any of these faults must raise anything."""
        return any(self._raised_by(record) or self._stopped_by(record) for record in records)

    def stopped(self, records: Sequence[FaultRecord]) -> None:
        """What these faults must silence has been silent for longer than between two beats."""
        until = max(
            (
                self._deadlines.silent_until(beat, record)
                for record in records
                for beat in self._stopped_by(record)
            ),
            default=0.0,
        )
        if until > time.time():
            self._stages.say(f"the heartbeat must be silent, {left(until):.1f} s more")
            self._watch.wait(lambda: False, until)

    def beating(self, records: Sequence[FaultRecord]) -> None:
        """What these faults, healed by now, had silenced has arrived again."""
        pairs = [(beat, record) for record in records for beat in self._stopped_by(record)]
        until = max((self._deadlines.beats_by(b, record) for b, record in pairs), default=0.0)

        def beats(beat: Heartbeat, record: FaultRecord) -> bool:
            assert record.healing is not None
            return any(
                alert.status == "firing" and alert.labels.get("alertname") == beat.alert
                for arrival in self._arrived_at(beat.at, record.healing)
                for alert in arrival.alerts
            )

        self._watch.wait(lambda: all(beats(beat, record) for beat, record in pairs), until)

    def _stopped_by(self, record: FaultRecord) -> list[Heartbeat]:
        return [
            expectation
            for expectation in self._declaration.expects
            if isinstance(expectation, Heartbeat) and record.name in expectation.stops
        ]

    def notified(self, records: Sequence[FaultRecord]) -> None:
        """All that these faults must raise has arrived, or is known to be muted."""
        pairs = [(e, record) for record in records for e in self._raised_by(record)]
        later = list(self._held_back.raised_by(records, {record.name for record in self._healed}))
        if not pairs and not later:
            return
        until = max(
            *(self._notified_by(e, record) for e, record in pairs), *(one.by for one in later), 0.0
        )
        waiting_for = ", ".join(
            (
                *(
                    f"{e.alert} at {e.at}" if isinstance(e, Fires) else f"{e.alert} ({e.kind})"
                    for e, _ in pairs
                ),
                *(one.what for one in later),
            )
        )
        seen = "; ".join(record.observed for record in records)
        self._stages.say(
            f"fault in ({seen}): waiting for {waiting_for}, {left(until):.1f} s at most"
        )
        self._watch.wait(
            lambda: (
                all(self._is_met(e, record) for e, record in pairs)
                and all(one.seen() for one in later)
            ),
            until,
        )

    def muted(self, records: Sequence[FaultRecord]) -> None:
        """What these steps must mute has fired for so long that it would have been notified."""
        later = list(self._held_back.muted_by(records))
        until = max((one.by for one in later), default=0.0)
        if later:
            names = ", ".join(one.what for one in later)
            self._stages.say(f"waiting for {names}, {left(until):.1f} s at most")
        self._watch.wait(lambda: all(one.seen() for one in later), until)

    def due(self, record: FaultRecord) -> None:
        """All that this fault must raise has fired for so long that it would have been notified."""
        names = {expectation.alert for expectation in self._raised_by(record)}
        until = max(
            (self._deadlines.due_by(e, record) for e in self._raised_by(record)), default=0.0
        )
        self._stages.say(
            f"fault in ({record.observed}): until {', '.join(sorted(names))} is due, "
            f"{left(until):.1f} s at most"
        )
        self._watch.wait(lambda: all(self._was_due(name, record) for name in names), until)

    def pending(self, record: FaultRecord) -> None:
        """All that this fault must raise is pending in Prometheus, or fires already."""
        pairs = [(e, record) for e in self._raised_by(record)]
        until = max((self._deadlines.notified_by(e, record) for e, _ in pairs), default=0.0)
        names = {expectation.alert for expectation, _ in pairs}
        self._stages.say(
            f"fault in ({record.observed}): until {', '.join(sorted(names))} is pending, "
            f"{left(until):.1f} s at most"
        )

        def all_pending() -> bool:
            seen = {
                state.labels["alertname"]
                for state in self._watch.alert_states()
                if state.last_seen >= record.injecting
            }
            return names <= seen

        self._watch.wait(all_pending, until)

    def restored(self, records: Sequence[FaultRecord]) -> None:
        """All that fired when one of these faults took Prometheus down fires again after healing.

        A ``for`` that starts over must not meet the end of what raises the alert.
        """
        pairs = [(e, record) for record in records for e in self._fired_at(record)]
        until = max((self._deadlines.fires_again_by(e.alert, r) for e, r in pairs), default=0.0)
        self._watch.wait(lambda: all(self._fires_again(e, r) for e, r in pairs), until)

    def _fired_at(self, restart: FaultRecord) -> list[Fires | Inhibited]:
        """What the restart must find firing, and what that must inhibit."""
        expects = self._declaration.expects
        told = [
            expectation
            for expectation in expects
            if isinstance(expectation, Fires) and expectation.restarts.get(restart.name) == "firing"
        ]
        faults = {expectation.fault for expectation in told}
        return [
            *told,
            *(e for e in expects if isinstance(e, Inhibited) and e.fault in faults),
        ]

    def _fires_again(self, expectation: Fires | Inhibited, restart: FaultRecord) -> bool:
        assert restart.healed is not None
        return any(
            state.state == "firing"
            and state.last_seen >= restart.healed
            and is_meant(state.labels, expectation)
            for state in self._watch.alert_states()
        )

    def resolved(self, records: Sequence[FaultRecord]) -> None:
        """All that arrived because of these faults was resolved at its receiver."""
        self._healed += records
        pairs = [
            (expectation, record)
            for record in records
            for expectation in self._raised_by(record)
            if isinstance(expectation, Lost)
            or (
                isinstance(expectation, Fires)
                and expectation.resolves
                and self._has_arrived(expectation, record)
            )
        ]
        until = max((self._deadlines.resolved_by(e, record) for e, record in pairs), default=0.0)
        names = ", ".join(dict.fromkeys(e.alert for e, _ in pairs)) or "nothing"
        self._stages.say(f"healed: waiting for {names} to resolve, {left(until):.1f} s at most")
        self._watch.wait(lambda: all(self._is_resolved(e, record) for e, record in pairs), until)

    def calm(self) -> None:
        """Until nothing is pending, firing or unresolved at a receiver: else steps would mix."""
        # What is still there then is no reason for doubt: the judge sees that it did not resolve.
        self._watch.wait(
            lambda: not self._any_active() and not self._any_unresolved(),
            time.time() + self._deadlines.calm_within_seconds(),
        )

    def _notified_by(self, expectation: Fires | Inhibited | Lost, record: FaultRecord) -> float:
        """When waiting is over; a receiver that failed is tried again after it has healed."""
        by = self._deadlines.notified_by(expectation, record)
        if not isinstance(expectation, Fires):
            return by
        holders = [held for held in self._healed if expectation.at in held.holds_up_receivers]
        return max([by, *(self._deadlines.tried_again_by(expectation, held) for held in holders)])

    def _raised_by(self, record: FaultRecord) -> list[Fires | Inhibited | Lost]:
        return [
            expectation
            for expectation in self._declaration.expects
            if isinstance(expectation, Fires | Inhibited | Lost)
            and expectation.fault in ("", record.name)
            and not record.near_miss
        ]

    def _is_met(self, expectation: Fires | Inhibited | Lost, record: FaultRecord) -> bool:
        """Whether waiting longer could show nothing more of this expectation."""
        if not isinstance(expectation, Fires):
            return self._was_due(expectation.alert, record)
        for arrival in self._arrived_at(expectation.at, record.injecting):
            names = {a.labels.get("alertname") for a in arrival.alerts if a.status == "firing"}
            if names.issuperset(expectation.together_with) and any(
                is_meant(alert.labels, expectation) and alert.status == "firing"
                for alert in arrival.alerts
            ):
                return True
        return False

    def _was_due(self, alert: str, record: FaultRecord) -> bool:
        """Whether it has fired for so long that it would have been notified."""
        hold = self._deadlines.due_hold_seconds(alert)
        return any(
            time.time() >= state.first_seen + hold
            for state in self._watch.alert_states()
            if state.state == "firing"
            and state.labels.get("alertname") == alert
            and state.first_seen >= record.injecting
        )

    def _has_arrived(self, expectation: Fires, record: FaultRecord) -> bool:
        return any(
            is_meant(alert.labels, expectation)
            for arrival in self._arrived_at(expectation.at, record.injecting)
            for alert in arrival.alerts
        )

    def _is_resolved(self, expectation: Fires | Lost, record: FaultRecord) -> bool:
        assert record.healing is not None
        if isinstance(expectation, Lost):
            seen = [
                state.last_seen
                for state in self._watch.alert_states()
                if state.labels.get("alertname") == expectation.alert
            ]
            return time.time() >= max(seen, default=0.0) + self._deadlines.forgotten_after_seconds(
                expectation.alert
            )
        return any(
            is_meant(alert.labels, expectation) and alert.status == "resolved"
            for arrival in self._arrived_at(expectation.at, record.healing)
            for alert in arrival.alerts
        )

    def _arrived_at(self, receiver: str, since: float) -> list[Arrival]:
        return [
            arrival
            for arrival in self._watch.arrivals()
            if arrival.receiver == receiver and arrival.at >= since
        ]

    def _any_active(self) -> bool:
        return any(
            state.labels["alertname"] not in self._standing for state in self._watch.alerts_now()
        )

    def _any_unresolved(self) -> bool:
        """Whether the last that was said of an alert, at any receiver, is that it fires."""
        last = {
            (arrival.receiver, alert.fingerprint): alert
            for arrival in self._watch.arrivals()
            for alert in arrival.alerts
        }
        return any(
            alert.status == "firing" and alert.labels.get("alertname") not in self._standing
            for alert in last.values()
        )


def is_meant(labels: Mapping[str, str], expectation: Fires | Inhibited) -> bool:
    """Whether an alert with these labels is the one an expectation names."""
    return labels.get("alertname") == expectation.alert and all(
        labels.get(name) == value for name, value in expectation.labels.items()
    )


def left(until: float) -> float:
    return max(0.0, until - time.time())
