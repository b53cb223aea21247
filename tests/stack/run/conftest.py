"""A copy of production's configuration that a test may spoil."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from stack.run.configuration import PRODUCTION

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
