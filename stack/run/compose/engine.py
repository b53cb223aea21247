"""Docker's engine and its compose command: asked and told, with errors that say what to do."""

import functools
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

import docker
from docker.errors import DockerException

from stack.run.stack import StackError

TOLD_LINES = 30
ASK_SECONDS = 60
# !override, with which a drill's stack replaces ports and volumes.
OLDEST_COMPOSE = (2, 24, 4)
# How an engine of this host is reached.
OF_THIS_HOST = ("unix://", "npipe://")


def client() -> docker.DockerClient:
    """The API of the engine that the commands go to. Raises StackError."""
    at = address()
    try:
        return docker.DockerClient(base_url=at, timeout=ASK_SECONDS)
    except DockerException as error:
        raise StackError(
            f"Docker's engine does not answer: {error}\nStart it, and let this user use it; "
            "or run the drills that need no containers with --stack local"
        ) from error


def address() -> str:
    """Where Docker's commands find the engine, by DOCKER_HOST or their context: the Python client
    knows of no contexts, and would act on another. Raises StackError where it is not this host's,
    as the ports on 127.0.0.1, the load, the mounts and what is disturbed must all be on one."""
    at = _address(os.environ.get("DOCKER_HOST"), os.environ.get("DOCKER_CONTEXT"))
    if not at.startswith(OF_THIS_HOST):
        raise StackError(
            f"Docker's engine is at {at}, which may be another machine; drills run, disturb and "
            "load containers of this one alone, by its engine's socket: unset DOCKER_HOST, or take "
            "another context (docker context ls)"
        )
    return at


@functools.cache
def _address(_host: str | None, _context: str | None) -> str:
    inspect = ("docker", "context", "inspect", "--format", "{{.Endpoints.docker.Host}}")
    return _run(inspect, ASK_SECONDS).strip()


def ask_engine() -> str:
    """Which versions there are. Raises StackError where drills cannot run on them."""
    docker_client = client()
    try:
        engine = str(docker_client.version()["Version"])
    except (DockerException, OSError) as error:
        raise StackError(f"Docker's engine does not answer: {error}") from error
    finally:
        docker_client.close()
    found = _run(("docker", "compose", "version", "--short"), ASK_SECONDS).strip()
    numbers = found.lstrip("v").split("-")[0].split("+")[0].split(".")
    try:
        version = tuple(int(number) for number in numbers)
    except ValueError:
        version = ()
    if version < OLDEST_COMPOSE:
        wanted = ".".join(map(str, OLDEST_COMPOSE))
        raise StackError(f"docker compose is {found}; drills need {wanted} or newer")
    return f"Docker {engine}, compose {found}"


def compose(
    files: Sequence[Path],
    project: str,
    arguments: Sequence[str],
    *,
    within_seconds: float = ASK_SECONDS,
) -> str:
    """Run a compose command on a project and give its standard output. Raises StackError."""
    named = [part for path in files for part in ("--file", str(path))]
    command = ("docker", "compose", "--progress", "quiet", *named, "--project-name", project)
    return _run((*command, *arguments), within_seconds)


def _run(command: Sequence[str], within_seconds: float) -> str:
    try:
        ended = subprocess.run(
            list(command),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=within_seconds,
            check=False,
            # A Ctrl-C in the terminal is the harness's to act on, which ends all in order.
            start_new_session=True,
        )
    except FileNotFoundError:
        raise StackError("no docker on PATH: install it, with its compose plugin") from None
    except subprocess.TimeoutExpired:
        raise StackError(
            f"not at its end after {within_seconds:g} s: {' '.join(command)}"
        ) from None
    if ended.returncode != 0:
        told = "\n".join((ended.stdout + ended.stderr).strip().splitlines()[-TOLD_LINES:])
        raise StackError(f"exit code {ended.returncode} of {' '.join(command)}\n{told}")
    return ended.stdout
