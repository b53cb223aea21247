"""Heals a hooked fault when the harness has ended before it did: ``python -m`` this, COMMAND.

Standard input is a pipe of the harness's: a line on it says that the fault is healed. Its end
without one says that the harness is gone, however it ended; then the command is run, once.
"""

import signal
import subprocess
import sys

HEALED = b"healed\n"


def main(command: list[str]) -> int:
    # Both go to the harness, whose end is what counts here.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if sys.stdin.buffer.readline() == HEALED:
        return 0
    return subprocess.run(command, stdin=subprocess.DEVNULL, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
