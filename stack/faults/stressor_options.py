"""What every stressor is told: the stack it belongs to, and when it ends by itself."""

from argparse import ArgumentParser


def stressor_parser(description: str | None) -> ArgumentParser:
    """A parser that has these options; see start_stressor (stressors.py) for the other end."""
    parser = ArgumentParser(description=description)
    parser.add_argument("--stack-directory", required=True, help="names the stack it belongs to")
    parser.add_argument("--expires-seconds", type=float, required=True)
    return parser
