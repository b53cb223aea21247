"""Finds drills: each file in a layer's folder holds one, called DRILL."""

import ast
import dataclasses
import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from scenarios.drill import Drill, DrillError, name_of
from scenarios.misdeclared import problems
from scenarios.session import SESSION, VerdictError

if TYPE_CHECKING:
    from _pytest._code.code import TerminalRepr, TracebackStyle

ROOT = Path(__file__).resolve().parent
LAYERS = ("system", "container", "application", "business", "delivery", "flow")


# The folder whose drills are run instead of those here, where --stack external names one.
FOLDER_ELSEWHERE = pytest.StashKey[Path]()


def root_of_drill(config: pytest.Config, path: Path) -> Path | None:
    """The folder that a drill's file is named from; None where the file holds no drill to run."""
    elsewhere = config.stash.get(FOLDER_ELSEWHERE, None)
    if elsewhere is None:
        return ROOT if is_drill_file(path) else None
    is_drill = (
        path.suffix == ".py"
        and path.resolve().is_relative_to(elsewhere)
        and path.name != "conftest.py"
        and not path.name.startswith("_")
    )
    return elsewhere if is_drill else None


def is_drill_file(path: Path) -> bool:
    """Whether a file is where drills are: ``scenarios/LAYER/NAME.py``."""
    return (
        path.suffix == ".py"
        # A checkout may be reached through a symbolic link; ROOT is resolved.
        and path.parent.parent.resolve() == ROOT
        and path.parent.name in LAYERS
        and not path.name.startswith("_")
    )


def all_drills() -> list[Drill]:
    """Every drill there is, by layer and name. Raises DrillError."""
    return [
        load_drill(path)
        for layer in LAYERS
        for path in sorted((ROOT / layer).glob("*.py"))
        if is_drill_file(path)
    ]


def load_drill(path: Path, root: Path = ROOT) -> Drill:
    """The drill in a file, named after it and described by its docstring. Raises DrillError."""
    path = path.parent.resolve() / path.name
    name = name_of(path, root)
    spec = importlib.util.spec_from_file_location(f"scenarios.{name.replace('/', '.')}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        # Not only Exception: a sys.exit(0) in a drill would end `python -m scenarios check` green.
        line = _line_in(path, error)
        raise DrillError(f"{path}{line}: {type(error).__name__}: {error}") from error
    drill = getattr(module, "DRILL", None)
    if not isinstance(drill, Drill):
        raise DrillError(f"{path}: a drill file defines DRILL = Drill(...); this one does not")
    for problem in problems(drill):
        raise DrillError(f"{path}: {problem}")
    # From the text, as the module has none where Python leaves docstrings out (-OO).
    proves = (ast.get_docstring(ast.parse(path.read_bytes())) or "").strip()
    if not proves:
        raise DrillError(f"{path}: say in the file's first line, as a docstring, what it proves")
    return dataclasses.replace(drill, name=name, path=str(path), proves=proves.splitlines()[0])


def _line_in(path: Path, error: BaseException) -> str:
    """``:LINE`` of the drill's file in which the error arose."""
    if isinstance(error, SyntaxError):
        return f":{error.lineno}"
    line, trace = "", error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == str(path):
            line = f":{trace.tb_lineno}"
        trace = trace.tb_next
    return line


class DrillFile(pytest.File):
    """A file that holds one drill."""

    def collect(self) -> Iterator["DrillItem"]:
        root = root_of_drill(self.config, self.path)
        assert root is not None, "only files that hold drills are collected as such"
        try:
            drill = load_drill(self.path, root)
        except DrillError as error:
            raise self.CollectError(str(error)) from error
        yield DrillItem.from_parent(self, name="drill", drill=drill)


class DrillItem(pytest.Item):
    """A drill as a test: it passes when the judge says so."""

    def __init__(self, *, drill: Drill, **kwargs: object) -> None:
        super().__init__(**kwargs)  # type: ignore[arg-type]
        self.drill = drill

    def runtest(self) -> None:
        self.config.stash[SESSION].await_verdict(self.drill)

    def repr_failure(
        self,
        excinfo: pytest.ExceptionInfo[BaseException],
        style: "TracebackStyle | None" = None,
    ) -> "str | TerminalRepr":
        """The judge's text alone: a traceback through the harness says nothing of the alert."""
        if isinstance(excinfo.value, VerdictError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        return self.path, None, self.drill.name
