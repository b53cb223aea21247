"""Fills a small file system to a ratio, and holds what it took until it ends, however it does.

Run as ``python -m stack.faults.disk_full_stressor``. The file it holds has no name, so the kernel
takes the space back with the process; a file system that was mounted for it is unmounted by its
holder (mount_holder.py).
"""

import contextlib
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import IO

from stack.faults.lifeline import Lifeline
from stack.faults.small_disk import LARGEST_BYTES
from stack.faults.stressor_options import stressor_parser

LOOK_EVERY_SECONDS = 0.1


def mounted_for_us(directory: Path, size_bytes: int) -> IO[str]:
    """Have a file system mounted until this pipe is closed. Exits where it cannot be had."""
    holder = subprocess.Popen(
        [
            *(sys.executable, "-m", "stack.faults.mount_holder"),
            *("--directory", str(directory), "--size-bytes", str(size_bytes)),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdin is not None
    assert holder.stdout is not None
    said = holder.stdout.readline().strip()
    # What we started has handed over to a process of its own and is gone.
    holder.wait()
    if said != "mounted":
        sys.exit("disk full stressor has nothing to fill")
    return holder.stdin


def hold(directory: Path, used_ratio: float) -> int:
    """A file without a name that fills the file system to the ratio. Raises OSError."""
    file = os.open(directory, os.O_TMPFILE | os.O_RDWR, 0o600)
    space = os.fstatvfs(file)
    if space.f_blocks * space.f_frsize > LARGEST_BYTES:
        raise OSError(f"it is larger than {LARGEST_BYTES >> 20} MiB, and others may need it")
    used_blocks = space.f_blocks - space.f_bavail
    wanted_blocks = int(used_ratio * space.f_blocks) - used_blocks
    if wanted_blocks > 0:
        os.posix_fallocate(file, 0, wanted_blocks * space.f_frsize)
    return file


def main() -> None:
    parser = stressor_parser(__doc__)
    parser.add_argument("--directory", type=Path, required=True)
    parser.add_argument("--mount-bytes", type=int, help="mount one of this size there")
    parser.add_argument("--used-ratio", type=float, required=True)
    options = parser.parse_args()

    lifeline = Lifeline(options.expires_seconds)
    with contextlib.ExitStack() as held:
        if options.mount_bytes is not None:
            held.enter_context(mounted_for_us(options.directory, options.mount_bytes))
        try:
            hold(options.directory, options.used_ratio)
        except OSError as error:
            sys.exit(f"disk full stressor cannot fill {options.directory}: {error}")
        while lifeline.over() is None:
            time.sleep(LOOK_EVERY_SECONDS)
    sys.stderr.write(f"disk full stressor ends: {lifeline.over()}\n")


if __name__ == "__main__":
    main()
