"""The command line, ``python -m stack``: each subcommand is a module with its own declaration."""

import argparse
import sys

from stack.run import up
from stack.run.engines import command as engines

# A subcommand's module has `add_to(subcommands)`, which declares its options and sets `run`, a
# function of the parsed options that returns the exit code.
SUBCOMMANDS = (engines, up)

INTERRUPTED = 130


def main(arguments: list[str] | None = None) -> int:
    """Run one subcommand; 0 is success, 2 what the user has to put right, 130 Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m stack", description="The stack under test.")
    subcommands = parser.add_subparsers(required=True, metavar="COMMAND")
    for subcommand in SUBCOMMANDS:
        subcommand.add_to(subcommands)
    options = parser.parse_args(arguments)
    try:
        exit_code: int = options.run(options)
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        return INTERRUPTED
    return exit_code


if __name__ == "__main__":
    sys.exit(main())
