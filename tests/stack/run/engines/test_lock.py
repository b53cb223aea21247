"""The lock of a cache: one holder, waiting that says for whom, and freedom after any end."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from stack.run.engines import lock
from stack.run.engines.engine import EngineError
from stack.run.engines.lock import hold, hold_if_free

HOLDER = """
import sys, time
from pathlib import Path
from stack.run.engines.lock import hold
with hold(Path(sys.argv[1]), print) as held:
    held.tell("compiling something")
    print("held", flush=True)
    sys.stdin.read()
    time.sleep(3600)
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "lock"


@pytest.fixture
def holder(
    file: Path, tmp_path: Path, run_python: Callable[..., "subprocess.Popen[str]"]
) -> "subprocess.Popen[str]":
    """Another process that holds the lock."""
    process = run_python("-c", HOLDER, str(file), cwd=tmp_path)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_who_waits_says_for_whom_and_a_bound_ends_the_wait(
    file: Path, holder: "subprocess.Popen[str]", monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line and the error name the process and what it is doing."""
    monkeypatch.setattr(lock, "WAIT_AT_MOST_SECONDS", 0.3)
    said: list[str] = []
    with pytest.raises(EngineError) as error, hold(file, said.append):
        pytest.fail("the lock was given to two")
    [line] = said
    told = rf"waiting for process {holder.pid} \(compiling something, \d+ s so far\)"
    assert re.search(told, line), line
    assert f"process {holder.pid} (compiling something" in str(error.value)


def test_a_holder_that_is_killed_gives_the_lock_back(
    file: Path, holder: "subprocess.Popen[str]"
) -> None:
    """No lock has to be removed by hand after a SIGKILL."""
    holder.kill()
    holder.wait()
    with hold(file, pytest.fail):
        pass


def test_who_does_not_want_to_wait_does_not(file: Path, holder: "subprocess.Popen[str]") -> None:
    """`hold_if_free` says that somebody has it, and has it once that one has ended."""
    with hold_if_free(file) as taken:
        assert not taken
    holder.kill()
    holder.wait()
    with hold_if_free(file) as taken:
        assert taken


def test_an_unreadable_note_does_not_end_the_wait(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A holder that has not written yet, or whose note is torn, is another process."""
    monkeypatch.setattr(lock, "WAIT_AT_MOST_SECONDS", 0.1)
    with hold(file, pytest.fail):
        file.write_text('{"pid": 1')
        with pytest.raises(EngineError, match="last seen: another process"), hold(file, print):
            pytest.fail("the lock was given to two")
