"""One run of drills inside pytest: schedule, progress lines, verdicts, report."""

import queue
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

import pytest

from scenarios.drill import Drill
from scenarios.judge.coverage import Coverage, coverage
from scenarios.judge.coverage_inventory import Inventory
from scenarios.report.coverage import write_coverage
from scenarios.report.folder import ReportFolder
from scenarios.report.result import DrillResult, Results
from scenarios.runner import Settings
from scenarios.schedule import Schedule

LOOK_SECONDS = 0.1


class VerdictError(Exception):
    """A drill that did not pass; its text is the judge's."""

    def __init__(self, result: DrillResult) -> None:
        super().__init__(result.text)
        self.result = result


class DrillSession:
    """Starts all drills at once; ``await_verdict`` is called for one after another.

    ``files`` is what there is to prove, whether any drill loads it or not.
    """

    def __init__(
        self,
        drills: Sequence[Drill],
        settings: Settings,
        folder: ReportFolder,
        *,
        files: Inventory,
        keep_failed_stacks: bool,
        write_line: Callable[[str], None],
        uncaptured: Callable[[], AbstractContextManager[None]],
    ) -> None:
        self.results = Results(folder, settings.speed, keep_failed_stacks=keep_failed_stacks)
        self._files = files
        self._write_line = write_line
        self._uncaptured = uncaptured
        # Asked once: how much memory is free changes while other drills run.
        self._unavailable = {drill.name: drill.unavailable(settings.way.lacks) for drill in drills}
        self._schedule = Schedule(
            [(drill, settings) for drill in drills if self._unavailable[drill.name] is None],
            self.results.finish,
            is_wanted_again=self.results.is_wanted_again,
        )

    def await_verdict(self, drill: Drill) -> None:
        """Show progress until the drill is over; raise VerdictError unless it passed."""
        reason = self._unavailable[drill.name]
        if reason is not None:
            self.results.skip(drill, reason)
            pytest.skip(reason)
        over = self._schedule.result(drill)
        while not over.done():
            self._show_progress(wait_seconds=LOOK_SECONDS)
        self._show_progress(wait_seconds=0)
        result = self.results.judged(drill, over.result())
        if result.verdict != "pass":
            raise VerdictError(result)

    def close(self) -> None:
        """End what still runs, and write the report."""
        with self._uncaptured():
            unfinished = self._schedule.unfinished()
            if unfinished:
                self._write_line(f"\nhealing and ending what still runs: {', '.join(unfinished)}")
            self._schedule.close()
            self.results.write(wall_seconds=self._schedule.elapsed_seconds())
            write_coverage(self.coverage(), self.results.folder.coverage)

    def coverage(self) -> Coverage:
        """What the drills that are over prove."""
        return coverage(self.results.proofs(), self._files)

    def _show_progress(self, wait_seconds: float) -> None:
        """Print what the drills are at; waits this long for the first news."""
        try:
            news = [self._schedule.progress.get(block=wait_seconds > 0, timeout=wait_seconds)]
        except queue.Empty:
            return
        while not self._schedule.progress.empty():
            news.append(self._schedule.progress.get())
        with self._uncaptured():
            for progress in news:
                self._write_line(
                    f"{progress.at_seconds:6.1f} s  {progress.drill:32} {progress.doing}"
                )


SESSION = pytest.StashKey[DrillSession]()
