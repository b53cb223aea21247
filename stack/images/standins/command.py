"""The commands that build: run one by one, each with a limit and an error that tells all."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

LIMIT_SECONDS = 1800
TOLD_LINES = 30


class BuildError(Exception):
    """Something cannot be built; the text says at which step, why, and what to do."""


class BrokenBuildError(BuildError):
    """The machine has all that the build needs, so it is the build that is wrong."""


def build(doing: str, command: Sequence[str], *, needs: Sequence[str], **options: Any) -> str:
    """As ``run``. Where it fails ``needs`` is run, a command that only a machine that lacks what
    the build needs fails at too. Raises BrokenBuildError where it does not."""
    try:
        return run(doing, command, **options)
    except BuildError as error:
        run(f"{doing}: {error}\nlooking for what it needs", needs, **options)
        raise BrokenBuildError(str(error)) from error


def run(
    doing: str,
    command: Sequence[str],
    *,
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> str:
    """Run a command to its end and return its standard output. Raises BuildError."""
    try:
        ended = subprocess.run(
            list(command),
            cwd=cwd,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=LIMIT_SECONDS,
            check=False,
        )
    except FileNotFoundError:
        raise BuildError(f"{doing}: there is no {command[0]} on PATH: install it") from None
    except subprocess.TimeoutExpired:
        raise BuildError(
            f"{doing}: {command[0]} was not at its end after {LIMIT_SECONDS} s"
        ) from None
    if ended.returncode != 0:
        told = "\n".join((ended.stderr + ended.stdout).strip().splitlines()[-TOLD_LINES:])
        raise BuildError(f"{doing}: exit code {ended.returncode} of {' '.join(command)}\n{told}")
    return ended.stdout
