"""Drills of what is not Flash Tickets: what they need, their own load, and how they begin."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import pytest

from scenarios.configuration import from_files
from scenarios.drill import Drill, fault, fires, near_miss, quiet, silent
from scenarios.injections import DrillStopped
from scenarios.judge.expectation import Allowed
from scenarios.judge.timeline import AlertState
from scenarios.load import NORMAL, Load
from scenarios.misdeclared import problems
from scenarios.stage import Stages
from scenarios.steps import StepRunner
from stack.faults.hooks import Hooked
from stack.faults.host_cpu import HostCpu
from stack.run.configuration import PRODUCTION, layers_in
from stack.run.external.way import LACKS
from stack.run.stack import Addresses

TRUE = ["true"]
HOOKED = Hooked("a hook", TRUE, TRUE, TRUE, TRUE)
ALERT = "PaymentFailureRatioHigh"
CONFIGURATION = from_files(PRODUCTION, speed=60, layers=layers_in(PRODUCTION), layers_absent={})


@pytest.fixture
def locustfile(tmp_path: Path) -> Path:
    path = tmp_path / "own.py"
    path.write_text("")
    return path


def drill(load: Load | None, *causes: Any) -> Drill:
    steps = [fault(cause) for cause in causes or (HOOKED,)]
    expects = [fires(ALERT, within="5m", at="payments-pager", group={})]
    return Drill(steps=steps, expects=expects, load=load)


def test_a_drill_of_hooks_needs_nothing_that_runs_elsewhere_could_lack(locustfile: Path) -> None:
    assert drill(None).unavailable(LACKS) is None
    assert drill(Load(str(locustfile), 5)).unavailable(LACKS) is None


def test_load_and_faults_of_flash_tickets_are_not_had_elsewhere(locustfile: Path) -> None:
    reason = drill(NORMAL).unavailable(LACKS)
    assert reason is not None
    assert reason.startswith("flash-tickets: --stack external starts and breaks nothing itself")
    assert drill(None, HostCpu(1.0)).unavailable(LACKS) is not None
    assert drill(Load(str(locustfile), 5), HOOKED, HostCpu(1.0)).unavailable(LACKS) is not None


def test_no_load_and_a_locustfile_of_ones_own_are_declared_rightly(locustfile: Path) -> None:
    assert list(problems(drill(None))) == []
    assert list(problems(drill(Load(str(locustfile), 5)))) == []
    (problem,) = problems(drill(Load(f"{locustfile}x.py", 5)))
    assert "there is no load profile" in problem


def test_the_heartbeat_is_allowed_only_where_its_rule_is_loaded() -> None:
    assert [a.alert for a in drill(None).declaration(["Watchdog"]).allows] == ["Watchdog"]
    assert drill(None).declaration([ALERT]).allows == ()


NOWHERE = Addresses("", "", "", "", "", "", "", "", 0, "")


@dataclass
class Stack:
    """What steps and hooks need of a stack."""

    runs_already: bool
    directory: Path = Path()
    addresses: Addresses = NOWHERE


@dataclass
class CalmWatch:
    """In place of a Watch: nothing fires, and each wait is over at once; its length is kept."""

    waits: list[float] = field(default_factory=list)
    met: list[bool] = field(default_factory=list)
    firing: tuple[str, ...] = ()

    def wait(self, seen: Callable[[], bool], until: float) -> bool:
        self.waits.append(until - time.time())
        self.met.append(seen())
        return self.met[-1]

    def alerts_now(self) -> tuple[AlertState, ...]:
        return tuple(
            AlertState({"alertname": alert}, {}, "firing", 0.0, 0.0, 0.0) for alert in self.firing
        )

    def arrivals(self) -> tuple[()]:
        return ()


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> Callable[..., CalmWatch]:
    """Take a drill through its steps; no load is really started."""
    monkeypatch.setattr(StepRunner, "_start_load", lambda *_: None)

    def run(drill: Drill, stack: Stack, firing: tuple[str, ...] = ()) -> CalmWatch:
        watch = CalmWatch(firing=firing)
        declaration = drill.declaration(["Watchdog"])
        steps = StepRunner(
            drill,
            declaration,
            CONFIGURATION,
            cast("Any", stack),
            cast("Any", watch),
            Stages(lambda _: None),
            when_warm=lambda: None,
        )
        steps.run()
        return watch

    return run


def waiting(load: Load | None) -> Drill:
    """Nothing but a silence, of an alert that looks back five minutes of production."""
    return Drill(steps=[quiet()], expects=[silent(ALERT)], load=load)


LONGEST_LOOK_BACK = 10.0
OWN_LOOK_BACK = 5.0


@pytest.mark.parametrize(
    ("runs_already", "load", "seconds"),
    [
        (False, None, LONGEST_LOOK_BACK),
        (False, NORMAL, LONGEST_LOOK_BACK),
        (True, None, 0.0),
        (True, NORMAL, OWN_LOOK_BACK),
    ],
)
def test_what_runs_already_is_warm_but_for_what_a_load_changes(
    begun: Callable[..., CalmWatch], runs_already: bool, load: Load | None, seconds: float
) -> None:
    watch = begun(waiting(load), Stack(runs_already))
    assert watch.waits[0] == pytest.approx(seconds, abs=1.0)


@pytest.mark.parametrize(("runs_already", "is_calm"), [(True, True), (False, False)])
def test_what_a_drill_allows_and_never_ends_elsewhere_is_not_waited_for(
    begun: Callable[..., CalmWatch], runs_already: bool, is_calm: bool
) -> None:
    """Each step would wait as long as the slowest alert takes to resolve."""
    noisy = replace(waiting(None), allows=[Allowed("Noise", "chat", "staging is like that")])
    watch = begun(noisy, Stack(runs_already), firing=("Noise",))
    _warm_up, calm, *_ = watch.met
    assert calm is is_calm


def test_a_hook_that_cannot_heal_ends_the_drill_before_its_first_step(
    begun: Callable[..., CalmWatch],
) -> None:
    broken: Mapping[str, Any] = {"heal_command": ["false"], "inject_command": ["touch", "harm"]}
    stopped = drill(None, replace(HOOKED, **broken))
    with pytest.raises(DrillStopped, match="a hook could not be healed before the first step"):
        begun(stopped, Stack(runs_already=True))


def test_a_near_miss_is_healed_before_the_first_step_too(
    begun: Callable[..., CalmWatch], tmp_path: Path
) -> None:
    harm = tmp_path / "harm"
    harm.touch()
    heals = replace(HOOKED, heal_command=["rm", str(harm)], read_back_command=["false"])
    missed = Drill(
        steps=[near_miss(replace(heals, within_seconds=0.1), of=ALERT)],
        expects=[silent(ALERT)],
        load=None,
    )
    with pytest.raises(DrillStopped, match="did not take effect"):
        begun(missed, Stack(runs_already=True, directory=tmp_path))
    assert not harm.exists()
