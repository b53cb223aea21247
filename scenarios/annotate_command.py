"""``python -m scenarios annotate``: the faults and notifications of saved drills, in Grafana."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from scenarios.annotate_option import CREDENTIALS_HELP, URL_HELP
from scenarios.report.annotator import DONE_WITHIN_SECONDS, Annotator
from scenarios.report.grafana import GrafanaError, grafana_at

ADDED = 0
NOT_ADDED = 1
UNUSABLE = 2


def add_annotate(parser: argparse.ArgumentParser) -> None:
    """Give the command its arguments."""
    parser.add_argument("files", nargs="+", type=Path, metavar="TIMELINE")
    parser.add_argument("--grafana", required=True, metavar="URL", help=URL_HELP)
    parser.add_argument("--grafana-credentials", type=Path, metavar="FILE", help=CREDENTIALS_HELP)
    parser.set_defaults(
        run=lambda options: run_annotate(
            options.files, options.grafana, options.grafana_credentials
        )
    )


def run_annotate(files: Sequence[Path], url: str, credentials: Path | None) -> int:
    """Add the annotations of these timelines; gives the exit code."""
    try:
        annotator = Annotator(grafana_at(url, credentials))
    except GrafanaError as error:
        print(f"annotate: error: {error}", file=sys.stderr)
        return UNUSABLE
    for path in files:
        annotator.add(path)
    problems = annotator.close(within_seconds=DONE_WITHIN_SECONDS * len(files))
    print(f"{annotator.added} annotations added")
    for problem in problems:
        print(f"annotate: {problem}", file=sys.stderr)
    return NOT_ADDED if problems else ADDED
