"""``python -m stack up``: a whole local stack to look at and to load by hand, until Ctrl-C."""

import argparse
import signal
import sys
import time
from collections.abc import Callable
from types import FrameType

from stack.run.engines import EngineError, require
from stack.run.local import ENGINES, LocalStack, new_name
from stack.run.ports import is_free
from stack.run.speed import SpeedError, read_speed
from stack.run.stack import Stack, StackError

LOOK_SECONDS = 1.0
DEFAULT_APP_PORT = 3001
LARGEST_PORT = 65535


def add_to(subcommands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the subcommand; ``run`` of the parsed options is what it does."""
    parser = subcommands.add_parser(
        "up",
        help="start a whole local stack to look at and to load by hand; Ctrl-C ends it",
    )
    parser.add_argument(
        "--speed", default="1", metavar="K", help="K times faster than production (default 1)"
    )
    parser.add_argument(
        "--app-port",
        type=port,
        default=DEFAULT_APP_PORT,
        metavar="PORT",
        help=f"where Flash Tickets listens on 127.0.0.1 (default {DEFAULT_APP_PORT})",
    )
    parser.set_defaults(run=run)


def port(text: str) -> int:
    """A port as a user writes it. Raises argparse.ArgumentTypeError."""
    if text.isdecimal() and 1 <= int(text) <= LARGEST_PORT:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a port from 1 to {LARGEST_PORT}")


def run(options: argparse.Namespace) -> int:
    try:
        up(read_speed(options.speed), options.app_port, _say)
    except (StackError, EngineError, SpeedError) as error:
        sys.stderr.write(f"up: error: {error}\n")
        return 2
    return 0


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def up(speed: float, app_port: int, write_line: Callable[[str], None]) -> None:
    """Start a stack, print where everything is, end it on Ctrl-C or SIGTERM. Raises StackError."""
    if not is_free(app_port):
        raise StackError(
            f"port {app_port} on 127.0.0.1 is in use; end what listens there, or choose another "
            "with --app-port"
        )
    engines = require(ENGINES, write_line)

    def end(_signal: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGINT, end)
    signal.signal(signal.SIGTERM, end)
    stack = LocalStack(
        engines,
        name=new_name("up"),
        speed=speed,
        observes_host=True,
        app_port=app_port,
    )
    try:
        stack.start(write_line)
        write_line(f"{described(stack)}\nCtrl-C ends it.")
        while True:
            time.sleep(LOOK_SECONDS)
            for name, exit_code in stack.dead_services().items():
                raise StackError(
                    f"{name} ended by itself with exit code {exit_code}; the end of its log:\n"
                    f"{stack.process_log(name)}"
                )
    except KeyboardInterrupt:
        write_line("ending the stack")
    finally:
        stack.close()
    write_line("the stack has ended")


def described(stack: Stack) -> str:
    """Where the parts of a running stack are, and what can be done with them."""
    at = stack.addresses
    return "\n".join(
        (
            f"Flash Tickets is up, {stack.speed:g} times faster than production:",
            f"  app            {at.app}/api/events   metrics {at.app_metrics}/metrics",
            f"  Prometheus     {at.prometheus}/api/v1/alerts",
            f"  Alertmanager   {at.alertmanager}/api/v2/alerts/groups",
            f"  notifications  curl -H 'Authorization: Bearer {stack.secrets.sink_token}' "
            f"{at.sink}/notifications",
            f"  Toxiproxy      {at.toxiproxy}/proxies",
            f"  logs           {stack.directory / 'logs'}",
            f"Load it by hand: locust -f locustfiles/normal.py --host {at.app}",
        )
    )
