"""results.json holds what the judge said of each drill, as JSON that any reader takes."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from scenarios.collect import ROOT, load_drill
from scenarios.drill import Drill
from scenarios.judge.timeline import Host, Timeline
from scenarios.report.folder import ReportFolder
from scenarios.report.result import Results
from scenarios.runner import Ran


@pytest.fixture
def results(tmp_path: Path) -> Results:
    return Results(ReportFolder(tmp_path / "reports"), 60.0, keep_failed_stacks=False)


@pytest.fixture(scope="module")
def drill() -> Drill:
    return load_drill(ROOT / "delivery" / "quiet_baseline.py")


def refuse_constant(name: str) -> Any:
    raise AssertionError(f"{name} is not JSON, though Python reads it")


def written(results: Results) -> Any:
    results.write(wall_seconds=12.5)
    return json.loads(results.folder.results.read_text(), parse_constant=refuse_constant)


def test_a_pass_is_written_with_its_rows_and_figures(
    results: Results, drill: Drill, quiet_timeline: Timeline
) -> None:
    ran = Ran(timeline=quiet_timeline, wall_seconds=30.0, cpu_seconds={"app": 1.5})
    results.finish(drill, ran)
    assert results.judged(drill, ran).verdict == "pass"
    document = written(results)
    assert (document["format"], document["speed"], document["wall_seconds"]) == (1, 60.0, 12.5)
    (entry,) = document["drills"]
    assert entry["drill"] == "delivery/quiet_baseline"
    assert (entry["verdict"], entry["wall_seconds"], entry["cpu_seconds"]) == (
        "pass",
        30.0,
        {"app": 1.5},
    )
    assert [row["kind"] for row in entry["judgement"]["rows"]] == ["silent", "near miss"]


def test_an_unknown_is_json_though_its_reasons_have_no_bounds_in_time(
    results: Results, drill: Drill, quiet_timeline: Timeline
) -> None:
    """A reason may hold from ever to ever; infinity is not JSON."""
    problems = ("the sink cannot be read back",)
    results.finish(drill, Ran(timeline=dataclasses.replace(quiet_timeline, problems=problems)))
    (entry,) = written(results)["drills"]
    assert entry["verdict"] == "unknown"
    (reason,) = entry["judgement"]["reasons"]
    assert reason["text"] == "the sink cannot be read back"
    assert reason["ended"] is None
    assert reason["explains"] == sorted(reason["explains"])


def test_a_drill_without_a_timeline_is_an_error_that_says_why(
    results: Results, drill: Drill
) -> None:
    ran = Ran(error="redis ended by itself with exit code -9")
    results.finish(drill, ran)
    assert results.judged(drill, ran).verdict == "error"
    (entry,) = written(results)["drills"]
    assert (entry["verdict"], entry["text"]) == ("error", ran.error)
    assert entry["judgement"] is None


def test_an_error_after_a_pass_is_not_a_pass(
    results: Results, drill: Drill, quiet_timeline: Timeline
) -> None:
    """What a stack does while it is ended must not be hidden by the verdict before."""
    results.finish(drill, Ran(timeline=quiet_timeline))
    assert results.judged(drill, Ran(error="the harness failed")).verdict == "error"
    assert written(results)["drills"][0]["verdict"] == "error"


def test_books_that_disagree_fail_a_drill_whose_alerts_are_right(
    results: Results, drill: Drill, quiet_timeline: Timeline
) -> None:
    ran = Ran(timeline=quiet_timeline, disagreements="order 7 was charged twice")
    results.finish(drill, ran)
    result = results.judged(drill, ran)
    assert result.verdict == "fail"
    assert "order 7 was charged twice" in result.text


def test_the_timeline_is_saved_beside_whatever_the_verdict(
    results: Results, drill: Drill, quiet_timeline: Timeline
) -> None:
    stalled = dataclasses.replace(
        quiet_timeline, host=Host(3.0, quiet_timeline.clock.started + 20, shared_with_drills=True)
    )
    results.finish(drill, Ran(timeline=stalled))
    result = results.judged(drill, Ran(timeline=stalled))
    assert result.verdict == "unknown"
    (path,) = (results.folder.path / "timelines").iterdir()
    assert str(path) in result.text
