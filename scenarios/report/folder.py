"""The one folder that a run leaves behind, and what of each drill goes into it."""

import os
import shutil
import time
from pathlib import Path

from scenarios.judge.timeline import Timeline
from scenarios.report.saved import write_timeline

RESULTS = "results.json"
JUNIT = "junit.xml"
COVERAGE = "coverage.json"
LOAD = "load"
LOGS = "logs"
TIMELINES = "timelines"
STARVED = "starved"
# A run of all drills leaves 4 MB, and more where some fail.
ROOM_BYTES = 8 * 1024 * 1024


class ReportFolder:
    """``reports/DATE-TIME-PID/``: junit.xml, results.json, coverage.json, run.json, timelines/,
    load/, logs/ of failures, and in starved/ the same of first attempts that the host held up.
    """

    def __init__(self, parent: Path) -> None:
        self.path = parent / f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}"

    def make(self) -> None:
        """Create the folder. Raises OSError."""
        self.path.mkdir(parents=True, exist_ok=True)

    def require_room(self) -> None:
        """Before anything runs that it could not take up. Raises OSError."""
        probe = self.path / ".room"
        try:
            probe.write_bytes(bytes(ROOM_BYTES))
        finally:
            probe.unlink(missing_ok=True)

    def make_latest(self) -> None:
        """Let ``latest`` point here: once something runs, so that a refused run hides no report."""
        # Two runs at once may both want to be the latest; either is right.
        partial = self.path.parent / f".latest-{os.getpid()}"
        # A run that was killed may have left one, and its number come again.
        partial.unlink(missing_ok=True)
        partial.symlink_to(self.path.name)
        partial.replace(self.path.parent / "latest")

    @property
    def junit(self) -> Path:
        return self.path / JUNIT

    @property
    def results(self) -> Path:
        return self.path / RESULTS

    @property
    def coverage(self) -> Path:
        return self.path / COVERAGE

    def timeline(self, drill: str) -> Path:
        return self.path / TIMELINES / f"{file_name(drill)}.json"

    def save_timeline(self, timeline: Timeline) -> Path:
        path = self.timeline(timeline.declaration.name)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_timeline(timeline, path)
        return path

    def set_aside(self, drill: str) -> Path:
        """Keep what a first attempt left out of the way of the second; returns its timeline."""
        aside = self.path / STARVED
        timeline = self.timeline(drill)
        for left in (timeline, *(self.path / kind / file_name(drill) for kind in (LOAD, LOGS))):
            if left.exists():
                target = aside / left.relative_to(self.path)
                target.parent.mkdir(parents=True, exist_ok=True)
                left.replace(target)
        return aside / timeline.relative_to(self.path)

    def save_load(self, drill: str, source: Path) -> None:
        if source.is_dir():
            shutil.copytree(source, self.path / LOAD / file_name(drill), dirs_exist_ok=True)

    def save_logs(self, drill: str, stack: Path) -> Path:
        """Keep the logs and the configuration of a stack whose drill did not pass."""
        target = self.path / LOGS / file_name(drill)
        shutil.copytree(stack / "logs", target, dirs_exist_ok=True)
        for name in ("prometheus", "alertmanager"):
            if (stack / name).is_dir():
                shutil.copytree(stack / name, target / name, dirs_exist_ok=True)
        return target


def file_name(drill: str) -> str:
    """A drill's name as a file name."""
    return drill.replace("/", "-")
