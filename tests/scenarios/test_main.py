"""``python -m scenarios judge``: a saved timeline is judged again from its file alone."""

import dataclasses
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from scenarios.__main__ import main
from scenarios.judge.explanation import failure_text
from scenarios.judge.timeline import Arrival, NotifiedAlert, Timeline
from scenarios.judge.verdict import judge
from scenarios.report.saved import write_timeline
from stack.run.supervisor import REPOSITORY


@pytest.fixture
def passing(quiet_timeline: Timeline, tmp_path: Path) -> Path:
    path = tmp_path / "pass.json"
    write_timeline(quiet_timeline, path)
    return path


@pytest.fixture
def failing(quiet_timeline: Timeline, tmp_path: Path) -> Path:
    """The alert of the near miss arrives."""
    at = quiet_timeline.clock.started + 15
    arrival = Arrival(
        sequence=2,
        at=at,
        receiver="everybody",
        group_key="g",
        group_labels={"alertname": "RedisDown"},
        status="firing",
        alerts=(NotifiedAlert({"alertname": "RedisDown"}, {}, "firing", at - 1, None, "f"),),
        identity="b",
    )
    path = tmp_path / "fail.json"
    write_timeline(
        dataclasses.replace(quiet_timeline, arrivals=(*quiet_timeline.arrivals, arrival)), path
    )
    return path


@pytest.fixture
def doubtful(quiet_timeline: Timeline, tmp_path: Path) -> Path:
    """A source could not be read."""
    path = tmp_path / "unknown.json"
    write_timeline(dataclasses.replace(quiet_timeline, problems=("the sink was gone",)), path)
    return path


def test_a_pass_is_told_in_full_and_exits_with_0(
    passing: Path, quiet_timeline: Timeline, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["judge", str(passing)]) == 0
    out, err = capsys.readouterr()
    assert out == failure_text(quiet_timeline, judge(quiet_timeline)) + "\n"
    assert out.startswith("PASS delivery/quiet")
    assert err == ""


def test_a_fail_and_an_unknown_exit_with_1_and_say_why(
    failing: Path, doubtful: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["judge", str(failing)]) == 1
    out = capsys.readouterr().out
    assert out.startswith("FAIL delivery/quiet")
    assert "RedisDown must stay silent, and arrived at everybody" in out
    assert main(["judge", str(doubtful)]) == 1
    out = capsys.readouterr().out
    assert out.startswith("UNKNOWN delivery/quiet")
    assert "the sink was gone" in out


def test_of_several_files_all_are_judged_and_the_worst_decides(
    passing: Path, failing: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    garbage = tmp_path / "garbage.json"
    garbage.write_text("{")
    assert main(["judge", str(garbage), str(failing), str(passing)]) == 2
    out, err = capsys.readouterr()
    assert "FAIL delivery/quiet" in out
    assert "PASS delivery/quiet" in out
    assert f"judge: error: {garbage} is not JSON" in err
    assert main(["judge", str(passing), str(failing)]) == 1


def test_a_timeline_that_nobody_can_judge_is_unreadable(
    quiet_timeline: Timeline, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Well-formed, but of a drill with no expectation: no verdict, and no traceback."""
    path = tmp_path / "empty.json"
    declaration = dataclasses.replace(quiet_timeline.declaration, expects=())
    write_timeline(dataclasses.replace(quiet_timeline, declaration=declaration), path)
    assert main(["judge", str(path)]) == 2
    assert f"judge: error: {path}: " in capsys.readouterr().err


def command(
    *arguments: str | Path, environment: Mapping[str, str], cwd: Path
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "scenarios", *map(str, arguments)],
        capture_output=True,
        encoding="utf-8",
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), **environment},
        timeout=60,
        check=False,
    )


def test_the_command_works_from_anywhere_and_into_a_terminal_of_ascii(
    failing: Path, tmp_path: Path
) -> None:
    done = command(
        "judge", failing.name, environment={"PYTHONIOENCODING": "ascii"}, cwd=failing.parent
    )
    assert (done.returncode, done.stderr) == (1, "")
    assert "RedisDown stays silent" in done.stdout
    wrong = command("judge", environment={}, cwd=tmp_path)
    assert wrong.returncode == 2
    assert "FILE" in wrong.stderr
    assert "Traceback" not in wrong.stderr


def test_a_reader_that_goes_away_gets_no_traceback(failing: Path) -> None:
    """As in ``python -m scenarios judge FILE | head``."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "scenarios", "judge", str(failing)],
            stdout=writing,
            stderr=subprocess.PIPE,
            text=True,
            cwd=REPOSITORY,
            timeout=60,
            check=False,
        )
    finally:
        os.close(writing)
    assert done.stderr == ""
