"""Takes a stack through the steps of a drill: load, warm-up, near misses, faults, healing."""

import time
from collections.abc import Callable, Sequence

from scenarios.awaited import Awaited
from scenarios.deadlines import Deadlines
from scenarios.defects import defects_told
from scenarios.drill import Drill, Step
from scenarios.injections import DrillStopped, Injections
from scenarios.judge.expectation import Heartbeat
from scenarios.judge.timeline import Configuration, Declaration, FaultRecord, LoadRun
from scenarios.load import Load, ledger, read_ledger
from scenarios.stage import WARM_UP, Stages
from scenarios.watch import Watch
from stack.faults.fault import FaultError
from stack.run.stack import DrilledStack

LOAD = "load"
LOAD_STEADY_WITHIN_SECONDS = 30.0
LOAD_STEADY_RATIO = 0.9
LOAD_STOP_SECONDS = 5.0


class StepRunner:
    """Runs the steps in order; raises what ends the drill before all are done."""

    def __init__(
        self,
        drill: Drill,
        declaration: Declaration,
        configuration: Configuration,
        stack: DrilledStack,
        watch: Watch,
        stages: Stages,
        *,
        when_warm: Callable[[], None],
    ) -> None:
        self._drill = drill
        self._declaration = declaration
        self._stack = stack
        self._watch = watch
        self._stages = stages
        self._when_warm = when_warm
        self._deadlines = Deadlines(configuration)
        self._injections = Injections(stack, watch, stages)
        self._awaited = Awaited(
            declaration, self._deadlines, watch, stages, runs_already=stack.runs_already
        )
        self._load_began: float | None = None
        self._load_ended: float | None = None

    def run(self) -> None:
        """All of the drill. Raises DrillStopped, StackError, Cancelled."""
        self._heal_before()
        if self._drill.load is not None:
            self._start_load(self._drill.load)
        self._warm_up()
        for step in self._drill.steps:
            match step.kind:
                case "quiet":
                    self._quiet()
                case "begin":
                    self._begin(step)
                case "notified":
                    self._until_notified(step)
                case "end":
                    self._end(step.name, step.ends)
                case "fault" | "near miss" | "together":
                    self._cause(step)
        self._settle()

    def faults(self) -> tuple[FaultRecord, ...]:
        return self._injections.records()

    def load_runs(self) -> tuple[LoadRun, ...]:
        if self._load_began is None or self._drill.load is None:
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
        """End what is still injected, and the load; this must not be left out."""
        self._injections.heal_everything()
        if self._load_began is not None:
            self._load_ended = time.time()
            # Only an ended Locust has written its statistics.
            self._stack.stop_process(LOAD, LOAD_STOP_SECONDS)

    def _heal_before(self) -> None:
        """What a run before this one, that could not heal, may have left."""
        for step, cause in self._drill.causes:
            try:
                with defects_told(cause):
                    cause.heal(self._stack)
            except FaultError as error:
                raise DrillStopped(
                    f"{step.name} could not be healed before the first step: {error}"
                ) from error

    def _start_load(self, load: Load) -> None:
        self._stages.enter("loading")
        self._stages.say(f"loading: {load.profile} at {load.rate_per_second:g}/s")
        load.start(self._stack, LOAD)
        path = ledger(self._stack, LOAD)

        def steady() -> bool:
            last = read_ledger(path, LOAD)[-2:]
            return len(last) == 2 and all(
                second.completed >= LOAD_STEADY_RATIO * load.rate_per_second for second in last
            )

        def ended() -> bool:
            return not self._stack.process_running(LOAD)

        self._watch.wait(lambda: steady() or ended(), time.time() + LOAD_STEADY_WITHIN_SECONDS)
        if not steady():
            why = "ended" if ended() else f"was not there after {LOAD_STEADY_WITHIN_SECONDS:g} s"
            raise DrillStopped(
                f"the load {load.profile} at {load.rate_per_second:g}/s {why}; the ledger's last "
                f"lines: {read_ledger(path, LOAD)[-2:]}; its log:\n{self._stack.process_log(LOAD)}"
            )
        self._load_began = read_ledger(path, LOAD)[-2].at

    def _warm_up(self) -> None:
        self._stages.enter(WARM_UP)
        self._hold("warming up", self._warm_up_seconds())
        self._when_warm()
        # What neighbours did to the host must be over, and what a rule that compares with the
        # past may have made of the start of the load.
        self._awaited.calm()

    def _warm_up_seconds(self) -> float:
        """Until rules see nothing but the steady load: of what has run before, those it touches."""
        if not self._stack.runs_already:
            return self._deadlines.warm_up_seconds()
        if self._drill.load is None:
            return 0.0
        alerts = {expectation.alert for expectation in self._declaration.expects}
        return self._deadlines.warm_up_seconds(alerts | set(self._declaration.near_misses.values()))

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

    def _cause(self, step: Step) -> None:
        """One fault or near miss, or several at once, from injection until all is calm again."""
        self._stages.enter(step.name)
        causes = step.steps or (step,)
        records = [self._inject(one) for one in causes]
        self._hold_near_misses([one for one in causes if one.kind == "near miss"])
        faults = [record for record in records if not record.near_miss]
        if faults and not self._awaited.is_any_expected(faults):
            self._hold("fault in: watching the silence", self._deadlines.quiet_seconds())
        self._end(step.name, [one.name for one in causes])

    def _begin(self, step: Step) -> None:
        self._stages.enter(step.name)
        record = self._inject(step)
        if step.until == "notified":
            self._awaited.notified([record])
        elif step.until == "pending":
            self._awaited.pending(record)
        elif step.until == "due":
            self._awaited.due(record)

    def _until_notified(self, step: Step) -> None:
        self._stages.enter(step.name)
        self._awaited.notified([self._injections.record(name) for name in step.ends])

    def _end(self, name: str, ends: Sequence[str]) -> None:
        records = [self._injections.record(end) for end in ends]
        self._awaited.notified(records)
        self._awaited.muted(records)
        self._awaited.stopped(records)
        self._stages.enter(f"healing {name}")
        healed = [self._injections.heal(end) for end in ends]
        self._awaited.restored(healed)
        self._awaited.resolved(healed)
        self._awaited.beating(healed)
        if not self._injections.is_any_in():
            self._stages.enter("calming down")
            self._awaited.calm()

    def _inject(self, step: Step) -> FaultRecord:
        assert step.fault is not None
        return self._injections.inject(step, step.fault)

    def _hold_near_misses(self, steps: Sequence[Step]) -> None:
        if not steps:
            return
        missed = [
            (of.alert, self._injections.record(step.name))
            for step in steps
            for of in (step, *step.also)
        ]
        seen = "; ".join(dict.fromkeys(record.observed for _, record in missed))
        self._hold(
            f"near miss in ({seen}): {', '.join(alert for alert, _ in missed)} must stay silent",
            max(self._deadlines.near_miss_hold_seconds(alert, record) for alert, record in missed),
        )

    def _settle(self) -> None:
        """What was on its way must be able to arrive, or a silence would be cut short."""
        self._stages.enter("settling")
        self._hold("settling", self._deadlines.settle_seconds())
