"""Runs one drill on a fresh stack and records its timeline. Judges nothing."""

import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from scenarios.already import refuse_what_fires_already
from scenarios.configuration import from_apis
from scenarios.drill import Drill
from scenarios.fireability import refuse_what_cannot_fire
from scenarios.host import HostShare, HostUse, Interrupted
from scenarios.injections import DrillStopped
from scenarios.judge.timeline import Configuration, Declaration, Timeline
from scenarios.stage import Stages
from scenarios.stall import StallMonitor
from scenarios.steps import StepRunner
from scenarios.suppressed import refuse_what_is_silenced, suppressions
from scenarios.unevaluated import not_evaluated
from scenarios.watch import Cancelled, Watch
from stack.observe.alertmanager import Alertmanager
from stack.observe.prometheus import Prometheus, ReadError
from stack.run.alertmanager_pair import PEER_TIMEOUT_SECONDS
from stack.run.configuration import PRODUCTION
from stack.run.local import new_name
from stack.run.stack import DrilledStack, StackError
from stack.run.supervisor import REPOSITORY
from stack.run.way import Wanted, Way

# Cores that one drill uses at its steady rate: cpu_seconds over wall_seconds in results.json.
PIPELINE_CORES = 0.18
CORES_PER_ARRIVAL_A_SECOND = 0.009
# A payment that timed out is settled by the app in the background.
SETTLE_PAYMENTS_SECONDS = 20
CHECK_WITHIN_SECONDS = 60


@dataclass(frozen=True)
class Settings:
    """What the user chose for a run."""

    speed: float
    way: Way
    source: Path = PRODUCTION


@dataclass
class Ran:
    """What running a drill gave: a timeline, or the error that kept it from having one.

    ``disagreements`` is what orders, payments, stock and the gateway's charges do not agree on:
    whatever the alerts did, a ticket sold twice fails the drill. ``cancelled`` says that the user
    ended the run before the drill was over.
    """

    timeline: Timeline | None = None
    error: str | None = None
    disagreements: str = ""
    cancelled: bool = False
    stack: DrilledStack | None = None
    cpu_seconds: Mapping[str, float] = field(default_factory=dict)
    waited_for_host_seconds: float = 0.0
    started_in_seconds: float = 0.0
    wall_seconds: float = 0.0


def run_drill(
    drill: Drill,
    settings: Settings,
    host: HostShare,
    stalls: StallMonitor,
    *,
    alone: bool,
    progress: Callable[[str], None],
    cancelled: Callable[[], bool],
    begun: Callable[[], None],
    finish: Callable[[Ran], None],
) -> Ran:
    """Run the drill when the host allows it, hand the result to ``finish``, end the stack.

    ``alone`` is whether no other drill may go on meanwhile.

    ``begun`` is called once the drill has its part of the host; ``finish`` while the stack still
    runs, so that it can save logs or leave it to the user. Raises scenarios.host.Interrupted when
    cancelled while waiting for the host.
    """
    ran = Ran()
    asked = time.monotonic()
    progress("waiting for the host")
    with host.use(cost_cores(drill), alone=alone) as use:
        began = time.monotonic()
        begun()
        try:
            with host.starting():
                progress("starting the stack")
                ran.stack = settings.way.stack(
                    Wanted(
                        name=new_name(drill.name.replace("/", "-")),
                        speed=min(settings.speed, drill.largest_speed or settings.speed),
                        source=settings.source,
                        features=drill.features,
                        app_settings=drill.app_settings,
                    )
                )
                ran.stack.start(progress)
            ran.started_in_seconds = time.monotonic() - began
            _record(drill, ran, settings, use, stalls, progress, cancelled, alone=alone)
        except StackError as error:
            ran.error = str(error)
        except (Cancelled, Interrupted):
            ran.error = "the run was ended before this drill was over"
            ran.cancelled = True
            raise
        except Exception:  # noqa: BLE001 - a defect of the harness must be told with its drill
            ran.error = f"the harness failed:\n{traceback.format_exc()}"
        finally:
            ran.waited_for_host_seconds = use.waited_seconds
            ran.wall_seconds = time.monotonic() - asked - use.waited_seconds
            try:
                finish(ran)
            finally:
                if ran.stack is not None:
                    ran.stack.close()
    return ran


def cost_cores(drill: Drill) -> float:
    """How much of the host's CPU a drill uses at its steady rate, in cores."""
    rate_per_second = 0.0 if drill.load is None else drill.load.rate_per_second
    return PIPELINE_CORES + CORES_PER_ARRIVAL_A_SECOND * rate_per_second


def read_configuration(stack: DrilledStack) -> Configuration:
    """The configuration as the stack's own APIs report it. Raises StackError."""
    try:
        configuration = from_apis(
            Prometheus(stack.addresses.prometheus),
            Alertmanager(stack.addresses.alertmanager),
            stack.layers_absent,
            runs_already=stack.runs_already,
        )
        if not stack.addresses.alertmanager_2:
            return configuration
        return replace(configuration, peer_timeout_seconds=PEER_TIMEOUT_SECONDS / stack.speed)
    except ReadError as error:
        raise StackError(f"the running configuration cannot be read: {error}") from error


def check_books(stack: DrilledStack, watch: Watch) -> str:
    """What the shop's and the gateway's records disagree on after the run; empty if nothing."""
    checked = subprocess.run(
        [
            *(sys.executable, "-m", "stack.app.invariants"),
            *("--database-url", stack.database_url),
            *("--gateway-url", stack.addresses.gateway),
            *("--settle-seconds", str(SETTLE_PAYMENTS_SECONDS)),
        ],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=CHECK_WITHIN_SECONDS,
        check=False,
    )
    if checked.returncode not in (0, 1):
        watch.problem(f"orders and payments cannot be checked: {checked.stderr.strip()[-500:]}")
    return checked.stdout.strip() if checked.returncode == 1 else ""


def _refuse_its_state(
    stack: DrilledStack, configuration: Configuration, declaration: Declaration
) -> None:
    """Raises StackError where what runs elsewhere is not as a drill must find it."""
    prometheus = Prometheus(stack.addresses.prometheus)
    alertmanager = Alertmanager(stack.addresses.alertmanager)
    failing = not_evaluated(prometheus, configuration, declaration)
    if failing:
        raise StackError("; ".join(failing))
    refuse_what_is_silenced(alertmanager, configuration, declaration)
    refuse_what_fires_already(prometheus, alertmanager, declaration)


def _refuse_doubts(stack: DrilledStack) -> None:
    """Raises DrillStopped: what can be known to prove nothing need not disturb anybody."""
    doubts = stack.doubts()
    if doubts:
        raise DrillStopped(f"no fault was caused: {'; '.join(doubts)}")


def _record(
    drill: Drill,
    ran: Ran,
    settings: Settings,
    use: HostUse,
    stalls: StallMonitor,
    progress: Callable[[str], None],
    cancelled: Callable[[], bool],
    *,
    alone: bool,
) -> None:
    stack = ran.stack
    assert stack is not None
    configuration = read_configuration(stack)
    declaration = drill.declaration(
        [rule.name for rule in configuration.rules if rule.kind == "alerting"]
    )
    if stack.runs_already:
        _refuse_its_state(stack, configuration, declaration)
    stages = Stages(progress)

    def when_warm() -> None:
        use.have_whole()
        prometheus = Prometheus(stack.addresses.prometheus)
        refuse_what_cannot_fire(prometheus, configuration, declaration, stages.say)

    look_seconds = configuration.evaluation_interval_seconds / 2
    with (
        Watch(stack, configuration, cancelled) as watch,
        suppressions(stack, declaration, look_seconds) as suppressed,
    ):
        steps = StepRunner(
            drill, declaration, configuration, stack, watch, stages, when_warm=when_warm
        )
        try:
            _refuse_doubts(stack)
            steps.run()
        except DrillStopped as stopped:
            watch.problem(str(stopped))
        else:
            for doubt in stack.doubts():
                watch.problem(doubt)
        finally:
            ran.cpu_seconds = stack.cpu_seconds()
            steps.heal_everything()
        for problem in suppressed():
            watch.problem(problem)
        prometheus = Prometheus(stack.addresses.prometheus)
        for problem in not_evaluated(prometheus, configuration, declaration):
            watch.problem(problem)
        stages.end()
        if "flash-tickets" not in settings.way.lacks:
            progress("checking orders, payments and stock")
            ran.disagreements = check_books(stack, watch)
        ran.timeline = watch.timeline(
            declaration,
            stages=stages.all(),
            faults=steps.faults(),
            load_runs=steps.load_runs(),
            stalls=stalls,
            shared=not alone,
        )
