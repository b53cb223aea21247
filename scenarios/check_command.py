"""``python -m scenarios check``: what cannot work in rules, routes and drills."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from scenarios.collect import all_drills
from scenarios.drill import DrillError
from scenarios.fireability import Checked, check_files, check_rule_files
from scenarios.judge.errors import JudgeError
from scenarios.plugin import DEFAULT_SPEED
from scenarios.preflight import drill_problems
from scenarios.report.fireability import counted, defect_lines
from stack.run.configuration import PRODUCTION
from stack.run.speed import SpeedError, read_speed
from stack.run.stack import StackError

FOUND_NO_ERROR = 0
FOUND_ERRORS = 1
UNREADABLE = 2


def add_check(parser: argparse.ArgumentParser) -> None:
    """Give the command its arguments."""
    parser.add_argument(
        "files",
        nargs="*",
        type=Path,
        metavar="FILE",
        help="rule files to check instead, without drills; with --configuration, held against its "
        "jobs and routes",
    )
    parser.add_argument(
        "--configuration",
        type=Path,
        metavar="DIR",
        help="folder with prometheus/ and alertmanager/ (default: stack/)",
    )
    parser.add_argument("--speed", default=DEFAULT_SPEED, metavar="K", help="at which drills run")
    parser.set_defaults(
        run=lambda options: run_check(options.files, options.configuration, options.speed)
    )


def run_check(files: Sequence[Path], source: Path | None, speed: str) -> int:
    """Print every defect; gives the exit code."""
    errors: list[str] = []
    warnings: list[str] = []
    try:
        drills = [] if files else all_drills()
        checked = check_rule_files(files, source) if files else check_files(source or PRODUCTION)
    except (DrillError, StackError, JudgeError) as error:
        return _unreadable(error)
    for line in defect_lines(checked.defects):
        print(line)
    try:
        if drills:
            errors, warnings = drill_problems(drills, source or PRODUCTION, read_speed(speed))
    except (StackError, SpeedError, JudgeError) as error:
        return _unreadable(error)
    for severity, problems in (("error", errors), ("warning", warnings)):
        for problem in problems:
            print(f"{severity} [drill] {problem}")
    severities = [defect.severity for defect in checked.defects]
    found = severities.count("error") + len(errors)
    print(
        f"checked {looked_at(checked, len(drills))}: {counted(found, 'error')}, "
        f"{counted(severities.count('warning') + len(warnings), 'warning')}"
    )
    return FOUND_ERRORS if found else FOUND_NO_ERROR


def looked_at(checked: Checked, drills: int) -> str:
    """What there was to check."""
    alerts = len(checked.subject.alerts)
    parts = [
        counted(alerts, "alert"),
        counted(len(checked.subject.rules) - alerts, "recording rule"),
    ]
    if checked.subject.alertmanager is None:
        parts.append("no routes")
    if drills:
        parts.append(counted(drills, "drill"))
    return ", ".join(parts)


def _unreadable(error: Exception) -> int:
    print(f"check: error: {error}", file=sys.stderr)
    return UNREADABLE
