"""``python -m scenarios merge``: one report of several, as where drills are split over jobs."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from scenarios.judge.errors import JudgeError
from scenarios.report.coverage import coverage_lines
from scenarios.report.merge import MergedResults, merge
from scenarios.report.read_back import ReportError
from scenarios.report.table import summary_lines
from stack.run.configuration import PRODUCTION
from stack.run.stack import StackError

PASSED = 0
NOT_PASSED = 1
REFUSED = 2
# A drill that this host cannot run is named, and fails no run either.
GOOD_VERDICTS = frozenset({"pass", "skipped"})


def add_merge(parser: argparse.ArgumentParser) -> None:
    """Give the command its arguments."""
    parser.add_argument(
        "reports", nargs="+", type=Path, metavar="REPORT", help="report folders, one a job"
    )
    parser.add_argument(
        "--into", required=True, type=Path, metavar="DIR", help="the report folder to make"
    )
    parser.add_argument(
        "--configuration",
        type=Path,
        default=PRODUCTION,
        metavar="DIR",
        help="the folder that was drilled (default: stack/)",
    )
    parser.set_defaults(
        run=lambda options: run_merge(options.reports, options.into, options.configuration)
    )


def run_merge(reports: Sequence[Path], into: Path, configuration: Path) -> int:
    """Merge and print the tables of a run; gives the exit code."""
    try:
        results, covered = merge(reports, into, configuration)
    except (ReportError, StackError, JudgeError) as error:
        print(f"merge: error: {error}", file=sys.stderr)
        return REFUSED
    sections = (
        *summary_lines(results),
        ("reports", report_lines(results)),
        *coverage_lines(covered),
    )
    for title, lines in sections:
        print("\n".join((f"{title}:", *lines, "")))
    good = all(result.verdict in GOOD_VERDICTS for result in results.all())
    return PASSED if good else NOT_PASSED


def report_lines(results: MergedResults) -> list[str]:
    """What was merged: the wall above is that of all jobs one after another."""
    return [
        f"{source.path}: {len(source.results)} drills, wall {source.wall_seconds:.1f} s"
        + ("" if source.record.shard is None else f", shard {source.record.shard}")
        for source in results.sources
    ]
