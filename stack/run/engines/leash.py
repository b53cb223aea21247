"""Runs one command that must not outlive the process that asked for it.

Standard input is a pipe that only the asking process holds: at its end of file, however that
process ended, the command's whole process group is killed. Run as a script, by itself:
``python -I -S leash.py COMMAND…``; its exit code is the command's.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading


def main() -> None:
    # The terminal's Ctrl-C goes to the asking process, which ends this one through the pipe.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        command = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, start_new_session=True)
    except OSError as error:
        sys.exit(f"{sys.argv[1]}: {error.strerror}")

    def end_with_the_command() -> None:
        code = command.wait()
        os._exit(code if code >= 0 else 128 - code)

    threading.Thread(target=end_with_the_command).start()
    while os.read(0, 1024):
        pass
    with contextlib.suppress(ProcessLookupError):
        os.killpg(command.pid, signal.SIGKILL)


if __name__ == "__main__":
    main()
