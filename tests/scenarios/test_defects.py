"""A fault whose own code is wrong ends its drill in a sentence, and the faults beside it healed."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from scenarios.collect import ROOT, load_drill
from scenarios.drill import DrillError, Step
from scenarios.injections import DrillStopped, Injections
from scenarios.preflight import PreflightError, preflight
from scenarios.stage import Stages
from stack.faults.disturbance import Disturbance
from stack.faults.fault import FaultError, Readback
from stack.run.configuration import PRODUCTION
from stack.run.stack import StackError

HERE = Path(__file__)
DRILL = '''"""It proves nothing."""
from scenarios.drill import Drill, fault, silent
from stack.faults.redis_down import RedisDown
{text}
DRILL = Drill(steps=[fault(RedisDown())], expects=[silent()])
'''


def nothing() -> Any:
    return None


def seen() -> Any:
    return Readback(True, "seen")


def key_missing() -> Any:
    return {}["key"]


def no_service() -> Any:
    raise StackError("there is no service")


@dataclass(frozen=True)
class Scripted(Disturbance):
    """Each of its steps does what the test says; ``healed`` counts."""

    name = "scripted"

    injecting: Callable[[], Any] = nothing
    looking: Callable[[], Any] = seen
    healing: Callable[[], Any] = nothing
    healed: list[str] = field(default_factory=list)

    @property
    def wanted(self) -> dict[str, float | str]:
        return {}

    @property
    def confirm_within_seconds(self) -> float:
        return 0.0

    def inject(self, _stack: object) -> None:
        self.injecting()

    def read_back(self, _stack: object) -> Readback:
        return cast("Readback", self.looking())

    def heal(self, _stack: object) -> None:
        self.healed.append(self.name)
        self.healing()

    def read_back_healed(self, _stack: object) -> Readback:
        return cast("Readback", self.looking())


class LooksOnce:
    """A watch that waits for nothing: what it was told of, and whether its one look saw it."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def wait(self, look: Callable[[], bool], _until: float) -> bool:
        return look()

    def problem(self, text: str) -> None:
        self.problems.append(text)


def injections() -> tuple[Injections, LooksOnce]:
    watch = LooksOnce()
    return Injections(cast("Any", None), cast("Any", watch), Stages(lambda _: None)), watch


def inject(into: Injections, fault: Scripted, name: str = "scripted") -> None:
    into.inject(Step("fault", name, fault), fault)


def line_of(text: str) -> int:
    return HERE.read_text().splitlines().index(text) + 1


DEFECTIVE = '    return {}["key"]'
DEFECT = f"scripted raised KeyError: 'key' ({HERE}:{line_of(DEFECTIVE)})"


def test_a_defect_in_injecting_is_told_with_its_place_and_healed_after() -> None:
    into, watch = injections()
    fault = Scripted(injecting=key_missing)
    with pytest.raises(DrillStopped) as stopped:
        inject(into, fault)
    assert DEFECT in str(stopped.value)
    (record,) = into.records()
    assert record.confirmed is None
    into.heal_everything()
    assert fault.healed == ["scripted"]
    assert watch.problems == []


def test_a_defect_in_looking_is_no_effect_and_is_told() -> None:
    into, _ = injections()
    with pytest.raises(DrillStopped) as stopped:
        inject(into, Scripted(looking=key_missing))
    assert DEFECT in str(stopped.value)


@pytest.mark.parametrize("answer", [None, True, "it is down"])
def test_a_look_that_returns_anything_else_is_no_effect(answer: object) -> None:
    into, _ = injections()
    with pytest.raises(DrillStopped) as stopped:
        inject(into, Scripted(looking=lambda: answer))
    assert (
        f"scripted returned {answer!r} from its read_back; return Readback(took_effect, observed)"
    ) in str(stopped.value)


def test_a_defect_in_healing_ends_the_drill_and_keeps_no_other_fault_in() -> None:
    into, watch = injections()
    good, bad, down = Scripted(), Scripted(healing=key_missing), Scripted(healing=no_service)
    for name, fault in (("good", good), ("bad", bad), ("down", down)):
        inject(into, fault, name)
    with pytest.raises(DrillStopped) as stopped:
        into.heal("bad")
    assert f"bad could not be healed: {DEFECT}" in str(stopped.value)
    into.heal_everything()
    assert (len(good.healed), len(bad.healed), len(down.healed)) == (1, 2, 1)
    assert watch.problems == [
        "healing down failed: there is no service",
        f"healing bad failed: {DEFECT}",
    ]


def test_a_failure_that_a_fault_tells_itself_stays_as_it_is() -> None:
    def refused() -> Any:
        raise FaultError("there is no such proxy")

    into, _ = injections()
    with pytest.raises(DrillStopped, match=r"there is no such proxy$"):
        inject(into, Scripted(injecting=refused))


def written(folder: Path, text: str) -> Path:
    path = folder / "application" / "drill.py"
    path.parent.mkdir()
    path.write_text(DRILL.format(text=text))
    return path


@pytest.mark.parametrize("ends", ["import sys; sys.exit(0)", "raise SystemExit", "exit(0)"])
def test_a_drill_that_ends_the_process_is_refused_and_ends_nothing(
    tmp_path: Path, ends: str
) -> None:
    """``python -m scenarios check`` would be green by it."""
    path = written(tmp_path, ends)
    with pytest.raises(DrillError) as refused:
        load_drill(path, tmp_path)
    assert str(refused.value).startswith(f"{path}:4: SystemExit")


def test_where_python_drops_docstrings_a_drill_still_says_what_it_proves(tmp_path: Path) -> None:
    read = (
        "import sys; from pathlib import Path; from scenarios.collect import load_drill;"
        "print(load_drill(Path(sys.argv[1]), Path(sys.argv[2])).proves)"
    )
    done = subprocess.run(
        [sys.executable, "-OO", "-c", read, str(written(tmp_path, "")), str(tmp_path)],
        cwd=ROOT.parent,
        env={**os.environ, "PYTHONPATH": str(ROOT.parent)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.stdout == "It proves nothing.\n", done.stderr


def test_a_fault_that_cannot_tell_whether_it_can_be_had_keeps_the_run_from_starting(
    tmp_path: Path,
) -> None:
    """It would be a traceback otherwise, and a drill left out without a reason if it were not."""
    text = """
class Moody(RedisDown):
    def unavailable(self):
        raise OSError("no such device")
RedisDown = Moody
"""
    drill = load_drill(written(tmp_path, text), tmp_path)
    with pytest.raises(PreflightError) as refused:
        preflight([drill], PRODUCTION, 60.0)
    assert (
        f"{drill.path}: one of its faults cannot tell whether this host can have it; its "
        "unavailable() raised OSError: no such device"
    ) in str(refused.value)
