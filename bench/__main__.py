"""Runs drills at several speeds in turn and prints, beside each other, what each speed costs.

For every speed: verdicts, the worst gap between two scrapes in scrape intervals (a skipped scrape
makes a drill unknown from 1.5 on), the worst stall of the harness, how long a stack takes to
start, and the CPU used by stacks and harness in cores. The last column is the wall time as a ratio
to that at the first speed. The default speed is chosen from this table.
"""

import argparse
import statistics
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

import psutil

from scenarios.collect import all_drills
from scenarios.drill import Drill
from scenarios.judge.timeline import Timeline
from scenarios.report.folder import ReportFolder
from scenarios.report.result import DrillResult, Results
from scenarios.report.saved import read_timeline
from scenarios.runner import Settings
from scenarios.schedule import Schedule
from stack.run.engines import require
from stack.run.local import ENGINES
from stack.run.local_way import LocalWay

HEADINGS = "speed  round  pass  fail  unknown  worst gap  stall s  start s  cores  wall s  ratio"


@dataclass(frozen=True)
class Round:
    """One round of all drills at one speed."""

    speed: float
    results: list[DrillResult]
    timelines: list[Timeline]
    wall_seconds: float
    cpu_seconds: float


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--speeds", type=float, nargs="+", default=[30.0, 60.0, 90.0, 120.0])
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("-k", dest="match", default="", help="only drills with this in their name")
    options = parser.parse_args()
    drills = [drill for drill in all_drills() if options.match in drill.name]
    print(HEADINGS)
    first: float | None = None
    for number in range(1, options.rounds + 1):
        for speed in options.speeds:
            done = run(drills, speed)
            first = first or done.wall_seconds
            print(line(number, done, first), flush=True)
            for result in done.results:
                if result.verdict != "pass":
                    print(f"       {result.drill}: {result.verdict}")


def run(drills: list[Drill], speed: float) -> Round:
    """One round; its report goes to a folder that is removed."""
    way = LocalWay(require(ENGINES, print))
    with tempfile.TemporaryDirectory(prefix="flash-bench-") as folder:
        results = Results(ReportFolder(Path(folder)), speed, keep_failed_stacks=False)
        own_cpu, began = own_cpu_seconds(), time.monotonic()
        schedule = Schedule(
            [(replace(drill), Settings(speed, way)) for drill in drills],
            results.finish,
            # What is measured is how often the host holds drills up.
            is_wanted_again=lambda _: False,
        )
        try:
            done = [results.judged(drill, schedule.result(drill).result()) for drill in drills]
        finally:
            schedule.close()
        timelines = [
            read_timeline(path) for path in (results.folder.path / "timelines").glob("*.json")
        ]
        return Round(speed, done, timelines, time.monotonic() - began, own_cpu_seconds() - own_cpu)


def own_cpu_seconds() -> float:
    """CPU seconds of this process and of all that it, or a guardian of its, has waited for."""
    times = psutil.Process().cpu_times()
    return float(times.user + times.system + times.children_user + times.children_system)


def line(number: int, done: Round, first_wall_seconds: float) -> str:
    verdicts = [result.verdict for result in done.results]
    started = [r.started_in_seconds for r in done.results if r.started_in_seconds]
    return (
        f"{done.speed:5g}  {number:5d}  {verdicts.count('pass'):4d}  {verdicts.count('fail'):4d}  "
        f"{verdicts.count('unknown') + verdicts.count('error'):7d}  "
        f"{max(map(worst_gap, done.timelines), default=0.0):9.2f}  "
        f"{max((t.host.worst_stall_seconds for t in done.timelines), default=0.0):7.2f}  "
        f"{statistics.median(started) if started else 0.0:7.2f}  "
        f"{done.cpu_seconds / done.wall_seconds:5.2f}  {done.wall_seconds:6.1f}  "
        f"{done.wall_seconds / first_wall_seconds:5.2f}"
    )


def worst_gap(timeline: Timeline) -> float:
    """The longest time between two scrapes of a target, in scrape intervals of its job."""
    intervals = {job.job: job.interval_seconds for job in timeline.configuration.scrape_jobs}
    return max(
        (
            (after - before) / intervals[samples.job]
            for samples in timeline.scrapes
            for before, after in zip(samples.times, samples.times[1:], strict=False)
        ),
        default=0.0,
    )


if __name__ == "__main__":
    main()
