"""The command line, ``python -m scenarios``: judges saved timelines again, writes the guide."""

import argparse
import io
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from scenarios.collect import all_drills
from scenarios.drill import DrillError
from scenarios.judge.errors import JudgeError
from scenarios.judge.explanation import failure_text
from scenarios.judge.verdict import judge
from scenarios.report.guide import guide
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
