"""Reports of runs as their jobs leave them, and the command that merges them."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from scenarios.__main__ import main
from scenarios.judge.timeline import Timeline
from scenarios.report.folder import ReportFolder
from scenarios.report.result import DrillResult, Results
from scenarios.report.run_record import RunRecord, ShardOfPlan, hashes, write_record
from stack.run.configuration import PRODUCTION

PLAN = (("delivery/one", "delivery/two"), ("delivery/three",), ())
JUNIT = (
    '<testsuites name="pytest tests"><testsuite name="pytest" tests="1">'
    '<testcase classname="{name}" name="drill" /></testsuite></testsuites>'
)
Report = Callable[..., Path]
Merge = Callable[..., tuple[int, str, str]]


class RunOfDrills(Results):
    """Results that are put in as they are, where a run would judge them."""

    def put(self, result: DrillResult) -> None:
        self._put(result)


@pytest.fixture
def report(quiet_timeline: Timeline, tmp_path: Path) -> Report:
    """Make the report of one job; each drill passes unless ``verdicts`` says otherwise."""

    def make(
        name: str,
        *drills: str,
        shard: int | None = None,
        speed: float = 60.0,
        verdicts: Mapping[str, str] | None = None,
    ) -> Path:
        folder = ReportFolder(tmp_path / name)
        folder.path = tmp_path / name
        results = RunOfDrills(folder, speed, keep_failed_stacks=False)
        folder.make()
        for drill in drills:
            verdict: Any = (verdicts or {}).get(drill, "pass")
            text = f"text of {drill}"
            if verdict in ("error", "skipped"):
                results.put(DrillResult(drill, "proves", verdict, text))
                continue
            declaration = replace(quiet_timeline.declaration, name=drill)
            problems = ("the sink was gone",) if verdict == "unknown" else ()
            folder.save_timeline(
                replace(quiet_timeline, declaration=declaration, problems=problems)
            )
            result = DrillResult(drill, "proves", verdict, text, wall_seconds=20.0)
            results.put(result)
            load = folder.path / "load" / drill.replace("/", "-")
            load.mkdir(parents=True)
            (load / "ledger.jsonl").write_text(f"{drill}\n")
        results.write(wall_seconds=30.0)
        folder.junit.write_text(JUNIT.format(name=name))
        of_plan = None if shard is None else ShardOfPlan(shard, PLAN)
        write_record(RunRecord(drills, hashes(PRODUCTION), of_plan), folder.path)
        return folder.path

    return make


@pytest.fixture
def merge(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Merge:
    def run(*reports: Path, into: str = "merged", options: tuple[str, ...] = ()) -> Any:
        arguments = [*map(str, reports), "--into", str(tmp_path / into), *options]
        code = main(["merge", *arguments])
        return (code, *capsys.readouterr())

    return run


@pytest.fixture
def edit_json() -> Callable[[Path, Callable[[Any], object]], None]:
    """Change a JSON file as somebody might have."""

    def edited(path: Path, edit: Callable[[Any], object]) -> None:
        document = json.loads(path.read_text())
        edit(document)
        path.write_text(json.dumps(document))

    return edited
