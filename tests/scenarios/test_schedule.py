"""A drill that the host held up runs once more, alone; whatever else became of it stands."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from scenarios.collect import ROOT, load_drill
from scenarios.drill import Drill
from scenarios.judge.timeline import Host, Timeline
from scenarios.report.folder import ReportFolder
from scenarios.report.result import DrillResult, Results
from scenarios.report.table import summary_lines
from scenarios.runner import Ran, Settings
from scenarios.schedule import MOST_AGAIN, Schedule
from stack.run.local_way import LocalWay

NAME = "delivery/quiet_baseline"
DRILL = load_drill(ROOT / f"{NAME}.py")
SETTINGS = Settings(speed=60.0, way=LocalWay({}))
JUDGED_WITHIN_SECONDS = 30


@pytest.fixture
def good(quiet_timeline: Timeline) -> Timeline:
    return replace(quiet_timeline, declaration=replace(quiet_timeline.declaration, name=NAME))


def starved(timeline: Timeline) -> Timeline:
    stall = Host(3.0, timeline.clock.started + 20, shared_with_drills=True)
    return replace(timeline, host=stall)


class Runner:
    """A double of ``run_drill``: gives these one after another, and ``again`` when alone."""

    def __init__(self, *given: Ran, again: Ran) -> None:
        self.given = list(given)
        self.again = again
        self.alone: list[bool] = []

    def __call__(
        self,
        *_: object,
        alone: bool,
        begun: Callable[[], None],
        finish: Callable[[Ran], None],
        **__: object,
    ) -> Ran:
        begun()
        self.alone.append(alone)
        ran = self.again if alone else self.given.pop(0)
        finish(ran)
        return ran


Run = Callable[..., tuple[Runner, list[DrillResult], Results, list[str]]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, good: Timeline) -> Run:
    """Run these drills; alone, each gives what the good timeline does unless told otherwise."""

    def begin(
        *given: Ran,
        again: Ran | None = None,
        drills: Sequence[Drill] = (DRILL,),
        keep_failed_stacks: bool = False,
    ) -> tuple[Runner, list[DrillResult], Results, list[str]]:
        runner = Runner(*given, again=again or Ran(timeline=good))
        monkeypatch.setattr("scenarios.schedule.run_drill", runner)
        results = Results(
            ReportFolder(tmp_path / "reports"), 60.0, keep_failed_stacks=keep_failed_stacks
        )
        schedule = Schedule(
            [(drill, SETTINGS) for drill in drills], results.finish, results.is_wanted_again
        )
        try:
            done = [
                results.judged(drill, schedule.result(drill).result(JUDGED_WITHIN_SECONDS))
                for drill in drills
            ]
        finally:
            schedule.close()
        said = []
        while not schedule.progress.empty():
            said.append(schedule.progress.get().doing)
        return runner, done, results, said

    return begin


def test_a_drill_that_the_host_held_up_runs_again_alone_and_that_verdict_counts(
    run: Run, good: Timeline
) -> None:
    runner, (result,), results, said = run(Ran(timeline=starved(good)))
    assert runner.alone == [False, True]
    assert result.verdict == "pass"
    assert "held up by the host: runs again, alone, when the others are over" in said
    assert [proof.verdict for proof in results.proofs()] == ["pass"]


def test_what_the_first_attempt_was_is_told_and_kept(run: Run, good: Timeline) -> None:
    first = Ran(timeline=starved(good), wall_seconds=31.0)
    _, (result,), results, _ = run(first)
    results.write(wall_seconds=1.0)
    (entry,) = json.loads(results.folder.results.read_text())["drills"]
    (reason,) = entry["first_attempt"]["reasons"]
    assert "the host stalled for 3.00 s" in reason
    assert entry["first_attempt"]["wall_seconds"] == 31.0
    sections = dict(summary_lines(results))
    (line,) = next(lines for title, lines in sections.items() if "ran again" in title)
    assert line == f"{NAME}: {reason}"
    kept = Path(entry["first_attempt"]["timeline"])
    assert kept == results.folder.path / "starved" / "timelines" / "delivery-quiet_baseline.json"
    assert json.loads(kept.read_text())["host"]["worst_stall_seconds"] == 3.0
    saved = json.loads(results.folder.timeline(NAME).read_text())
    assert saved["host"]["worst_stall_seconds"] < 1.0
    assert result.first_attempt is not None


def test_held_up_twice_it_stays_unknown(run: Run, good: Timeline) -> None:
    runner, (result,), results, _ = run(
        Ran(timeline=starved(good)), again=Ran(timeline=starved(good))
    )
    assert len(runner.alone) == 2
    assert result.verdict == "unknown"
    assert [proof.verdict for proof in results.proofs()] == ["unknown"]


def test_what_fails_the_second_time_fails(run: Run, good: Timeline) -> None:
    wrong = Ran(timeline=good, disagreements="order 7 was charged twice")
    _, (result,), _, _ = run(Ran(timeline=starved(good)), again=wrong)
    assert result.verdict == "fail"


def problem(timeline: Timeline) -> Ran:
    return Ran(timeline=replace(timeline, problems=("the sink cannot be read back",)))


def problem_and_stall(timeline: Timeline) -> Ran:
    return problem(starved(timeline))


def failed(timeline: Timeline) -> Ran:
    return Ran(timeline=starved(timeline), disagreements="order 7 was charged twice")


def passed(timeline: Timeline) -> Ran:
    return Ran(timeline=timeline)


def error(_: Timeline) -> Ran:
    return Ran(error="redis did not start")


@pytest.mark.parametrize(
    ("first", "verdict"),
    [
        (passed, "pass"),
        (failed, "fail"),
        (error, "error"),
        (problem, "unknown"),
        (problem_and_stall, "unknown"),
    ],
)
def test_any_other_outcome_stands(
    run: Run, good: Timeline, first: Callable[[Timeline], Ran], verdict: str
) -> None:
    """A second chance for a fail, or for a doubt of what is judged, would hide what is wrong."""
    runner, (result,), _, _ = run(first(good))
    assert runner.alone == [False]
    assert result.verdict == verdict
    assert result.first_attempt is None


def test_a_host_that_holds_up_many_drills_is_not_tried_for_ever(run: Run, good: Timeline) -> None:
    count = MOST_AGAIN + 2
    drills = [replace(DRILL, name=f"delivery/quiet_{number}") for number in range(count)]
    runner, done, _, said = run(*[Ran(timeline=starved(good))] * count, drills=drills)
    assert runner.alone.count(True) == MOST_AGAIN
    assert sorted(result.verdict for result in done) == ["pass"] * MOST_AGAIN + ["unknown"] * 2
    assert sum("try a lower --speed" in line for line in said) == 2


class Stack:
    """A double of a stack: whether it was left running is all that is asked of it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        (directory / "logs").mkdir(parents=True)

    def collect_logs(self) -> None:
        """They are kept whatever becomes of the stack."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"{name} was asked of a stack that is to end")


def test_the_stack_of_a_first_attempt_is_not_kept(run: Run, good: Timeline, tmp_path: Path) -> None:
    """With --keep-stack: it would disturb the second."""
    first = Ran(timeline=starved(good), stack=Stack(tmp_path / "stack"))  # type: ignore[arg-type]
    _, (result,), _, _ = run(first, keep_failed_stacks=True)
    assert result.verdict == "pass"
