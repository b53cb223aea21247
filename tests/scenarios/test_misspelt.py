"""A drill that is misspelt on the command line is said not to be there, and the nearest are named.

pytest learns an option from the conftest.py beside what it is given: of a path that does not exist
it would complain of the option first.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from scenarios.collect import ROOT
from scenarios.misspelt import nearest

REPOSITORY = ROOT.parent


def said(*arguments: str, folder: Path) -> str:
    """What pytest answers to it in this folder, where it must refuse it."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == pytest.ExitCode.USAGE_ERROR, done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    return done.stderr


def test_with_an_option_of_the_drills_it_is_the_path_that_is_refused() -> None:
    path = "scenarios/application/redis_dwon.py"
    error = said(path, "--speed", "60", folder=REPOSITORY)
    assert f"file or directory not found: {path}" in error
    assert "did you mean scenarios/application/redis_down.py" in error
    assert "unrecognized arguments" not in error


def test_it_is_so_in_a_folder_of_the_repository_too() -> None:
    error = said("aplication/redis_down.py", "--explain", folder=ROOT)
    assert "file or directory not found: aplication/redis_down.py" in error
    assert "did you mean application/redis_down.py" in error


def test_an_option_that_nobody_knows_is_refused_as_ever() -> None:
    assert "unrecognized arguments: --sped" in said("scenarios/flow", "--sped", folder=REPOSITORY)


@pytest.mark.parametrize(
    ("argument", "meant"),
    [
        ("scenarios/business/watchdog.py", ["did you mean scenarios/delivery/watchdog.py?"]),
        ("scenarios/delivery/watchdgo.py::drill", ["did you mean scenarios/delivery/watchdog.py?"]),
        ("scenarios/busines", ["did you mean scenarios/business?"]),
        ("scenarios/delivery/watchdog.py::dril", []),
        ("scenarios/flow", []),
        ("scenarios/nothing_of_that_name.py", []),
    ],
)
def test_the_nearest_drill_or_layer_is_meant(argument: str, meant: list[str]) -> None:
    assert list(nearest([argument], REPOSITORY)) == meant


def test_elsewhere_the_whole_path_is_named(tmp_path: Path) -> None:
    (hint,) = nearest(["watchdgo.py"], tmp_path)
    assert hint == f"did you mean {ROOT / 'delivery' / 'watchdog.py'}?"
