"""``python -m stack engines``: which engines are used, of which version, from where."""

import argparse
import sys

from stack.run.engines import NAMES, EngineError, engines, passed_over
from stack.run.engines.engine import Engine

HEADINGS = ("engine", "version", "from", "path")


def add_to(subcommands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the subcommand; ``run`` of the parsed options is what it does."""
    parser = subcommands.add_parser(
        "engines",
        help="show the engines that are used and from where; install those that are missing",
        description="Shows each engine with its version, where it comes from and its path. "
        "Engines that are neither on PATH nor in the cache are built first, once.",
    )
    parser.add_argument(
        "--verify",
        action="store_true",
        help="compare whole files with the SHA-256 recorded when they were installed",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    try:
        found = engines(_say, full_hash=options.verify)
    except EngineError as error:
        sys.stderr.write(f"engines: error: {error}\n")
        return 2
    if options.verify:
        _say("whole files match the SHA-256 recorded for them; what is on PATH has none")
    print(table(list(found.values())))
    for line in passed_over(NAMES):
        _say(line)
    return 0


def table(found: list[Engine]) -> str:
    """Columns as wide as they must be: a path is never cut, so that it can be copied."""
    rows = [HEADINGS]
    rows += [(engine.name, engine.version, engine.origin, str(engine.path)) for engine in found]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS) - 1)]
    return "\n".join(
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]])
        for row in rows
    )


def _say(line: str) -> None:
    sys.stderr.write(f"engines: {line}\n")
    sys.stderr.flush()
