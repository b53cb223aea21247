"""Runs a command for so many seconds at the most, for who starts one without such a limit.

``python within.py SECONDS COMMAND...``: the exit code is the command's, or 124 where it was not at
its end by then, which is said on standard error. It stands alone, as it is started by its path.
"""

import subprocess
import sys

NOT_AT_ITS_END = 124


def main(seconds: str, *command: str) -> int:
    try:
        return subprocess.run(command, timeout=float(seconds), check=False).returncode
    except subprocess.TimeoutExpired:
        sys.stderr.write(f"not at its end after {seconds} s: {' '.join(command)}\n")
        return NOT_AT_ITS_END
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
