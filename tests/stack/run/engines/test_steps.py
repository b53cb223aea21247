"""Commands that install: output, failure, limit, and no command that outlives who asked for it."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from stack.run.engines import steps as steps_module
from stack.run.engines.catalogue import CATALOGUE
from stack.run.engines.engine import EngineError
from stack.run.engines.lock import hold, hold_if_free
from stack.run.engines.steps import Steps, plain_environment
from stack.run.waiting import wait_until

SLEEPER = "import time, pathlib; pathlib.Path('running').touch(); time.sleep(3600)"


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def steps(tmp_path: Path, said: list[str]) -> Iterator[Steps]:
    with hold(tmp_path / "lock", print) as lock:
        yield Steps(CATALOGUE[0], "engine 1.0", tmp_path, lock, said.append)


def run(steps: Steps, code: str) -> str:
    return steps.run(
        "doing it",
        [sys.executable, "-c", code],
        cwd=steps.directory,
        environment=dict(os.environ),
    )


def of_directory(directory: Path) -> list[psutil.Process]:
    """The processes that work in a directory."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.cwd() == str(directory) and process.pid != os.getpid():
                found.append(process)
        except psutil.Error:
            continue
    return found


def test_output_is_returned_and_the_step_is_said(steps: Steps, said: list[str]) -> None:
    """Standard output comes back; what goes to standard error does not mix into it."""
    assert run(steps, "import sys; print('out'); print('err', file=sys.stderr)") == "out\n"
    assert said == ["engine 1.0: doing it"]


def test_a_failure_tells_engine_step_exit_code_output_and_remedy(steps: Steps) -> None:
    """All that is needed to act is in the error, and only the end of a long output."""
    with pytest.raises(EngineError) as error:
        run(steps, "import sys; [print('line', n) for n in range(100)]; sys.exit(3)")
    text = str(error.value)
    told = r"^engine 1\.0 cannot be installed: doing it failed \(exit code 3 after \d+ s\)"
    assert re.search(told, text), text
    assert "line 99" in text
    assert "line 50" not in text
    assert "put redis_exporter (1.86 or newer, below 2) on PATH" in text


def test_a_command_that_is_not_there_is_a_failure_of_its_step(steps: Steps) -> None:
    """A missing program is told like a failing one."""
    with pytest.raises(EngineError, match="no-such-program: No such file"):
        steps.run("doing it", ["/no-such-program"], cwd=steps.directory, environment={})


def test_a_long_step_says_how_long_it_takes_and_ends_at_its_limit(
    steps: Steps, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No silent minute, no wait without end, and the command is gone afterwards."""
    monkeypatch.setattr(steps_module, "SAY_EVERY_SECONDS", 0.2)
    monkeypatch.setattr(steps_module, "STEP_LIMIT_SECONDS", 1)
    with pytest.raises(EngineError, match="not at its end after 1 s, so it was ended"):
        run(steps, SLEEPER)
    assert any(re.fullmatch(r"engine 1\.0: doing it, \d+ s so far", line) for line in said), said
    assert of_directory(steps.directory) == []


def test_an_interrupt_ends_the_command(steps: Steps, monkeypatch: pytest.MonkeyPatch) -> None:
    """After Ctrl-C no compiler goes on in the background."""

    def interrupted(line: str) -> None:
        if "so far" in line and (steps.directory / "running").exists():
            raise KeyboardInterrupt

    monkeypatch.setattr(steps_module, "SAY_EVERY_SECONDS", 0.05)
    monkeypatch.setattr(steps, "_progress", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run(steps, SLEEPER)
    assert of_directory(steps.directory) == []


KILLED_RUN = f"""
import sys
from pathlib import Path
from stack.run.engines.catalogue import CATALOGUE
from stack.run.engines.lock import hold
from stack.run.engines.steps import Steps
here = Path(sys.argv[1])
with hold(here / "lock", print) as lock:
    command = [sys.executable, "-c", {SLEEPER!r}]
    Steps(CATALOGUE[0], "engine", here, lock, print).run("it", command, cwd=here, environment={{}})
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
def test_a_command_does_not_outlive_a_killed_run(
    tmp_path: Path, run_python: Callable[..., "subprocess.Popen[str]"], number: signal.Signals
) -> None:
    """However the run ends, its command ends too, and only then is the lock free."""
    work = tmp_path / "work"
    work.mkdir()
    process = run_python("-c", KILLED_RUN, str(work), cwd=tmp_path)
    wait_until(
        "the command to run",
        lambda: ((work / "running").exists(), "not there"),
        within_seconds=20,
    )
    [command] = [found for found in of_directory(work) if found.cmdline()[1:] == ["-c", SLEEPER]]
    process.send_signal(number)
    process.communicate(timeout=20)

    def free() -> tuple[bool, str]:
        with hold_if_free(work / "lock") as taken:
            if taken:
                # The kernel lets go of a process's files a moment before the process is gone.
                with suppress(psutil.TimeoutExpired):
                    command.wait(0.5)
                assert not command.is_running() or command.status() == psutil.STATUS_ZOMBIE
            return taken, "held"

    wait_until("the lock to be free", free, within_seconds=10)
    wait_until(
        "no process of it to be left",
        lambda: (not of_directory(work), str(of_directory(work))),
        within_seconds=10,
    )


def test_the_environment_keeps_what_is_the_users(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what is named is dropped; what is set wins."""
    monkeypatch.setenv("GOPROXY", "off")
    monkeypatch.setenv("GOROOT", "/elsewhere")
    monkeypatch.setenv("GOOS", "plan9")
    environment = plain_environment(("GOROOT",), {"GOOS": "linux"})
    assert environment["GOPROXY"] == "off"
    assert environment["GOOS"] == "linux"
    assert "GOROOT" not in environment
