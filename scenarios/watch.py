"""Watches a running drill from all sources, and makes its timeline at the end."""

import time
from collections.abc import Callable
from types import TracebackType

from scenarios.arrivals import ArrivalRecorder, read_all, read_messages
from scenarios.judge.timeline import (
    AlertSamples,
    AlertState,
    Arrival,
    ChatMessage,
    Clock,
    Configuration,
    Declaration,
    FaultRecord,
    GroupEvaluations,
    Host,
    LoadRun,
    Refusal,
    ScrapeSamples,
    Stage,
    Timeline,
)
from scenarios.load import ledger, read_ledger
from scenarios.recorder import (
    AlertRecorder,
    read_alert_samples,
    read_evaluations,
    read_scrapes,
)
from scenarios.stage import WARM_UP
from scenarios.stall import StallMonitor
from sink.client import SinkError
from stack.observe.prometheus import Prometheus, ReadError
from stack.run.stack import DrilledStack, StackError

LOOK_SECONDS = 0.05
DEATH_CHECK_SECONDS = 1.0


class Cancelled(Exception):
    """The user ended the run."""


class Watch:
    """Records arrivals and alert states while entered; ``wait`` waits for what they show."""

    def __init__(
        self, stack: DrilledStack, configuration: Configuration, cancelled: Callable[[], bool]
    ) -> None:
        self._stack = stack
        self._configuration = configuration
        self._cancelled = cancelled
        self._started = time.time()
        self._started_monotonic = time.monotonic()
        self._problems: list[str] = []
        self._looked_for_deaths = 0.0
        addresses, secrets = stack.addresses, stack.secrets
        self._arrivals = ArrivalRecorder(addresses.sink, secrets.sink_token)
        self._alerts = AlertRecorder(
            addresses.prometheus, configuration.evaluation_interval_seconds / 2
        )

    def __enter__(self) -> "Watch":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._arrivals.close()
        self._alerts.close()

    def arrivals(self) -> tuple[Arrival, ...]:
        return self._arrivals.arrivals()

    def alerts_now(self) -> tuple[AlertState, ...]:
        return self._alerts.now()

    def alert_states(self) -> tuple[AlertState, ...]:
        return self._alerts.states()

    def problem(self, text: str) -> None:
        """Note that a source could not be read or the drill could not go on: unknown at best."""
        self._problems.append(text)

    def wait(self, seen: Callable[[], bool], until: float) -> bool:
        """Wait until ``seen`` or until the unix time; tells which. Raises Cancelled, StackError."""
        while not seen():
            self._check()
            remaining = until - time.time()
            if remaining <= 0:
                return False
            with self._arrivals.changed:
                self._arrivals.changed.wait(min(LOOK_SECONDS, remaining))
        return True

    def _check(self) -> None:
        if self._cancelled():
            raise Cancelled
        now = time.monotonic()
        if now - self._looked_for_deaths < DEATH_CHECK_SECONDS:
            return
        self._looked_for_deaths = now
        for name, exit_code in self._stack.dead_services().items():
            raise StackError(
                f"{name} ended by itself with exit code {exit_code}; the end of its log:\n"
                f"{self._stack.process_log(name)}"
            )

    def timeline(
        self,
        declaration: Declaration,
        *,
        stages: tuple[Stage, ...],
        faults: tuple[FaultRecord, ...],
        load_runs: tuple[LoadRun, ...],
        stalls: StallMonitor,
        shared: bool,
    ) -> Timeline:
        """Read back every source; what cannot be read becomes a problem of the timeline."""
        ended, ended_monotonic = time.time(), time.monotonic()
        span = ended_monotonic - self._started_monotonic
        prometheus = Prometheus(self._stack.addresses.prometheus)
        samples: tuple[AlertSamples, ...] = ()
        scrapes: tuple[ScrapeSamples, ...] = ()
        evaluations: tuple[GroupEvaluations, ...] = ()
        try:
            samples = read_alert_samples(prometheus, span)
            scrapes = read_scrapes(prometheus, span)
            evaluations = read_evaluations(prometheus, span)
        except ReadError as error:
            self.problem(f"Prometheus' series cannot be read back: {error}")
        arrivals: tuple[Arrival, ...] = self.arrivals()
        refusals: tuple[Refusal, ...] = ()
        messages: tuple[ChatMessage, ...] = ()
        try:
            arrivals, refusals = read_all(
                self._stack.addresses.sink, self._stack.secrets.sink_token
            )
            messages = read_messages(self._stack.addresses.sink, self._stack.secrets.sink_token)
        except SinkError as error:
            self.problem(f"the sink cannot be read back: {error}")
        # What stalled while stacks started and rules warmed up has touched nothing that is judged.
        watched = max((s.ended for s in stages if s.name == WARM_UP), default=self._started)
        worst, worst_at = stalls.worst(watched, ended)
        return Timeline(
            declaration=declaration,
            speed=self._stack.speed,
            clock=Clock(self._started, ended, self._started_monotonic, ended_monotonic),
            configuration=self._configuration,
            stages=stages,
            faults=faults,
            load_runs=load_runs,
            load=tuple(
                second
                for run in dict.fromkeys(run.load for run in load_runs)
                for second in read_ledger(ledger(self._stack, run), run)
            ),
            alert_states=self.alert_states(),
            alert_samples=samples,
            scrapes=scrapes,
            evaluations=evaluations,
            arrivals=arrivals,
            refusals=refusals,
            messages=messages,
            host=Host(
                worst,
                worst_at,
                shared_with_drills=shared,
                saturated=stalls.saturated(watched, ended),
                # What containers use looks like a stranger's, as they descend from nobody here; and
                # what runs elsewhere is held up by nobody here.
                taken_by_strangers=stalls.taken_by_strangers(watched, ended)
                if self._stack.is_of_own_processes
                else (),
            ),
            problems=tuple(self._problems),
        )
