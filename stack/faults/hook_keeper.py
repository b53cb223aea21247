"""Heals a hooked fault when the harness has ended before it did: ``python -m`` this, COMMAND.

Standard input is a pipe of the harness's. A line on it says that the fault is injected, another
that it is healed. Its end without the second says that the harness is gone, however it ended; then
the command is run. Without the first, injecting may still go on: then it is run once more, when
SECONDS have passed, which is what a command may take.
"""

import signal
import subprocess
import sys
import time

INJECTED = b"injected\n"
HEALED = b"healed\n"


def main(seconds: float, command: list[str]) -> int:
    # Both go to the harness, whose end is what counts here.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    said = sys.stdin.buffer.read()
    if said.endswith(HEALED):
        return 0
    exit_code = heal(command)
    if said != INJECTED:
        time.sleep(seconds)
        exit_code = heal(command)
    return exit_code


def heal(command: list[str]) -> int:
    return subprocess.run(command, stdin=subprocess.DEVNULL, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]), sys.argv[2:]))
