"""The guardian: nothing it started outlives the harness, however the harness ends."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from stack.run.stack import StackError
from stack.run.supervisor import REPOSITORY, Supervisor
from stack.run.waiting import wait_until

SLEEPER = [sys.executable, "-c", "import time; time.sleep(600)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
    "print('ready', flush=True); time.sleep(600)",
]
WITH_CHILD = [
    sys.executable,
    "-c",
    "import subprocess, sys, time; "
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']); "
    "print(child.pid, flush=True); time.sleep(600)",
]


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    supervisor = Supervisor(tmp_path / "stack")
    yield supervisor
    supervisor.close()


def gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def wait_gone(*pids: int) -> None:
    wait_until(
        f"processes {pids} to be gone",
        lambda: (all(map(gone, pids)), str({pid: gone(pid) for pid in pids})),
        within_seconds=20,
    )


def wait_log(supervisor: Supervisor, name: str, text: str = "") -> str:
    wait_until(
        f"{name} to write {text or 'something'}",
        lambda: (
            bool(supervisor.log_tail(name)) and text in supervisor.log_tail(name),
            supervisor.log_tail(name),
        ),
        within_seconds=30,
    )
    return supervisor.log_tail(name)


def test_closing_ends_every_process_and_removes_the_directory(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    pids = [supervisor.start(f"sleeper {n}", SLEEPER) for n in range(3)]
    assert not any(map(gone, pids))
    supervisor.close()
    wait_gone(*pids, supervisor.guardian_pid)
    assert not (tmp_path / "stack").exists()


def test_a_process_that_ignores_sigterm_and_its_children_end_too(supervisor: Supervisor) -> None:
    stubborn = supervisor.start("stubborn", STUBBORN)
    parent = supervisor.start("parent", WITH_CHILD)
    child = int(wait_log(supervisor, "parent"))
    wait_log(supervisor, "stubborn", "ready")
    assert supervisor.stop("stubborn", within_seconds=0.2) == -signal.SIGKILL
    supervisor.close()
    wait_gone(stubborn, parent, child)


def test_sigkill_of_the_harness_leaves_no_process_and_no_directory(tmp_path: Path) -> None:
    directory = tmp_path / "stack"
    harness = subprocess.Popen(
        [
            sys.executable,
            "-c",
            textwrap.dedent(
                f"""
                import sys, time
                from pathlib import Path
                from stack.run.supervisor import Supervisor
                supervisor = Supervisor(Path({str(directory)!r}))
                pid = supervisor.start("sleeper", {SLEEPER!r})
                other = supervisor.start("stubborn", {STUBBORN!r})
                print(pid, other, supervisor.guardian_pid, flush=True)
                time.sleep(600)
                """
            ),
        ],
        stdout=subprocess.PIPE,
        text=True,
        cwd=REPOSITORY,
    )
    assert harness.stdout is not None
    pids = [int(word) for word in harness.stdout.readline().split()]
    assert not any(map(gone, pids))
    harness.kill()
    harness.wait()
    harness.stdout.close()
    wait_gone(*pids)
    assert not directory.exists()


def test_sigkill_of_the_guardian_leaves_no_orphan_after_close(supervisor: Supervisor) -> None:
    pid = supervisor.start("sleeper", SLEEPER)
    os.kill(supervisor.guardian_pid, signal.SIGKILL)
    with pytest.raises(StackError, match="guardian"):
        supervisor.start("another", SLEEPER)
    supervisor.close()
    wait_gone(pid)


def test_a_command_that_does_not_exist_is_named(supervisor: Supervisor) -> None:
    with pytest.raises(StackError, match=r"cannot start ghost.*no-such-program"):
        supervisor.start("ghost", ["no-such-program"])


def test_a_name_is_taken_while_its_process_runs(supervisor: Supervisor) -> None:
    supervisor.start("sleeper", SLEEPER)
    with pytest.raises(StackError, match="already runs"):
        supervisor.start("sleeper", SLEEPER)
    supervisor.stop("sleeper")
    supervisor.start("sleeper", SLEEPER)


def test_an_exit_code_is_told_and_stopping_what_has_ended_does_nothing(
    supervisor: Supervisor,
) -> None:
    supervisor.start("short", [sys.executable, "-c", "raise SystemExit(7)"])
    wait_until(
        "the process to end",
        lambda: (not supervisor.running("short"), str(supervisor.processes())),
        within_seconds=10,
    )
    assert supervisor.processes()["short"]["exit_code"] == 7
    assert supervisor.stop("short") == 7
    assert supervisor.stop("short") is None


def test_what_is_left_running_ends_when_its_guardian_is_told_to(tmp_path: Path) -> None:
    supervisor = Supervisor(tmp_path / "stack")
    pid = supervisor.start("sleeper", SLEEPER)
    guardian = supervisor.leave_running(seconds=600)
    supervisor.close()
    assert not gone(pid)
    os.kill(guardian, signal.SIGTERM)
    wait_gone(pid, guardian)


def test_what_is_left_running_ends_by_itself(tmp_path: Path) -> None:
    supervisor = Supervisor(tmp_path / "stack")
    pid = supervisor.start("sleeper", SLEEPER)
    began = time.monotonic()
    supervisor.leave_running(seconds=0.5)
    wait_gone(pid)
    assert time.monotonic() - began >= 0.5


def test_a_service_of_one_stack_survives_the_end_of_another(tmp_path: Path) -> None:
    stacks = [Supervisor(tmp_path / f"stack {n}") for n in range(4)]
    pids = [stack.start("sleeper", SLEEPER) for stack in stacks]
    for number, stack in enumerate(stacks):
        assert not any(map(gone, pids[number:]))
        stack.close()
        wait_gone(pids[number])


def test_a_process_that_left_the_group_ends_with_its_parent(supervisor: Supervisor) -> None:
    parent = supervisor.start(
        "parent",
        [
            sys.executable,
            "-c",
            "import subprocess, sys, time; child = subprocess.Popen([sys.executable, '-c', "
            "'import time; time.sleep(600)'], start_new_session=True); "
            "print(child.pid, flush=True); time.sleep(600)",
        ],
    )
    child = int(wait_log(supervisor, "parent"))
    supervisor.stop("parent", within_seconds=0.0)
    wait_gone(parent, child)


def test_a_nice_process_lets_others_come_first_among_processes_and_sessions(
    supervisor: Supervisor,
) -> None:
    """And is started with its arguments as they are, under the handle that was asked for."""
    arguments = ["two words", "", "$HOME", "'; exit 1; '"]
    said = "import sys, time; print(sys.argv[1:], flush=True); time.sleep(600)"
    pid = supervisor.start("nice", [sys.executable, "-c", said, *arguments], nice=7)
    assert wait_log(supervisor, "nice").strip() == str(arguments)
    assert psutil.Process(pid).nice() == 7
    assert psutil.Process(pid).cmdline()[-len(arguments) :] == arguments
    autogroup = Path(f"/proc/{pid}/autogroup")
    if autogroup.exists():
        assert autogroup.read_text().strip().endswith("nice 7")


def test_a_process_that_is_not_nice_keeps_its_priority(supervisor: Supervisor) -> None:
    pid = supervisor.start("plain", SLEEPER)
    assert psutil.Process(pid).nice() == psutil.Process().nice()
    autogroup = Path(f"/proc/{pid}/autogroup")
    if autogroup.exists():
        assert autogroup.read_text().strip().endswith("nice 0")
