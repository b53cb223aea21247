"""The harness's end of the pipe to a stack's guardian (see guardian.py)."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil

from stack.run.stack import StackError

REPOSITORY = Path(__file__).resolve().parents[2]
LOG_TAIL_BYTES = 4000
LOOK_SECONDS = 0.02
ORPHANS_END_SECONDS = 5.0


class Supervisor:
    """Starts, stops and signals processes through a guardian that outlives the harness.

    Safe to use from several threads. ``close`` ends everything that was started; should the
    guardian itself be killed, ``close`` ends its orphans by pid and start time.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._logs = directory / "logs"
        self._lock = threading.Lock()
        self._started: dict[str, psutil.Process] = {}
        environment = dict(os.environ)
        environment["PYTHONPATH"] = os.pathsep.join(
            part for part in (str(REPOSITORY), environment.get("PYTHONPATH", "")) if part
        )
        self._environment = {"PYTHONPATH": environment["PYTHONPATH"]}
        directory.mkdir(parents=True, exist_ok=True)
        self._guardian = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "stack.run.guardian",
                "--directory",
                str(directory),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
            # Its own session: a signal to the terminal's process group must not reach it.
            start_new_session=True,
        )

    @property
    def guardian_pid(self) -> int:
        return self._guardian.pid

    def start(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str] | None = None,
        nice: int = 0,
    ) -> int:
        """Start a process and give its pid; its output goes to ``logs/NAME.log``."""
        answer = self._ask(
            op="start",
            name=name,
            command=[str(part) for part in command],
            environment={**self._environment, **(environment or {})},
            nice=nice,
        )
        pid = int(answer["pid"])
        with contextlib.suppress(psutil.NoSuchProcess):
            self._started[name] = psutil.Process(pid)
        return pid

    def stop(
        self, name: str, within_seconds: float = 3.0, signal_number: int = signal.SIGTERM
    ) -> int | None:
        """End a process group: the signal first, SIGKILL after ``within_seconds``.

        The wait is here, not in the guardian, which must see at any time that the harness is gone.
        """
        deadline = time.monotonic() + within_seconds
        if within_seconds > 0 and self.running(name):
            # It may end by itself in between.
            with contextlib.suppress(StackError):
                self.send(name, signal_number)
            while self.running(name) and time.monotonic() < deadline:
                time.sleep(LOOK_SECONDS)
        answer = self._ask(op="stop", name=name)
        self._started.pop(name, None)
        return answer["exit_code"]  # type: ignore[no-any-return]

    def send(self, name: str, signal_number: int) -> None:
        self._ask(op="send", name=name, signal=int(signal_number))

    def processes(self) -> dict[str, dict[str, int | None]]:
        """``{name: {"pid": …, "exit_code": … or None while it runs}}``."""
        return self._ask(op="status")["processes"]  # type: ignore[no-any-return]

    def running(self, name: str) -> bool:
        process = self.processes().get(name)
        return process is not None and process["exit_code"] is None

    def ended(self, name: str) -> str | None:
        """That a process has ended, in words; None while it runs, or was not started."""
        exit_code = self.processes().get(name, {}).get("exit_code")
        return None if exit_code is None else f"it ended with exit code {exit_code}"

    def cpu_seconds(self) -> dict[str, float]:
        """CPU seconds used so far, user and system, by each process that still lives."""
        used: dict[str, float] = {}
        for name, process in list(self._started.items()):
            with contextlib.suppress(psutil.Error):
                times = process.cpu_times()
                used[name] = times.user + times.system
        return used

    def log_tail(self, name: str) -> str:
        """The last of what a process wrote; empty where it wrote nothing."""
        path = self._logs / f"{name}.log"
        try:
            with path.open("rb") as log:
                log.seek(0, os.SEEK_END)
                log.seek(max(0, log.tell() - LOG_TAIL_BYTES))
                return log.read().decode(errors="replace")
        except OSError:
            return ""

    def leave_running(self, seconds: float) -> int:
        """Let go: everything runs on for ``seconds``, or until the guardian, whose pid is given,
        gets SIGTERM."""
        self._ask(op="linger", seconds=seconds)
        self._started.clear()
        for pipe in (self._guardian.stdin, self._guardian.stdout):
            if pipe is not None:
                pipe.close()
        # It is not this process's child to wait for any more.
        self._guardian.returncode = 0
        return self._guardian.pid

    def close(self) -> None:
        with self._lock:
            if self._guardian.stdin is not None:
                with contextlib.suppress(OSError):
                    self._guardian.stdin.close()
            try:
                self._guardian.wait(10)
            except subprocess.TimeoutExpired:
                self._guardian.kill()
                self._guardian.wait()
            if self._guardian.stdout is not None:
                self._guardian.stdout.close()
        # Only a guardian that was killed leaves any; psutil checks that the pid is not reused.
        for process in self._started.values():
            with contextlib.suppress(psutil.Error):
                if process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
                    process.kill()
        if self._guardian.returncode < 0:
            psutil.wait_procs(self._started.values(), timeout=ORPHANS_END_SECONDS)
            shutil.rmtree(self._directory, ignore_errors=True)
        self._started.clear()

    def _ask(self, **request: Any) -> dict[str, Any]:
        with self._lock:
            try:
                assert self._guardian.stdin is not None
                assert self._guardian.stdout is not None
                self._guardian.stdin.write(json.dumps(request) + "\n")
                self._guardian.stdin.flush()
                line = self._guardian.stdout.readline()
            except (OSError, ValueError) as error:
                raise StackError(f"the stack's guardian is gone ({error})") from error
        if not line:
            raise StackError(
                f"the stack's guardian (pid {self._guardian.pid}) ended while asked to "
                f"{request['op']} {request.get('name', '')}; its processes are ended on close"
            )
        answer: dict[str, Any] = json.loads(line)
        if not answer["ok"]:
            raise StackError(f"cannot {request['op']} {request.get('name', '')}: {answer['error']}")
        return answer
