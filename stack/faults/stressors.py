"""The stressor processes of one stack: started through it, and found from outside."""

import sys
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import psutil

from stack.faults.fault import FaultError
from stack.run.stack import Stack, StackError

STOP_WITHIN_SECONDS = 10.0


def start_stressor(
    stack: Stack,
    name: str,
    module: str,
    arguments: Sequence[str],
    nice: int = 0,
    environment: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Run ``python -m module`` as a process of the stack. Raises FaultError.

    The stack's directory, which no other stack has, stands in its command line.
    """
    command = [sys.executable, "-m", module, "--stack-directory", str(stack.directory), *arguments]
    try:
        stack.start_process(name, command, environment, nice=nice)
    except StackError as error:
        raise FaultError(f"stressor {name} did not start: {error}") from error


def stop_stressor(stack: Stack, name: str) -> None:
    """End it, if it runs. Raises FaultError."""
    try:
        stack.stop_process(name, within_seconds=STOP_WITHIN_SECONDS)
    except StackError as error:
        raise FaultError(f"stressor {name} could not be ended: {error}") from error


def living_stressors(stack: Stack, module: str) -> list[int]:
    """The pids of the stack's processes of this module, by looking at the host's processes."""
    return [
        process.pid
        for process in psutil.process_iter(["cmdline"])
        if module in (process.info["cmdline"] or ())
        and str(stack.directory) in process.info["cmdline"]
    ]
