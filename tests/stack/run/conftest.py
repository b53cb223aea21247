"""A configuration that a test may spoil, the engines, and the processes of a running stack."""

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import psutil
import pytest

from stack.run.configuration import PRODUCTION
from stack.run.engines import Engine, require
from stack.run.local import ENGINES

Edit = Callable[[str, str, str], None]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A folder with prometheus/ and alertmanager/ as production has them."""
    source = tmp_path / "source"
    for folder in ("prometheus", "alertmanager"):
        shutil.copytree(PRODUCTION / folder, source / folder)
    return source


@pytest.fixture
def edit(source: Path) -> Edit:
    """Replace one text, which must stand exactly once in the file."""

    def replace(file: str, old: str, new: str) -> None:
        path = source / file
        text = path.read_text()
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file}"
        path.write_text(text.replace(old, new))

    return replace


@pytest.fixture(scope="module")
def engines() -> Mapping[str, Engine]:
    return require(ENGINES, print)


@pytest.fixture(scope="session")
def processes_of() -> Callable[[Path], dict[str, psutil.Process]]:
    """Finds the living processes of the stack in a directory, by their program or module."""

    def find(directory: Path) -> dict[str, psutil.Process]:
        found = {}
        for process in psutil.Process().children(recursive=True):
            try:
                command, cwd = process.cmdline(), Path(process.cwd())
            except psutil.Error:
                continue
            if command and cwd.is_relative_to(directory):
                is_module = command[1:2] == ["-m"]
                found[command[2] if is_module else Path(command[0]).name] = process
        return found

    return find
