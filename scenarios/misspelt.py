"""Names the nearest drills where pytest was given a path that does not exist."""

import difflib
from collections.abc import Iterator
from pathlib import Path

import pytest

from scenarios.collect import LAYERS, ROOT, is_drill_file


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Iterator[None]:
    try:
        return (yield)
    except pytest.UsageError as error:
        folder = session.config.invocation_params.dir
        raise pytest.UsageError(*error.args, *nearest(session.config.args, folder)) from None


def nearest(arguments: list[str], folder: Path) -> Iterator[str]:
    """For each path that does not exist, what it may have been meant to be."""
    paths = [folder / argument.partition("::")[0] for argument in arguments]
    known = {path.stem: path for layer in LAYERS for path in (ROOT / layer).glob("*.py")}
    known = {name: path for name, path in known.items() if is_drill_file(path)}
    known |= {layer: ROOT / layer for layer in LAYERS if (ROOT / layer).is_dir()}
    for path in paths:
        meant = [] if path.exists() else difflib.get_close_matches(path.stem, known)
        if meant:
            yield f"did you mean {' or '.join(_shown(known[name], folder) for name in meant)}?"


def _shown(path: Path, folder: Path) -> str:
    """As one would type it in that folder."""
    return str(path.relative_to(folder) if path.is_relative_to(folder) else path)
