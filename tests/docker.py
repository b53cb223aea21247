"""Docker for tests: whether it is there, and with which images compose.yaml is run here."""

import functools
import subprocess
from pathlib import Path

import pytest

from stack.run.configuration import PRODUCTION

STANDINS = PRODUCTION / "compose.standins.yaml"
ASK_SECONDS = 30
DOCKER = "docker"


@functools.cache
def why_not() -> str | None:
    """Why containers cannot be run here, or None."""
    try:
        asked = subprocess.run(
            [DOCKER, "version", "--format", "{{.Server.Version}}"],
            capture_output=True,
            text=True,
            timeout=ASK_SECONDS,
            check=False,
        )
    except FileNotFoundError:
        return "there is no docker on PATH"
    except subprocess.TimeoutExpired:
        return "Docker's engine does not answer"
    return None if asked.returncode == 0 else f"Docker's engine: {asked.stderr.strip()}"


def need_docker() -> None:
    """Skip, by name, what cannot be run without it."""
    reason = why_not()
    if reason is not None:
        pytest.skip(reason)


@functools.cache
def overrides() -> tuple[Path, ...]:
    """The stand-ins, where they are what was built here, and else nothing: the official images."""
    built = subprocess.run(
        [DOCKER, "images", "--quiet", "flash-drills/prometheus"],
        capture_output=True,
        text=True,
        timeout=ASK_SECONDS,
        check=False,
    )
    return (STANDINS,) if built.stdout.strip() else ()
