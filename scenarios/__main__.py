"""The command line, ``python -m scenarios``: judge again, coverage, merge, compare, guides."""

import argparse
import io
import json
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from scenarios.annotate_command import add_annotate
from scenarios.check_command import add_check
from scenarios.collect import all_drills
from scenarios.compare_command import add_compare
from scenarios.drill import DrillError
from scenarios.judge.coverage import coverage
from scenarios.judge.errors import JudgeError
from scenarios.judge.explanation import failure_text
from scenarios.judge.verdict import judge
from scenarios.merge_command import add_merge
from scenarios.report.coverage import coverage_lines, document, percentage, shortfall
from scenarios.report.coverage_files import CoverageError, inventory_of_files, read_proofs
from scenarios.report.guide import guide
from scenarios.report.metric_guide import metric_guide
from scenarios.report.saved import TimelineError, read_timeline
from stack.run.configuration import PRODUCTION
from stack.run.stack import StackError

PASSED = 0
NOT_PASSED = 1
UNREADABLE = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """0 where every timeline passes, 1 where one does not, 2 where one cannot be judged."""
    parser = argparse.ArgumentParser(prog="python -m scenarios", description="The drills.")
    subcommands = parser.add_subparsers(required=True, metavar="COMMAND")
    again = subcommands.add_parser(
        "judge",
        help="judge saved timelines again, from their files alone",
        description="Exit code 0: all pass. 1: one fails or is unknown. 2: one cannot be read.",
    )
    again.add_argument("files", nargs="+", type=Path, metavar="FILE")
    again.set_defaults(run=lambda options: max(judged(options.files)))
    written = subcommands.add_parser("guide", help="print docs/ALERTS.md, made of rules and drills")
    written.set_defaults(run=lambda _: print_guide())
    metrics = subcommands.add_parser("metrics", help="print docs/METRICS.md, made of the rules")
    metrics.set_defaults(run=lambda _: print_metrics())
    covered = subcommands.add_parser(
        "coverage",
        help="what the drills of one or several runs prove of each rule, route and receiver",
        description="Exit code 0: enough is proven. 1: less than --alert-coverage-fail-under. "
        "2: a file cannot be read.",
    )
    covered.add_argument(
        "paths", nargs="+", type=Path, metavar="PATH", help="report folders, or timelines"
    )
    covered.add_argument("--json", action="store_true", help="print it as in coverage.json")
    covered.add_argument("--alert-coverage-fail-under", type=percentage, metavar="N", dest="wanted")
    covered.add_argument("--configuration", type=Path, default=PRODUCTION, metavar="DIR")
    covered.set_defaults(
        run=lambda options: print_coverage(
            options.paths, options.configuration, options.wanted, as_json=options.json
        )
    )
    add_merge(
        subcommands.add_parser(
            "merge",
            help="make one report folder of several, as where drills are split over jobs",
            description="Exit code 0: all drills pass. 1: one fails, is unknown or an error. "
            "2: the reports cannot be read, or do not belong together; nothing is written then.",
        )
    )
    add_compare(
        subcommands.add_parser(
            "compare",
            help="say what earlier runs proved and the newest does not, as after each night",
            description="Exit code 0: all that any of the earlier proved is proven by the newest. "
            "1: something is not. 2: reports cannot be read, or are of unlike runs.",
        )
    )
    add_annotate(
        subcommands.add_parser(
            "annotate",
            help="add the faults and notifications of saved timelines to a Grafana",
            description="Each time it is run it adds them again. Exit code 0: Grafana has all. "
            "1: it has not, and why. 2: its address or the credentials cannot be used.",
        )
    )
    add_check(
        subcommands.add_parser(
            "check",
            help="say what cannot work in rules, routes and drills, without starting anything",
            description="Exit code 0: no error. 1: errors. 2: a file cannot be read.",
        )
    )
    options = parser.parse_args(arguments)
    code: int = options.run(options)
    return code


def print_guide() -> int:
    try:
        print(guide(all_drills(), PRODUCTION), end="")
    except (DrillError, StackError) as error:
        print(f"guide: error: {error}", file=sys.stderr)
        return UNREADABLE
    return PASSED


def print_metrics() -> int:
    try:
        print(metric_guide(PRODUCTION), end="")
    except StackError as error:
        print(f"metrics: error: {error}", file=sys.stderr)
        return UNREADABLE
    return PASSED


def print_coverage(
    paths: Sequence[Path], source: Path, wanted_percent: float | None, *, as_json: bool
) -> int:
    """Print what the drills of these report folders and timelines prove together."""
    try:
        found = coverage(read_proofs(paths), inventory_of_files(source))
    except (CoverageError, StackError, JudgeError) as error:
        print(f"coverage: error: {error}", file=sys.stderr)
        return UNREADABLE
    if as_json:
        print(json.dumps(document(found), indent=1))
    else:
        for title, lines in coverage_lines(found):
            print("\n".join((f"{title}:", *lines, "")))
    lacking = None if wanted_percent is None else shortfall(found, wanted_percent)
    if lacking is not None:
        print(lacking, file=sys.stderr)
        return NOT_PASSED
    return PASSED


def judged(files: Sequence[Path]) -> Iterator[int]:
    """Print what the judge says of each file, and give its exit code."""
    for number, path in enumerate(files):
        if number:
            print()
        try:
            timeline = read_timeline(path)
            judgement = judge(timeline)
        except TimelineError as error:
            print(f"judge: error: {error}", file=sys.stderr)
            yield UNREADABLE
        except JudgeError as error:
            print(f"judge: error: {path}: {error}", file=sys.stderr)
            yield UNREADABLE
        else:
            print(failure_text(timeline, judgement))
            yield PASSED if judgement.verdict == "pass" else NOT_PASSED


if __name__ == "__main__":
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal that cannot show a mark must not hide a verdict.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        code = main()
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read, such as `head`, has seen enough; Python's own flush at exit must not fail.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = NOT_PASSED
    sys.exit(code)
