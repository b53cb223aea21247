"""Drills are not handed to workers that would each run all of them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from scenarios.collect import ROOT

# pytest-xdist is no dependency; this is the option that it has, and its -n sets.
XDIST = """
def pytest_addoption(parser):
    parser.addoption("--dist", default="no")
"""


@pytest.mark.parametrize(
    ("dist", "code"),
    [("load", pytest.ExitCode.USAGE_ERROR), ("no", pytest.ExitCode.NO_TESTS_COLLECTED)],
)
def test_drills_that_are_to_be_distributed_are_refused(
    tmp_path: Path, dist: str, code: pytest.ExitCode
) -> None:
    (tmp_path / "like_xdist.py").write_text(XDIST)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-p", "like_xdist", "-p", "no:cacheprovider"),
            *(str(ROOT), "--dist", dist, "-k", "nothing_of_that_name"),
        ],
        cwd=tmp_path,
        env={
            **os.environ,
            "PYTHONPATH": str(tmp_path),
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    assert ("drills run side by side by themselves" in done.stderr) is (dist == "load")
    assert not (tmp_path / "reports").exists()
