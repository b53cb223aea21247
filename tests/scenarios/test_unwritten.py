"""A report that cannot be written never ends in a green run, nor in a traceback."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from scenarios.collect import ROOT, load_drill
from scenarios.judge.timeline import Timeline
from scenarios.report.folder import ROOM_BYTES, ReportFolder
from scenarios.report.result import Results
from scenarios.runner import Ran
from tests.scenarios.copied_checkout import copied_checkout

REDIS_DOWN = ROOT / "application" / "redis_down.py"
DONE_WITHIN_SECONDS = 120
# Its second look, when the run has begun, puts a file where the report is to be.
SPOILS_THE_REPORT = '''"""Nothing is proven where nothing can be run."""

import shutil
from dataclasses import dataclass, field
from pathlib import Path
from scenarios.drill import Drill, fault, silent
from stack.faults.redis_down import RedisDown

@dataclass(frozen=True)
class Spoils(RedisDown):
    looks: list[int] = field(default_factory=list)

    @property
    def wanted(self):
        return {}

    def unavailable(self):
        self.looks.append(1)
        if len(self.looks) == 2:
            report = (Path("reports") / "latest").resolve()
            shutil.rmtree(report)
            report.write_text("in the way")
        return "it only spoils the report"

DRILL = Drill(steps=[fault(Spoils())], expects=[silent()])
'''


def pytest_of_drills(
    folder: Path, *arguments: str, largest_file_bytes: int | None = None
) -> "subprocess.CompletedProcess[str]":
    limit = "" if largest_file_bytes is None else f"ulimit -f {largest_file_bytes // 512} && "
    return subprocess.run(
        [
            *("sh", "-c", f'{limit}exec "$@"', "sh"),
            *(sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments),
        ],
        cwd=folder,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        timeout=DONE_WITHIN_SECONDS,
        check=False,
    )


def test_a_disk_without_room_for_a_report_is_told_before_anything_runs(tmp_path: Path) -> None:
    done = pytest_of_drills(tmp_path, str(REDIS_DOWN), largest_file_bytes=ROOM_BYTES // 4)
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "cannot make a report folder in reports: " in done.stderr
    assert "choose another with --report" in done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--speed", "x"), pytest.ExitCode.USAGE_ERROR),
        (("-k", "nothing_of_that_name"), pytest.ExitCode.NO_TESTS_COLLECTED),
        (("--shard", "2/2"), pytest.ExitCode.NO_TESTS_COLLECTED),
    ],
)
def test_a_run_that_runs_nothing_leaves_no_folder_that_could_be_taken_for_a_report(
    tmp_path: Path, arguments: tuple[str, ...], code: pytest.ExitCode
) -> None:
    """Whoever gives ``reports/2*`` to another command gives it, too."""
    done = pytest_of_drills(tmp_path, str(REDIS_DOWN), *arguments)
    assert done.returncode == code, done.stdout + done.stderr
    assert list(tmp_path.iterdir()) == []
    assert "generated xml file" not in done.stdout
    assert "INTERNALERROR" not in done.stdout + done.stderr


def test_a_junit_file_that_was_asked_for_is_written_though_nothing_runs(tmp_path: Path) -> None:
    done = pytest_of_drills(tmp_path, str(REDIS_DOWN), "--speed", "x", "--junit-xml", "asked.xml")
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert [path.name for path in tmp_path.iterdir()] == ["asked.xml"]


def test_junit_that_cannot_be_written_is_told_after_the_summary(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    done = pytest_of_drills(
        tmp_path, str(REDIS_DOWN), "--speed", "x", "--junit-xml", "file/junit.xml"
    )
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "FAILED the report is not whole: " in done.stdout
    assert "a speed of 'x' is not a number" in done.stderr
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.engines
def test_a_run_whose_report_is_gone_at_its_end_is_not_green(tmp_path: Path) -> None:
    drill = copied_checkout(tmp_path / "copy") / "delivery" / "spoils.py"
    drill.write_text(SPOILS_THE_REPORT)
    done = pytest_of_drills(tmp_path, str(drill))
    assert done.returncode == pytest.ExitCode.TESTS_FAILED, done.stdout + done.stderr
    assert "FAILED the report is not whole: " in done.stdout
    assert "skipped: delivery/spoils: redis_down: it only spoils the report" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_a_drill_of_which_nothing_can_be_saved_is_an_error_that_tells_what_the_judge_said(
    tmp_path: Path, quiet_timeline: Timeline
) -> None:
    """A pass without its timeline proves nothing to whoever asks later."""
    (tmp_path / "file").write_text("not a folder")
    results = Results(ReportFolder(tmp_path / "file"), 60.0, keep_failed_stacks=False)
    results.finish(load_drill(REDIS_DOWN), Ran(timeline=quiet_timeline))
    (result,) = results.all()
    assert result.verdict == "error"
    assert result.text.startswith("what this drill leaves cannot be saved: ")
    assert "Not a directory" in result.text
    assert "\nPASS delivery/quiet" in result.text
    assert {proof.verdict for proof in results.proofs()} == {"error"}


def test_a_link_that_a_killed_run_left_is_no_hindrance(tmp_path: Path) -> None:
    """Process numbers come again, in containers most of all."""
    folder = ReportFolder(tmp_path)
    folder.make()
    (tmp_path / f".latest-{os.getpid()}").symlink_to("gone")
    folder.make_latest()
    assert (tmp_path / "latest").resolve() == folder.path.resolve()
