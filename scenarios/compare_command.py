"""``python -m scenarios compare``: what earlier runs proved and the newest does not."""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from scenarios.judge.errors import JudgeError
from scenarios.report.read_back import ReportError, read_source
from scenarios.report.regression import Change, Fallen, Regression, Timing, regression
from scenarios.report.table import NOTHING, aligned
from stack.run.speed.durations import format_duration

SAME = 0
REGRESSED = 1
REFUSED = 2


def add_compare(parser: argparse.ArgumentParser) -> None:
    """Give the command its arguments."""
    parser.add_argument(
        "reports", nargs="+", type=Path, metavar="REPORT", help="report folders, the newest last"
    )
    parser.set_defaults(run=lambda options: run_compare(options.reports))


def run_compare(reports: Sequence[Path]) -> int:
    """Print what became of what earlier runs proved; gives the exit code."""
    if len(reports) < 2:
        print(
            f"compare: error: {reports[0]} alone; give at least two report folders, the newest "
            "last, such as reports/2*",
            file=sys.stderr,
        )
        return REFUSED
    try:
        *earlier, newest = [read_source(path) for path in reports]
        found = regression(earlier, newest)
    except (ReportError, JudgeError) as error:
        print(f"compare: error: {error}", file=sys.stderr)
        return REFUSED
    for title, lines in sections(found, reports):
        print("\n".join((f"{title}:", *lines, "")))
    print("regressed" if found.is_any else "all that was proven before is proven")
    return REGRESSED if found.is_any else SAME


def sections(found: Regression, reports: Sequence[Path]) -> Iterator[tuple[str, list[str]]]:
    """Title and lines of each part of the report that has any."""
    if found.fallen:
        yield (
            "drills that passed before",
            [line for drill in found.fallen for line in fallen(drill)],
        )
    if found.lost:
        yield "proven before, and not now", proofs(found.lost, absent="gone")
    if found.gained:
        yield "proven now, and not before", proofs(found.gained, absent="new")
    if found.changed_files:
        yield f"changed since {reports[-2]}", list(found.changed_files)
    if found.timings:
        yield "from cause to receiver, in production time", timings(found.timings)


def fallen(drill: Fallen) -> Iterator[str]:
    yield f"{drill.drill}: {drill.now}"
    for reason in drill.reasons:
        yield f"  {reason}"


def proofs(changed: Sequence[Change], *, absent: str) -> list[str]:
    """A line for each thing; ``absent`` tells of one that the other runs do not know at all."""
    return aligned(
        [
            (thing.kind, thing.name, ", ".join(thing.properties), "" if thing.is_there else absent)
            for thing in changed
        ]
    )


def timings(found: Sequence[Timing]) -> list[str]:
    """A line for each expectation that was met, with the quickest and slowest of earlier runs."""
    rows = [("drill", "alert", "receiver", "now", "before")]
    for timing in found:
        quickest = min(timing.earlier_seconds, default=None)
        slowest = max(timing.earlier_seconds, default=None)
        rows.append(
            (
                timing.drill,
                timing.alert,
                timing.receiver,
                shown(timing.now_seconds),
                NOTHING
                if quickest is None or slowest is None
                else " to ".join(dict.fromkeys((shown(quickest), shown(slowest)))),
            )
        )
    return aligned(rows)


def shown(seconds: float) -> str:
    """In whole seconds: a scrape comes every fifteen."""
    return format_duration(round(seconds) * 1000)
