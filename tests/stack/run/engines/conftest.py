"""A cache and a PATH of a test's own, small fake programs, and runs in another process."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import platformdirs
import pytest

import stack
from stack.run.engines.cache import CACHE_VARIABLE

REPOSITORY = Path(stack.__file__).parents[1]

WriteFake = Callable[..., Path]


@pytest.fixture
def cache_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, which the code under test uses as the user's."""
    root = tmp_path / "cache"
    monkeypatch.setenv(CACHE_VARIABLE, str(root))
    return root


@pytest.fixture
def only_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory that is all of PATH, empty at first: what this machine has stays out of it."""
    directory = tmp_path / "path"
    directory.mkdir()
    monkeypatch.setenv("PATH", str(directory))
    return directory


@pytest.fixture
def write_fake() -> WriteFake:
    """Writes a fake: a shell script that prints a line, and nothing else of the program."""

    def write(file: Path, says: str, *, exit_code: int = 0) -> Path:
        file.parent.mkdir(parents=True, exist_ok=True)
        # It notes each start beside itself, so that a test can count them.
        file.write_text(
            f"#!/bin/sh\necho started >> '{file}.starts'\necho '{says}'\nexit {exit_code}\n"
        )
        file.chmod(0o755)
        return file

    return write


@pytest.fixture
def starts_of() -> Callable[[Path], int]:
    """How often a fake was started."""

    def count(file: Path) -> int:
        notes = Path(f"{file}.starts")
        return len(notes.read_text().splitlines()) if notes.exists() else 0

    return count


@pytest.fixture
def run_bare(tmp_path: Path) -> Callable[[str], str]:
    """Runs code in a Python without installed packages, pip too, and returns its errors."""

    def run(code: str) -> str:
        needed = tmp_path / "needed"
        shutil.copytree(Path(platformdirs.__file__).parent, needed / "platformdirs")
        return subprocess.run(
            [sys.executable, "-S", "-c", code],
            env={**os.environ, "PYTHONPATH": f"{REPOSITORY}:{needed}"},
            capture_output=True,
            text=True,
            check=False,
        ).stderr

    return run


RunPython = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def run_python() -> Iterator[RunPython]:
    """Starts this Python on code or a module of the repository; what still runs is killed."""
    started: list[subprocess.Popen[str]] = []

    def run(*arguments: str, cwd: Path, **environment: str) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=cwd,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY), **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        process.communicate(timeout=30)
