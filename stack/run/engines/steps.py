"""The commands that install an engine: run one by one, with progress, a limit, and a full error."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from stack.run.engines import leash
from stack.run.engines.catalogue import Source
from stack.run.engines.engine import EngineError
from stack.run.engines.failure import step_failed
from stack.run.engines.lock import HeldLock

STEP_LIMIT_SECONDS = 1800
SAY_EVERY_SECONDS = 10
END_WITHIN_SECONDS = 10


class Steps:
    """Runs the commands for one source; ``subject`` stands before everything it says."""

    def __init__(
        self,
        source: Source,
        subject: str,
        directory: Path,
        lock: HeldLock,
        progress: Callable[[str], None],
    ) -> None:
        self.source = source
        self.directory = directory
        self._subject = subject
        self._lock = lock
        self._progress = progress

    def say(self, what: str) -> None:
        self._progress(f"{self._subject}: {what}")

    def run(
        self,
        doing: str,
        command: Sequence[str],
        *,
        cwd: Path,
        environment: Mapping[str, str],
    ) -> str:
        """Run a command to its end and return its standard output. Raises EngineError."""
        began = time.monotonic()
        self.say(doing)
        self._lock.tell(f"{self._subject}: {doing}")
        process, leash_end = self._start(command, cwd, environment)
        try:
            ended = self._wait(doing, process, began)
        finally:
            os.close(leash_end)
            out, err = _rest_of(process)
        if not ended or process.returncode != 0:
            how = f"exit code {process.returncode} after {time.monotonic() - began:.0f} s"
            if not ended:
                how = f"not at its end after {STEP_LIMIT_SECONDS} s, so it was ended"
            raise self.failed(doing, how, (err + out).decode(errors="replace"))
        return out.decode(errors="replace")

    def failed(self, doing: str, how: str, output: str) -> EngineError:
        return step_failed(self.source, self._subject, doing, how, output)

    def _start(
        self, command: Sequence[str], cwd: Path, environment: Mapping[str, str]
    ) -> "tuple[subprocess.Popen[bytes], int]":
        """Start the command on a leash; it is ended when the returned descriptor is closed."""
        leash_start, leash_end = os.pipe()
        try:
            # Output comes through pipes: a file on a disk that is full could not tell of it. The
            # leash keeps the lock too: nobody builds here until the command has ended.
            process = subprocess.Popen(
                [sys.executable, "-I", "-S", leash.__file__, *command],
                cwd=cwd,
                env=environment,
                stdin=leash_start,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
                pass_fds=(self._lock.descriptor,),
            )
        except BaseException:
            os.close(leash_end)
            raise
        finally:
            os.close(leash_start)
        return process, leash_end

    def _wait(self, doing: str, process: "subprocess.Popen[bytes]", began: float) -> bool:
        while (seconds := time.monotonic() - began) < STEP_LIMIT_SECONDS:
            try:
                process.communicate(timeout=min(SAY_EVERY_SECONDS, STEP_LIMIT_SECONDS - seconds))
            except subprocess.TimeoutExpired:
                self.say(f"{doing}, {time.monotonic() - began:.0f} s so far")
                continue
            return True
        return False


def _rest_of(process: "subprocess.Popen[bytes]") -> tuple[bytes, bytes]:
    """All output of a command that has ended or is being ended by its leash."""
    try:
        return process.communicate(timeout=END_WITHIN_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.communicate(timeout=END_WITHIN_SECONDS)


def plain_environment(dropped: Sequence[str], settings: Mapping[str, str]) -> dict[str, str]:
    """The user's environment without the variables that would change what is built."""
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    return {**kept, **settings}
