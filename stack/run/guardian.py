"""The guardian of one stack: parent of its processes, which ends them when the harness is gone.

Nothing in Python survives SIGKILL of the harness, so the harness starts nothing itself: it asks
this process, over a pipe, to start, stop and signal. End of file on that pipe means that the
harness has ended, however it did; then every process is killed by its handle and the stack's
directory is removed. (A stack that is to be kept lingers first, for a time given beforehand, or
until SIGTERM.) Run as ``python -m stack.run.guardian --directory DIR``: one JSON
request a line on standard input, one JSON answer a line on standard output.
"""

import argparse
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil

# A kernel with autogroups counts niceness within one session only, and each process here leads its
# own: the session must be nice too. It takes one such change in 100 ms from those without rights.
GIVE_WAY = """
attempts=0
while [ -w /proc/self/autogroup ] && [ $attempts -lt 20 ]; do
  { echo "$0" > /proc/self/autogroup; } 2> /dev/null && break
  attempts=$((attempts + 1))
  sleep 0.1
done
exec "$@"
"""


class Guardian:
    """Holds the handle of each process it was asked to start, under the name it was given.

    Each process leads a group of its own, so that what it starts ends with it. (A process library
    was tried: mirakuru ends what it finds by an environment variable, and at its exit it took the
    processes of other stacks for its own.)
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._logs = directory / "logs"
        self._logs.mkdir(parents=True, exist_ok=True)
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self.linger_seconds = 0.0

    def start(
        self, name: str, command: list[str], environment: dict[str, str], nice: int
    ) -> dict[str, Any]:
        if name in self._processes and is_running(self._processes[name]):
            raise ValueError(f"a process named {name!r} already runs in this stack")
        # Both exec the command, so the handle stays that of the process that was asked for.
        prefix = ["nice", "-n", str(nice), "sh", "-c", GIVE_WAY, str(nice)] if nice else []
        with (self._logs / f"{name}.log").open("ab") as log:
            self._processes[name] = subprocess.Popen(
                [*prefix, *command],
                cwd=self._directory,
                env={**os.environ, **environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        return {"pid": self._processes[name].pid}

    def stop(self, name: str) -> dict[str, Any]:
        """Kill what still runs of it; its exit code is None where it was never started."""
        process = self._processes.pop(name, None)
        if process is None:
            return {"exit_code": None}
        if is_running(process):
            end(process, descendants(process.pid))
        return {"exit_code": process.returncode}

    def send(self, name: str, signal_number: int) -> dict[str, Any]:
        process = self._processes.get(name)
        if process is None or not is_running(process):
            raise ValueError(f"no process named {name!r} runs in this stack")
        os.killpg(process.pid, signal_number)
        return {}

    def status(self) -> dict[str, Any]:
        return {
            "processes": {
                name: {
                    "pid": process.pid,
                    "exit_code": None if is_running(process) else process.returncode,
                }
                for name, process in self._processes.items()
            }
        }

    def end_all(self) -> None:
        """Kill every process at once, so that the end takes no time."""
        for process in self._processes.values():
            if is_running(process):
                end(process, descendants(process.pid))
        self._processes.clear()

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        match request["op"]:
            case "start":
                return self.start(
                    request["name"],
                    request["command"],
                    request["environment"],
                    request["nice"],
                )
            case "stop":
                return self.stop(request["name"])
            case "send":
                return self.send(request["name"], request["signal"])
            case "status":
                return self.status()
            case "linger":
                self.linger_seconds = float(request["seconds"])
                return {}
            case other:
                raise ValueError(f"unknown request {other!r}")


def is_running(process: subprocess.Popen[bytes]) -> bool:
    """Whether a process lives; one that has ended is reaped, and its group ended with it.

    Until it is reaped a process keeps its pid, so that the group of that number is its own. Reaped
    by poll(), it would not, and a later signal could hit a stranger.
    """
    if process.returncode is not None:
        return False
    try:
        ended = psutil.Process(process.pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        ended = True
    if ended:
        end(process, [])
    return not ended


def descendants(pid: int) -> list[psutil.Process]:
    """What a process has started, and they in turn; empty where it is gone."""
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def end(process: subprocess.Popen[bytes], family: list[psutil.Process]) -> None:
    """Kill the group of a process not yet reaped, and by handle those that left it; reap it."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    for member in family:
        with contextlib.suppress(psutil.NoSuchProcess):
            member.kill()
    process.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--directory", type=Path, required=True)
    options = parser.parse_args()
    # A Ctrl-C in the terminal goes to the harness, which ends us by closing the pipe.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    guardian = Guardian(options.directory)
    try:
        for line in sys.stdin:
            request = json.loads(line)
            try:
                answer = {"ok": True, **guardian.answer(request)}
            except (OSError, ValueError, KeyError) as error:
                answer = {"ok": False, "error": f"{type(error).__name__}: {error}"}
            try:
                print(json.dumps(answer), flush=True)
            except BrokenPipeError:
                break
        # Only a user who asked to keep a stack gets it kept, and not for ever.
        time.sleep(guardian.linger_seconds)
    finally:
        guardian.end_all()
        remove_directory(options.directory)
        # Nobody may be there any more to read what is still buffered.
        with contextlib.suppress(OSError):
            sys.stdout.close()


def remove_directory(directory: Path, within_seconds: float = 5.0) -> None:
    """Remove a directory in which a process that was just killed may still finish a write."""
    deadline = time.monotonic() + within_seconds
    while directory.exists() and time.monotonic() < deadline:
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
