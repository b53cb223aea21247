"""Takes a stack through the steps of a drill: load, warm-up, near misses, faults, healing."""

import time
from collections.abc import Callable
from dataclasses import replace

from scenarios.deadlines import Deadlines
from scenarios.drill import STANDING, Drill, Step
from scenarios.judge.expectation import Fires, Heartbeat, Inhibited
from scenarios.judge.timeline import (
    Arrival,
    Configuration,
    Declaration,
    FaultRecord,
    LoadRun,
    NotifiedAlert,
)
from scenarios.load import ledger, read_ledger
from scenarios.stage import WARM_UP, Stages
from scenarios.watch import Watch
from stack.faults.fault import Fault, FaultError, Readback
from stack.run.local import LocalStack

LOAD = "load"
LOAD_STEADY_WITHIN_SECONDS = 30.0
LOAD_STEADY_RATIO = 0.9
LOAD_STOP_SECONDS = 5.0
STILL_WITHIN_SECONDS = 3.0


class DrillStopped(Exception):
    """The drill cannot go on; what was recorded until then is judged all the same."""


class StepRunner:
    """Runs the steps in order and keeps a record of each fault as it really went."""

    def __init__(
        self,
        drill: Drill,
        declaration: Declaration,
        configuration: Configuration,
        stack: LocalStack,
        watch: Watch,
        stages: Stages,
    ) -> None:
        self._drill = drill
        self._declaration = declaration
        self._stack = stack
        self._watch = watch
        self._stages = stages
        self._deadlines = Deadlines(configuration)
        self._records: list[FaultRecord] = []
        self._load_began: float | None = None
        self._load_ended: float | None = None
        self._injected: list[Fault] = []
        self._standing = {allowed.alert for allowed in STANDING}

    def run(self) -> None:
        """All of the drill. Raises DrillStopped, StackError, Cancelled."""
        for step in self._drill.steps:
            if step.fault is not None:
                step.fault.heal(self._stack)
        self._start_load()
        self._warm_up()
        for step in self._drill.steps:
            if step.fault is None:
                self._quiet()
            else:
                self._cause(step, step.fault)
        self._settle()

    def faults(self) -> tuple[FaultRecord, ...]:
        return tuple(self._records)

    def load_runs(self) -> tuple[LoadRun, ...]:
        if self._load_began is None:
            return ()
        return (
            LoadRun(
                load=LOAD,
                rate_per_second=self._drill.load.rate_per_second,
                began=self._load_began,
                ended=self._load_ended or time.time(),
            ),
        )

    def heal_everything(self) -> None:
        """End what is still injected; whatever went wrong before, this must not be left out."""
        while self._injected:
            try:
                self._injected.pop().heal(self._stack)
            except FaultError as error:
                self._watch.problem(f"healing failed: {error}")
        if self._load_began is not None:
            self._load_ended = time.time()
            # Only an ended Locust has written its statistics.
            self._stack.stop_process(LOAD, LOAD_STOP_SECONDS)

    def _start_load(self) -> None:
        load = self._drill.load
        self._stages.enter("loading")
        self._stages.say(f"loading: {load.profile} at {load.rate_per_second:g}/s")
        load.start(self._stack, LOAD)
        path = ledger(self._stack, LOAD)

        def steady() -> bool:
            last = read_ledger(path, LOAD)[-2:]
            return len(last) == 2 and all(
                second.completed >= LOAD_STEADY_RATIO * load.rate_per_second for second in last
            )

        if not self._watch.wait(steady, time.time() + LOAD_STEADY_WITHIN_SECONDS):
            raise DrillStopped(
                f"the load {load.profile} did not reach {load.rate_per_second:g}/s within "
                f"{LOAD_STEADY_WITHIN_SECONDS:g} s; the ledger's last lines: "
                f"{read_ledger(path, LOAD)[-2:]}; its log:\n{self._stack.process_log(LOAD)}"
            )
        self._load_began = read_ledger(path, LOAD)[-2].at

    def _warm_up(self) -> None:
        self._stages.enter(WARM_UP)
        self._hold("warming up", self._deadlines.warm_up_seconds())
        # A rule that compares with the past may have taken the start of the load for a surge.
        self._await_calm()

    def _quiet(self) -> None:
        self._stages.enter("quiet")
        seconds = self._deadlines.quiet_seconds()
        for expectation in self._declaration.expects:
            if isinstance(expectation, Heartbeat):
                seconds = max(seconds, self._deadlines.heartbeat_seconds(expectation))
        self._hold("watching the silence", seconds)

    def _hold(self, doing: str, seconds: float) -> None:
        until = time.time() + seconds
        self._stages.say(f"{doing} for {seconds:.1f} s")
        self._watch.wait(lambda: False, until)

    def _cause(self, step: Step, fault: Fault) -> None:
        self._stages.enter(step.name)
        index = self._inject(step, fault)
        record = self._records[index]
        if record.confirmed is None:
            raise DrillStopped(
                f"{step.name}: the fault did not take effect within "
                f"{fault.confirm_within_seconds:g} s: {record.observed}"
            )
        if record.near_miss:
            self._hold(
                f"near miss in ({record.observed}): {step.alert} must stay silent",
                self._deadlines.near_miss_hold_seconds(step.alert, record),
            )
        else:
            self._await_notifications(step, record)
        self._heal(index, fault)
        if not record.near_miss:
            self._await_resolved(step, self._records[index])
        self._stages.enter("calming down")
        self._await_calm()

    def _inject(self, step: Step, fault: Fault) -> int:
        self._stages.say(f"injecting {step.name}: {dict(fault.wanted)}")
        injecting = time.time()
        self._injected.append(fault)
        try:
            fault.inject(self._stack)
        except FaultError as error:
            observed, confirmed = str(error), None
        else:
            observed, confirmed = self._read_back(
                lambda: fault.read_back(self._stack), fault.confirm_within_seconds
            )
        self._records.append(
            FaultRecord(
                name=step.name,
                fault=fault.name,
                near_miss=step.kind == "near miss",
                wanted=fault.wanted,
                injecting=injecting,
                confirmed=confirmed,
                observed=observed,
                lag_seconds=fault.lag_seconds,
                heal_lag_seconds=fault.heal_lag_seconds,
                disturbs_jobs=fault.disturbs_jobs,
                symptom_ratio=fault.symptom_ratio,
                slow_seconds=fault.slow_seconds,
                events_per_second=step.events_per_second,
                ramps=fault.ramps,
            )
        )
        return len(self._records) - 1

    def _read_back(
        self, look: Callable[[], Readback], within_seconds: float
    ) -> tuple[str, float | None]:
        """What was last seen, and when the effect was confirmed: None if it never was."""
        last = Readback(took_effect=False, observed="nothing was read back")

        def effective() -> bool:
            nonlocal last
            try:
                last = look()
            except FaultError as error:
                last = Readback(took_effect=False, observed=str(error))
            return last.took_effect

        confirmed = self._watch.wait(effective, time.time() + within_seconds)
        return last.observed, time.time() if confirmed else None

    def _heal(self, index: int, fault: Fault) -> None:
        record = self._records[index]
        # A fault that ended by itself proves nothing of an alert that did not come.
        last, still = self._read_back(lambda: fault.read_back(self._stack), STILL_WITHIN_SECONDS)
        if still is None:
            self._records[index] = record = replace(record, lost=last)
        self._stages.enter(f"healing {record.name}")
        self._stages.say(f"healing {record.name}")
        healing = time.time()
        try:
            fault.heal(self._stack)
        except FaultError as error:
            raise DrillStopped(f"{record.name} could not be healed: {error}") from error
        observed, healed = self._read_back(
            lambda: fault.read_back_healed(self._stack), fault.confirm_within_seconds
        )
        self._injected.remove(fault)
        self._records[index] = replace(record, healing=healing, healed=healed)
        if healed is None:
            raise DrillStopped(f"{record.name} was healed but is still there: {observed}")

    def _await_notifications(self, step: Step, record: FaultRecord) -> None:
        expected = [e for e in self._declaration.expects if isinstance(e, Fires | Inhibited)]
        of_step = [e for e in expected if e.fault in ("", step.name)]
        until = max(
            (self._deadlines.notified_by(e, record) for e in of_step),
            default=time.time() + self._deadlines.quiet_seconds(),
        )
        waiting_for = ", ".join(
            f"{e.alert} at {e.at}" if isinstance(e, Fires) else f"{e.alert} (inhibited)"
            for e in of_step
        )
        self._stages.say(
            f"fault in ({record.observed}): waiting for {waiting_for}, "
            f"{until - time.time():.1f} s at most"
        )
        self._watch.wait(lambda: all(self._met(e, record) for e in of_step), until)

    def _met(self, expectation: Fires | Inhibited, record: FaultRecord) -> bool:
        """Whether waiting longer could show nothing more of this expectation."""
        if isinstance(expectation, Inhibited):
            firing = [
                state
                for state in self._watch.alert_states()
                if state.state == "firing"
                and state.labels.get("alertname") == expectation.alert
                and state.first_seen >= record.injecting
            ]
            hold = self._deadlines.inhibited_hold_seconds(expectation)
            return any(time.time() >= state.first_seen + hold for state in firing)
        for arrival in self._arrived_at(expectation.at, record.injecting):
            names = {a.labels.get("alertname") for a in arrival.alerts if a.status == "firing"}
            if names.issuperset(expectation.together_with) and any(
                is_meant(alert, expectation) and alert.status == "firing"
                for alert in arrival.alerts
            ):
                return True
        return False

    def _await_resolved(self, step: Step, record: FaultRecord) -> None:
        assert record.healed is not None
        fired = [
            expectation
            for expectation in self._declaration.expects
            if isinstance(expectation, Fires)
            and expectation.resolves
            and expectation.fault in ("", step.name)
            and self._met_without_company(expectation, record)
        ]
        until = max((self._deadlines.resolved_by(e, record) for e in fired), default=time.time())

        def resolved(expectation: Fires) -> bool:
            assert record.healing is not None
            return any(
                is_meant(alert, expectation) and alert.status == "resolved"
                for arrival in self._arrived_at(expectation.at, record.healing)
                for alert in arrival.alerts
            )

        names = ", ".join(dict.fromkeys(e.alert for e in fired)) or "nothing"
        self._stages.say(
            f"healed: waiting for {names} to resolve, {max(0.0, until - time.time()):.1f} s at most"
        )
        self._watch.wait(lambda: all(resolved(e) for e in fired), until)

    def _met_without_company(self, expectation: Fires, record: FaultRecord) -> bool:
        return any(
            is_meant(alert, expectation)
            for arrival in self._arrived_at(expectation.at, record.injecting)
            for alert in arrival.alerts
        )

    def _arrived_at(self, receiver: str, since: float) -> list[Arrival]:
        return [
            arrival
            for arrival in self._watch.arrivals()
            if arrival.receiver == receiver and arrival.at >= since
        ]

    def _await_calm(self) -> None:
        """Until nothing is pending, firing or unresolved at a receiver: else steps would mix."""
        # What is still there then is no reason for doubt: the judge sees that it did not resolve.
        self._watch.wait(
            lambda: not self._any_active() and not self._any_unresolved(),
            time.time() + self._deadlines.calm_within_seconds(),
        )

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

    def _settle(self) -> None:
        """What was on its way must be able to arrive, or a silence would be cut short."""
        self._stages.enter("settling")
        self._hold("settling", self._deadlines.settle_seconds())


def is_meant(alert: NotifiedAlert, expectation: Fires) -> bool:
    """Whether this is the alert an expectation names."""
    return alert.labels.get("alertname") == expectation.alert and all(
        alert.labels.get(name) == value for name, value in expectation.labels.items()
    )
