"""A fault of what runs elsewhere, made by commands of its user's: inject, look, heal, look."""

import contextlib
import os
import shlex
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import IO, ClassVar

from stack.faults.disturbance import CONFIRM_WITHIN_SECONDS, Disturbance
from stack.faults.fault import FaultError, Readback
from stack.faults.hook_keepers import injected, keep, let_go
from stack.run.stack import Stack
from stack.run.way import Feature

COMMAND_WITHIN_SECONDS = 30.0
TOLD_CHARACTERS = 500
KILLED_WITHIN_SECONDS = 5.0


@dataclass(frozen=True)
class Hooked(Disturbance):
    """Commands, as argument lists without a shell, run on this host: ssh, kubectl, curl, a script.

    Exit code 0 says that the command did it, or saw it; any other that injecting or healing went
    wrong, or that the effect (or its end) is not there yet: looking is repeated for
    ``within_seconds``. What a command prints is told. One that is not over after
    ``command_seconds`` is ended with all that it started.

    Healing is also done before the first step and after an error, so it must do no harm where
    nothing is injected. Should the harness be killed, a process of its own (hook_keeper.py) heals
    instead, and once more after ``command_seconds`` where injecting was not over. Where host or
    container go with it nothing can: let what is injected end by itself too.

    The commands get DRILL_APP_URL, DRILL_PROMETHEUS_URL and DRILL_ALERTMANAGER_URL, and run in a
    folder of the drill, which is gone when a keeper heals: name programs and files by whole paths.
    They stand in reports as they are given: secrets belong in files.

    ``lag_seconds`` is how long after it was seen the symptom may take to stand in what is scraped,
    ``heal_lag_seconds`` the same after healing; ``disturbs_jobs`` are the scrape jobs whose scrapes
    fail by it; ``symptom_ratio`` is what a ratio rises to where the fault sets one.
    """

    name: str  # type: ignore[misc] # of other faults the name is that of the class
    inject_command: Sequence[str]
    read_back_command: Sequence[str]
    heal_command: Sequence[str]
    read_back_healed_command: Sequence[str]
    lag_seconds: float = 0.0
    heal_lag_seconds: float = 0.0
    disturbs_jobs: tuple[str, ...] = ()
    symptom_ratio: float | None = None
    within_seconds: float = CONFIRM_WITHIN_SECONDS
    command_seconds: float = COMMAND_WITHIN_SECONDS

    needs: ClassVar[frozenset[Feature]] = frozenset()

    def __post_init__(self) -> None:
        if not self.name or not isinstance(self.name, str):
            raise ValueError(f"Hooked: name is {self.name!r}; say what the fault is")
        for field in (
            "inject_command",
            "read_back_command",
            "heal_command",
            "read_back_healed_command",
        ):
            command = getattr(self, field)
            is_list = isinstance(command, Sequence) and not isinstance(command, str)
            if not is_list or not command or not all(isinstance(part, str) for part in command):
                raise ValueError(
                    f"Hooked: {field} is {command!r}; write a program and its arguments as a list "
                    'of texts, such as ["ssh", "HOST", "COMMAND"]'
                )
        for field in ("lag_seconds", "heal_lag_seconds", "within_seconds", "command_seconds"):
            seconds = getattr(self, field)
            if not isinstance(seconds, int | float) or not 0 <= seconds < float("inf"):
                raise ValueError(f"Hooked: {field} is {seconds!r}; write seconds, at least 0")

    @property
    def wanted(self) -> Mapping[str, float | str]:
        return {"command": shlex.join(self.inject_command)}

    @property
    def confirm_within_seconds(self) -> float:
        return self.within_seconds

    def inject(self, stack: Stack) -> None:
        try:
            keep(
                stack.directory,
                self.heal_command,
                addresses_of(stack),
                inject_within_seconds=self.command_seconds,
            )
        except OSError as error:
            raise FaultError(
                f"{self.name} was not injected, as nobody could be left to heal it: {error}"
            ) from error
        try:
            self._do(stack, self.inject_command, "injected")
        finally:
            injected(stack.directory, self.heal_command)

    def read_back(self, stack: Stack) -> Readback:
        return self._look(stack, self.read_back_command)

    def heal(self, stack: Stack) -> None:
        self._do(stack, self.heal_command, "healed")
        let_go(stack.directory, self.heal_command)

    def read_back_healed(self, stack: Stack) -> Readback:
        return self._look(stack, self.read_back_healed_command)

    def _do(self, stack: Stack, command: Sequence[str], done: str) -> None:
        exit_code, said = self._run(stack, command)
        if exit_code != 0:
            raise FaultError(
                f"{self.name} was not {done}: exit code {exit_code} of {shlex.join(command)}: "
                f"{said}"
            )

    def _look(self, stack: Stack, command: Sequence[str]) -> Readback:
        exit_code, said = self._run(stack, command)
        return Readback(exit_code == 0, f"{said} (exit code {exit_code})" if exit_code else said)

    def _run(self, stack: Stack, command: Sequence[str]) -> tuple[int, str]:
        """The exit code of a command and the end of its output. Raises FaultError."""
        # A file and no pipe: what a command leaves running may keep a pipe open for ever.
        with tempfile.TemporaryFile() as output:
            try:
                process = subprocess.Popen(
                    list(command),
                    cwd=stack.directory,
                    env={**os.environ, **addresses_of(stack)},
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    # A group of its own, to be ended whole; and no Ctrl-C in the middle of healing.
                    start_new_session=True,
                )
            except (OSError, ValueError) as error:
                raise FaultError(
                    f"{self.name}: {shlex.join(command)} cannot be started: {error}"
                ) from error
            try:
                exit_code = process.wait(self.command_seconds)
            except subprocess.TimeoutExpired:
                raise FaultError(
                    f"{self.name}: {shlex.join(command)} was not over after "
                    f"{self.command_seconds:g} s and was ended; it said: {_said(output)}"
                ) from None
            finally:
                _end(process)
            return exit_code, _said(output)


def addresses_of(stack: Stack) -> dict[str, str]:
    """What a hook is told of where things are."""
    return {
        "DRILL_APP_URL": stack.addresses.app,
        "DRILL_PROMETHEUS_URL": stack.addresses.prometheus,
        "DRILL_ALERTMANAGER_URL": stack.addresses.alertmanager,
    }


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a command that is not over, with its group, of which it is the leader until reaped."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(KILLED_WITHIN_SECONDS)


def _said(output: IO[bytes]) -> str:
    output.seek(0, os.SEEK_END)
    output.seek(max(0, output.tell() - TOLD_CHARACTERS))
    text = output.read().decode(errors="replace").strip()
    # What a terminal would obey, or no report could hold, is no news.
    shown = "".join(c if c.isprintable() or c in "\n\t" else "�" for c in text)
    return shown or "(it said nothing)"
