"""Ends a compose project when the harness is gone, as nothing in Python survives its SIGKILL.

``python -m stack.run.compose.keeper PROJECT``: end of file on standard input means that the harness
has ended, however it did, and then the project's containers, networks and volumes are removed. A
line with a number of seconds on standard input before that makes it linger as long first, or until
SIGTERM; the line ``done``, that there is nothing left to do.
"""

import signal
import subprocess
import sys
import time

DOWN_WITHIN_SECONDS = 120
COMPOSE = ("docker", "compose")


def main(project: str) -> None:
    # A Ctrl-C in the terminal goes to the harness, which ends us by closing the pipe.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    linger_seconds = 0.0
    try:
        for line in sys.stdin:
            if line.strip() == "done":
                return
            linger_seconds = float(line)
        time.sleep(linger_seconds)
    except SystemExit:
        down(project)
        raise
    down(project)


def down(project: str) -> None:
    """Remove all of the project; what it was made of is in the engine's own labels."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    subprocess.run(
        [*COMPOSE, "--project-name", project, "down", "--volumes", "--timeout", "1"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=DOWN_WITHIN_SECONDS,
        check=False,
    )


if __name__ == "__main__":
    main(sys.argv[1])
