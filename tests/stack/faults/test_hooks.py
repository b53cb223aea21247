"""Faults made by commands of their user's: done, seen, refused, hung, and always bounded."""

import importlib
import os
import pkgutil
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import psutil
import pytest

import scenarios.surge  # noqa: F401 - its faults are among those that are looked at
import stack.faults
from scenarios.collect import ROOT
from stack.faults.disturbance import Disturbance
from stack.faults.fault import FaultError
from stack.faults.hooks import Hooked
from stack.run.external.way import LACKS
from stack.run.stack import Addresses
from stack.run.waiting import wait_until


@dataclass
class Elsewhere:
    """What a hook sees of a stack: its addresses and the drill's folder."""

    directory: Path
    addresses: Addresses = field(
        default_factory=lambda: Addresses(
            *("http://app", "", "", "http://prometheus", "http://alertmanager", "", "", "", 0, "")
        )
    )


@pytest.fixture
def stack_(tmp_path: Path) -> Iterator[Elsewhere]:
    elsewhere = Elsewhere(tmp_path)
    yield elsewhere
    # What a test has only injected would be healed by its keeper at the end of all tests.
    HOOKED.heal(elsewhere)


HOOKED = Hooked(
    name="a file that should not be there",
    inject_command=["touch", "broken"],
    read_back_command=["test", "-e", "broken"],
    heal_command=["rm", "-f", "broken"],
    read_back_healed_command=["test", "!", "-e", "broken"],
)


def test_a_fault_is_injected_seen_healed_and_seen_to_be_over(stack_: Elsewhere) -> None:
    assert not HOOKED.read_back(stack_).took_effect
    HOOKED.inject(stack_)
    assert HOOKED.read_back(stack_).took_effect
    assert not HOOKED.read_back_healed(stack_).took_effect
    HOOKED.heal(stack_)
    HOOKED.heal(stack_)
    assert HOOKED.read_back_healed(stack_).took_effect


def test_what_a_command_says_is_told_with_its_exit_code(stack_: Elsewhere) -> None:
    looked = replace(HOOKED, read_back_command=python("print('two of three'); exit(4)"))
    assert looked.read_back(stack_).observed == "two of three (exit code 4)"
    assert HOOKED.read_back(stack_).observed == "(it said nothing) (exit code 1)"


def test_garbage_that_a_command_says_is_told_as_text(stack_: Elsewhere) -> None:
    """A terminal would obey it, and neither XML nor JSON could hold it."""
    code = r"import sys; sys.stdout.buffer.write(b'a\x00\x1b[31m\xff\nb' + b'x' * 9999)"
    said = replace(HOOKED, read_back_command=python(code)).read_back(stack_).observed
    assert set(said) == {"x"}
    short = replace(HOOKED, read_back_command=python(code.replace("9999", "0")))
    assert short.read_back(stack_).observed == "a��[31m�\nb"


def test_an_injection_or_healing_that_goes_wrong_is_an_error_with_its_output(
    stack_: Elsewhere,
) -> None:
    wrong = python("import sys; sys.exit('no such host')")
    with pytest.raises(FaultError, match=r"was not injected: exit code 1 of .*: no such host"):
        replace(HOOKED, inject_command=wrong).inject(stack_)
    with pytest.raises(FaultError, match=r"was not healed: exit code 1 of .*: no such host"):
        replace(HOOKED, heal_command=wrong).heal(stack_)


def test_a_program_that_is_not_there_is_an_error(stack_: Elsewhere) -> None:
    with pytest.raises(FaultError, match="no-such-program x cannot be started"):
        replace(HOOKED, inject_command=["no-such-program", "x"]).inject(stack_)


def test_a_hook_that_hangs_is_ended_with_what_it_started(stack_: Elsewhere) -> None:
    child = ["sleep", f"61.{os.getpid()}"]
    spawn = f"import subprocess, time; subprocess.Popen({child}); print('a', flush=True)"
    hangs = replace(HOOKED, heal_command=python(f"{spawn}; time.sleep(60)"), command_seconds=3.0)
    began = time.monotonic()
    with pytest.raises(FaultError, match=r"was not over after 3 s and was ended; it said: a"):
        hangs.heal(stack_)
    assert time.monotonic() - began < 50

    def left() -> list[psutil.Process]:
        return [p for p in psutil.process_iter(["cmdline"]) if p.info["cmdline"] == child]

    wait_until("its child to end", lambda: (not left(), str(left())), within_seconds=20)


def test_what_a_hook_leaves_running_holds_nobody_up(stack_: Elsewhere) -> None:
    """As ``ssh -f`` does; it keeps the output open."""
    spawn = (
        "import pathlib, subprocess; "
        "left = subprocess.Popen(['sleep', '60'], start_new_session=True); "
        "pathlib.Path('left').write_text(str(left.pid))"
    )
    replace(HOOKED, inject_command=python(spawn)).inject(stack_)
    left = psutil.Process(int((stack_.directory / "left").read_text()))
    assert left.is_running()
    left.kill()


def test_a_hook_is_told_the_addresses_and_gets_no_shell(stack_: Elsewhere) -> None:
    shown = replace(
        HOOKED,
        read_back_command=python(
            "import os, sys; print(*(v for k, v in sorted(os.environ.items())"
            " if k.startswith('DRILL_')), sys.argv[1:])",
            "$HOME;x",
        ),
    )
    assert shown.read_back(stack_).observed == (
        "http://alertmanager http://app http://prometheus ['$HOME;x']"
    )


INJECTS_AND_WAITS = """
import sys, time
from pathlib import Path
from stack.faults.hooks import Hooked
from tests.stack.faults.test_hooks import Elsewhere

folder = Path(sys.argv[1])
broken = str(folder / "broken")
Hooked("broken", ["touch", broken], ["true"], ["rm", broken], ["true"]).inject(Elsewhere(folder))
print("injected", flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_harness_that_is_ended_is_survived_by_what_heals(
    tmp_path: Path, number: signal.Signals
) -> None:
    """As where a job of CI is cancelled."""
    command = [sys.executable, "-c", INJECTS_AND_WAITS, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT.parent) as harness:
        assert harness.stdout is not None
        assert harness.stdout.readline() == b"injected\n"
        assert (tmp_path / "broken").exists()
        keepers = psutil.Process(harness.pid).children()
        harness.send_signal(number)
    wait_until(
        "the keeper to heal",
        lambda: (not (tmp_path / "broken").exists(), "still broken"),
        within_seconds=30.0,
    )
    assert keepers
    assert psutil.wait_procs(keepers, timeout=20)[1] == []


INJECTS_SLOWLY = """
import sys
from pathlib import Path
from stack.faults.hooks import Hooked
from tests.stack.faults.test_hooks import Elsewhere

folder = Path(sys.argv[1])
broken, begun, over = (str(folder / name) for name in ("broken", "begun", "over"))
slow = ["sh", "-c", f"touch {begun}; sleep 1; touch {broken} {over}"]
Hooked("broken", slow, ["true"], ["rm", "-f", broken], ["true"], command_seconds=2).inject(
    Elsewhere(folder)
)
"""


def test_a_harness_that_is_killed_while_it_injects_leaves_nothing_broken(tmp_path: Path) -> None:
    """What injects goes on without it, and is over only after the first healing."""
    command = [sys.executable, "-c", INJECTS_SLOWLY, str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT.parent) as harness:
        wait_until(
            "injecting",
            lambda: ((tmp_path / "begun").exists(), "not begun"),
            within_seconds=20.0,
        )
        keepers = [
            child
            for child in psutil.Process(harness.pid).children()
            if "stack.faults.hook_keeper" in child.cmdline()
        ]
        harness.kill()
    assert psutil.wait_procs(keepers, timeout=20)[1] == []
    assert len(keepers) == 1
    assert (tmp_path / "over").exists()
    assert not (tmp_path / "broken").exists()


def test_a_fault_that_is_healed_leaves_nobody(stack_: Elsewhere) -> None:
    others = set(psutil.Process().children())

    def its_own() -> set[psutil.Process]:
        """Those of other tests may end meanwhile."""
        return set(psutil.Process().children()) - others

    HOOKED.inject(stack_)
    assert len(its_own()) == 1
    HOOKED.inject(stack_)
    HOOKED.heal(stack_)
    assert its_own() == set()


def test_what_was_wanted_is_the_command() -> None:
    assert HOOKED.wanted == {"command": shlex.join(HOOKED.inject_command)}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"inject_command": "touch broken"}, "inject_command is 'touch broken'; write a program"),
        ({"heal_command": []}, "heal_command is"),
        ({"read_back_command": ["test", 1]}, "read_back_command is"),
        ({"read_back_healed_command": None}, "read_back_healed_command is"),
        ({"name": ""}, "name is ''"),
        ({"lag_seconds": -1}, "lag_seconds is -1"),
        ({"command_seconds": "30s"}, "command_seconds is '30s'"),
        ({"within_seconds": float("inf")}, "within_seconds is inf"),
    ],
    ids=str,
)
def test_a_hook_that_is_written_wrongly_is_told(change: dict[str, object], told: str) -> None:
    with pytest.raises(ValueError, match=f"^Hooked: {told}"):
        replace(HOOKED, **change)  # type: ignore[arg-type]


def test_no_fault_of_the_harness_can_be_had_elsewhere_but_a_hook() -> None:
    """What acts on this host, or on services that it starts, is skipped with --stack external."""
    for module in pkgutil.iter_modules(stack.faults.__path__):
        if not module.name.endswith(("_stressor", "_dropper", "_locker", "_holder")):
            importlib.import_module(f"stack.faults.{module.name}")
    faults = set(all_below(Disturbance))
    assert len(faults) > 20
    assert {fault for fault in faults if fault.needs.isdisjoint(LACKS)} == {Hooked}


def all_below(kind: type[Disturbance]) -> list[type[Disturbance]]:
    return [found for sub in kind.__subclasses__() for found in (sub, *all_below(sub))]


def python(code: str, *arguments: str) -> list[str]:
    return [sys.executable, "-c", code, *arguments]
