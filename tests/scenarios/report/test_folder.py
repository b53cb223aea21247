"""The report folder: one for each run, ``latest`` always whole, whoever else makes one."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from scenarios.judge.timeline import Timeline
from scenarios.report.folder import ReportFolder
from scenarios.report.saved import read_timeline
from stack.run.supervisor import REPOSITORY

MAKERS = 4
MAKER = """
import sys
from pathlib import Path
from scenarios.report.folder import ReportFolder
parent = Path(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
folder = ReportFolder(parent)
folder.make()
for _ in range(200):
    folder.make_latest()
    assert (parent / "latest").resolve().is_dir(), "latest points nowhere"
print(folder.path, flush=True)
"""


def test_runs_at_once_each_have_a_folder_and_latest_is_never_broken(tmp_path: Path) -> None:
    parent = tmp_path / "reports"
    makers = [
        subprocess.Popen(
            [sys.executable, "-c", MAKER, str(parent)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=REPOSITORY,
        )
        for _ in range(MAKERS)
    ]
    for maker in makers:
        assert maker.stdout is not None
        assert maker.stdout.readline() == "ready\n"
    folders = [Path(maker.communicate("go\n", timeout=60)[0].strip()) for maker in makers]
    assert [maker.returncode for maker in makers] == [0] * MAKERS
    assert len(set(folders)) == MAKERS
    assert all(folder.is_dir() for folder in folders)
    assert (parent / "latest").resolve() in folders
    assert {path.name for path in parent.iterdir()} == {
        "latest",
        *(folder.name for folder in folders),
    }


def test_the_link_is_relative_so_that_the_reports_can_be_moved(tmp_path: Path) -> None:
    folder = ReportFolder(tmp_path / "reports")
    folder.make()
    folder.make_latest()
    (tmp_path / "reports").rename(tmp_path / "artifacts")
    assert (tmp_path / "artifacts" / "latest").resolve().name == folder.path.name


def test_naming_a_folder_makes_nothing_until_something_is_saved(
    tmp_path: Path, quiet_timeline: Timeline
) -> None:
    """``--help`` and a refused run leave no report, and do not hide the one before."""
    folder = ReportFolder(tmp_path / "reports")
    assert list(tmp_path.iterdir()) == []
    path = folder.save_timeline(quiet_timeline)
    assert read_timeline(path) == quiet_timeline
    assert path.parent.parent == folder.path


def test_a_place_that_takes_no_folder_is_an_os_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(NotADirectoryError):
        ReportFolder(tmp_path / "file").make()


def test_load_and_logs_of_two_drills_do_not_mix(tmp_path: Path) -> None:
    folder = ReportFolder(tmp_path / "reports")
    for drill, name in (("business/api_down", "a"), ("application/api_down", "b")):
        stack = tmp_path / name
        for part in ("logs", "load", "prometheus", "alertmanager"):
            (stack / part).mkdir(parents=True)
            (stack / part / "file").write_text(name)
        folder.save_load(drill, stack / "load")
        folder.save_logs(drill, stack)
    saved = {
        str(path.relative_to(folder.path)): path.read_text()
        for path in folder.path.rglob("*")
        if path.is_file()
    }
    assert saved == {
        f"{part}{os.sep}{layer}-api_down{os.sep}{rest}": name
        for layer, name in (("business", "a"), ("application", "b"))
        for part, rest in (
            ("load", "file"),
            ("logs", "file"),
            ("logs", f"prometheus{os.sep}file"),
            ("logs", f"alertmanager{os.sep}file"),
        )
    }
