"""Injects the faults of one drill, reads them back, heals them, and keeps a record of each."""

import time
from collections.abc import Callable
from dataclasses import replace

from scenarios.defects import defects_told
from scenarios.drill import Step
from scenarios.judge.timeline import FaultRecord
from scenarios.stage import Stages
from scenarios.watch import Watch
from stack.faults.fault import Fault, FaultError, Readback
from stack.run.stack import DrilledStack, StackError

STILL_WITHIN_SECONDS = 3.0


class DrillStopped(Exception):
    """The drill cannot go on; what was recorded until then is judged all the same."""


class Injections:
    """What is in now, and a record of each fault as it really went, by the name of its step."""

    def __init__(self, stack: DrilledStack, watch: Watch, stages: Stages) -> None:
        self._stack = stack
        self._watch = watch
        self._stages = stages
        self._records: dict[str, FaultRecord] = {}
        self._in: dict[str, Fault] = {}
        self._also: dict[str, tuple[Step, ...]] = {}

    def records(self) -> tuple[FaultRecord, ...]:
        """In the order of injection; a near miss of several alerts is one record for each."""
        return tuple(
            each
            for name, record in self._records.items()
            for each in (record, *(replace(record, name=other.name) for other in self._also[name]))
        )

    def record(self, name: str) -> FaultRecord:
        return self._records[name]

    def is_any_in(self) -> bool:
        return bool(self._in)

    def inject(self, step: Step, fault: Fault) -> FaultRecord:
        """Until its effect is seen. Raises DrillStopped where it never is."""
        self._stages.say(f"injecting {step.name}: {dict(fault.wanted)}")
        injecting = time.time()
        self._in[step.name] = fault
        self._also[step.name] = step.also
        try:
            with defects_told(fault):
                fault.inject(self._stack)
        except FaultError as error:
            observed, confirmed = str(error), None
        else:
            observed, confirmed = self._read_back(
                fault, fault.read_back, fault.confirm_within_seconds
            )
        record = self._records[step.name] = FaultRecord(
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
            stops=fault.stops,
            symptom_ratio=fault.symptom_ratio,
            slow_seconds=fault.slow_seconds,
            events_per_second=step.events_per_second,
            ramps=fault.ramps,
            restarts_groups=fault.restarts_groups,
            holds_up_receivers=fault.holds_up_receivers,
            ends_flushes=fault.ends_flushes,
        )
        if confirmed is None:
            raise DrillStopped(
                f"{step.name}: the fault did not take effect within "
                f"{fault.confirm_within_seconds:g} s: {observed}"
            )
        return record

    def heal(self, name: str) -> FaultRecord:
        """Until it is seen to be over. Raises DrillStopped where it never is."""
        fault, record = self._in[name], self._records[name]
        # A fault that ended by itself proves nothing of an alert that did not come.
        last, still = self._read_back(fault, fault.read_back, STILL_WITHIN_SECONDS)
        if still is None:
            self._records[name] = record = replace(record, lost=last)
        self._stages.say(f"healing {name}")
        healing = time.time()
        try:
            with defects_told(fault):
                fault.heal(self._stack)
        except FaultError as error:
            raise DrillStopped(f"{name} could not be healed: {error}") from error
        observed, healed = self._read_back(
            fault, fault.read_back_healed, fault.confirm_within_seconds
        )
        self._records[name] = record = replace(record, healing=healing, healed=healed)
        if healed is None:
            raise DrillStopped(f"{name} was healed but is still there: {observed}")
        del self._in[name]
        return record

    def heal_everything(self) -> None:
        """End what is still in, the last first; whatever went wrong, this must not be left out."""
        while self._in:
            name, fault = self._in.popitem()
            try:
                with defects_told(fault):
                    fault.heal(self._stack)
            except (FaultError, StackError) as error:
                self._watch.problem(f"healing {name} failed: {error}")

    def _read_back(
        self, fault: Fault, look: Callable[[DrilledStack], Readback], within_seconds: float
    ) -> tuple[str, float | None]:
        """What was last seen, and when the effect was confirmed: None if it never was."""
        last = Readback(took_effect=False, observed="nothing was read back")

        def effective() -> bool:
            nonlocal last
            try:
                with defects_told(fault):
                    seen = look(self._stack)
                if not isinstance(seen, Readback):
                    raise FaultError(
                        f"{fault.name} returned {seen!r} from its {look.__name__}; return "
                        "Readback(took_effect, observed)"
                    )
                last = seen
            except FaultError as error:
                last = Readback(took_effect=False, observed=str(error))
            return last.took_effect

        confirmed = self._watch.wait(effective, time.time() + within_seconds)
        return last.observed, time.time() if confirmed else None
