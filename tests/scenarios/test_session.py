"""One run of drills: what becomes of a drill that cannot run, cannot start, or meets a defect."""

import contextlib
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from scenarios.collect import ROOT, load_drill
from scenarios.drill import Drill, fault
from scenarios.judge.coverage_inventory import Inventory
from scenarios.report.coverage_files import inventory_of_files
from scenarios.report.folder import ReportFolder
from scenarios.report.table import summary_lines
from scenarios.runner import Settings
from scenarios.session import DrillSession, VerdictError
from stack.faults.redis_down import RedisDown
from stack.run.configuration import PRODUCTION
from stack.run.local_way import LocalWay

DRILL = load_drill(ROOT / "application" / "redis_down.py")
NO_FILES = Inventory()


@dataclass(frozen=True)
class Fickle(RedisDown):
    """A fault that is unavailable when first asked, as memory is while a neighbour holds it."""

    answers: list[str | None] = field(default_factory=list)

    def unavailable(self) -> str | None:
        return self.answers.pop(0) if self.answers else None


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A temporary directory of the test's own, to see what is left in it."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def session_of(
    tmp_path: Path, temporary: Path
) -> Iterator[Callable[[Sequence[Drill], Path], DrillSession]]:
    """Begin a session that has no engines: whatever gets as far as needing one meets a defect."""
    assert temporary.is_dir()
    with contextlib.ExitStack() as sessions:

        def begin(
            drills: Sequence[Drill], source: Path = PRODUCTION, files: Inventory = NO_FILES
        ) -> DrillSession:
            session = DrillSession(
                drills,
                Settings(speed=60.0, way=LocalWay({}), source=source),
                ReportFolder(tmp_path / "reports"),
                files=files,
                keep_failed_stacks=True,
                write_line=print,
                uncaptured=contextlib.nullcontext,
            )
            sessions.callback(session.close)
            return session

        yield begin


def test_a_drill_that_this_host_cannot_run_is_skipped_though_it_could_a_moment_later(
    session_of: Callable[..., DrillSession],
) -> None:
    """It was not started, so there is nothing to wait for."""
    drill = replace(DRILL, steps=[fault(Fickle(answers=["too little memory", None]))])
    session = session_of([drill])
    with pytest.raises(pytest.skip.Exception, match="too little memory"):
        session.await_verdict(drill)
    (result,) = session.results.all()
    assert result.verdict == "skipped"
    assert result.text.startswith("redis_down: too little memory; so it proves nothing of ")


def test_a_drill_that_is_skipped_leaves_its_alerts_unproven(
    session_of: Callable[..., DrillSession],
) -> None:
    """In the coverage of a run that is green but for it, and in the line that tells of the skip."""
    drill = replace(DRILL, steps=[fault(Fickle(answers=["too little memory"]))])
    session = session_of([drill], files=inventory_of_files(PRODUCTION))
    with pytest.raises(pytest.skip.Exception):
        session.await_verdict(drill)
    (proven,) = [rule for rule in session.coverage().rules if rule.rule.name == "RedisDown"]
    assert not proven.is_loaded
    assert not any(proven.proven.values())
    assert not proven.is_full
    (told,) = [
        line
        for _, lines in summary_lines(session.results)
        for line in lines
        if "skip" in line and ":" in line
    ]
    assert told.startswith("skipped: application/redis_down: redis_down: too little memory; ")
    assert "RedisDown" in told


def test_a_drill_that_was_started_is_awaited_though_the_host_could_not_run_it_now(
    session_of: Callable[..., DrillSession],
) -> None:
    drill = replace(DRILL, steps=[fault(Fickle(answers=[None, "too little memory"]))])
    session = session_of([drill])
    with pytest.raises(VerdictError):
        session.await_verdict(drill)


def test_a_stack_that_cannot_start_is_told_in_its_own_words_and_leaves_nothing(
    session_of: Callable[..., DrillSession], tmp_path: Path, temporary: Path
) -> None:
    """Not in those of the report, which would look for the logs of a stack that has gone."""
    source = tmp_path / "source"
    for part in ("prometheus", "alertmanager"):
        shutil.copytree(PRODUCTION / part, source / part)
    rules = source / "prometheus" / "rules" / "application.yml"
    rules.write_text(rules.read_text().replace("redis_up == 0", "redis_up =="))
    session = session_of([DRILL], source)
    with pytest.raises(VerdictError) as caught:
        session.await_verdict(DRILL)
    assert str(caught.value).startswith(f"{rules}:6: ")
    assert "Traceback" not in str(caught.value)
    assert caught.value.result.verdict == "error"
    assert list(temporary.glob("flash-drill-*")) == []


def test_a_defect_of_the_harness_is_an_error_of_its_drill_and_leaves_nothing(
    session_of: Callable[..., DrillSession], temporary: Path
) -> None:
    """Here: an engine that nobody resolved. The place is shown, as only a developer can help."""
    session = session_of([DRILL])
    with pytest.raises(VerdictError) as caught:
        session.await_verdict(DRILL)
    assert caught.value.result.verdict == "error"
    assert "the harness failed" in str(caught.value)
    assert "KeyError" in str(caught.value)
    assert list(temporary.glob("flash-drill-*")) == []


def test_the_results_are_written_when_a_session_is_closed(
    session_of: Callable[..., DrillSession],
) -> None:
    session = session_of([DRILL])
    assert not session.results.folder.results.exists()
    with pytest.raises(VerdictError):
        session.await_verdict(DRILL)
    session.close()
    assert '"application/redis_down"' in session.results.folder.results.read_text()
