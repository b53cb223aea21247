"""Runs a program of this package inside a container, for as long as this process lives.

Run as ``python -m stack.faults.container_stressor``. The program is given as its source, and holds
the other end of a pipe: at end of file it ends. SIGTERM ends this process as it ends any that does
not listen to it, and the kernel closes the pipe.
"""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from stack.faults.lifeline import Lifeline
from stack.faults.stressor_options import stressor_parser

LOOK_EVERY_SECONDS = 0.1
END_WITHIN_SECONDS = 5.0


def main() -> None:
    parser = stressor_parser(__doc__)
    parser.add_argument("--container", required=True)
    parser.add_argument("--program", required=True)
    parser.add_argument("--level", type=float, required=True)
    options = parser.parse_args()

    lifeline = Lifeline(options.expires_seconds)
    spec = find_spec(options.program)
    assert spec is not None
    assert spec.origin is not None
    source = Path(spec.origin).read_text()
    command = [
        *("docker", "exec", "--interactive", options.container),
        *("python", "-c", source, str(options.level), str(options.expires_seconds)),
    ]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as inside:
        while lifeline.over() is None and inside.poll() is None:
            try:
                inside.wait(LOOK_EVERY_SECONDS)
            except subprocess.TimeoutExpired:
                continue
        why = lifeline.over() or f"its program ended with exit code {inside.returncode}"
        assert inside.stdin is not None
        inside.stdin.close()
        try:
            inside.wait(END_WITHIN_SECONDS)
        except subprocess.TimeoutExpired:
            inside.kill()
    sys.stderr.write(f"{options.program} ends: {why}\n")


if __name__ == "__main__":
    main()
