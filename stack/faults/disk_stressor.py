"""Reads small files from their disk again and again, so that the disk is busy to a ratio.

Run as ``python -m stack.faults.disk_stressor``. Reading past the kernel's cache keeps a disk as
busy as writing does, and wears nothing out. There are two requests at most: while one is served
the next is there, however long a busy host takes to wake who asked for it. The files have no name
and are gone with this process.
"""

import mmap
import os
import sys
import threading
import time
from pathlib import Path

from stack.faults.cpu_stressor import PERIOD_SECONDS, next_duty
from stack.faults.disk_device import DiskMeter
from stack.faults.lifeline import Lifeline
from stack.faults.stressor_options import stressor_parser

FILE_BYTES = 16 << 20
READERS = 2
SMALLEST_READ_BYTES = 64 << 10
# Long enough to be woken within it, on a host with other things to do, and short enough to meet
# a share of a period.
READ_SECONDS = 0.01


class UncachedFile:
    """A file without a name whose every read goes to the disk. Raises OSError."""

    def __init__(self, directory: Path) -> None:
        # Direct input and output want memory that is aligned to pages.
        self._content = mmap.mmap(-1, FILE_BYTES)
        self._content.write(os.urandom(FILE_BYTES))
        self._file = os.open(directory, os.O_TMPFILE | os.O_RDWR | os.O_DIRECT, 0o600)
        os.pwrite(self._file, self._content, 0)
        os.fsync(self._file)
        self._read_bytes = SMALLEST_READ_BYTES
        self._offset = 0

    def read(self) -> None:
        """The next piece, which takes this disk about ``READ_SECONDS``."""
        if self._offset + self._read_bytes > FILE_BYTES:
            self._offset = 0
        began = time.monotonic()
        piece = memoryview(self._content)[: self._read_bytes]
        self._offset += os.preadv(self._file, [piece], self._offset)
        took_seconds = time.monotonic() - began
        if took_seconds < READ_SECONDS / 2 and self._read_bytes < FILE_BYTES:
            self._read_bytes *= 2
        elif took_seconds > READ_SECONDS * 2 and self._read_bytes > SMALLEST_READ_BYTES:
            self._read_bytes //= 2


class Readers:
    """Threads that read in the first ``duty`` of each period, all in the same."""

    def __init__(self, directory: Path) -> None:
        self.duty = 0.0
        for file in [UncachedFile(directory) for _ in range(READERS)]:
            threading.Thread(target=self._read, args=(file,), daemon=True).start()

    def _read(self, file: UncachedFile) -> None:
        while True:
            into_period = time.monotonic() % PERIOD_SECONDS
            if into_period < self.duty * PERIOD_SECONDS:
                file.read()
            else:
                time.sleep(PERIOD_SECONDS - into_period)


def main() -> None:
    parser = stressor_parser(__doc__)
    parser.add_argument("--directory", type=Path, required=True)
    parser.add_argument("--disk", required=True, help="the disk that the directory is on")
    parser.add_argument("--busy-ratio", type=float, required=True)
    options = parser.parse_args()

    lifeline = Lifeline(options.expires_seconds)
    # Where somebody waits for a disk an idle core counts as busy: that is to be one core only.
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    try:
        readers = Readers(options.directory)
    except OSError as error:
        sys.exit(f"disk stressor has no file past the cache in {options.directory}: {error}")
    meter = DiskMeter(options.disk)
    while lifeline.over() is None:
        time.sleep(PERIOD_SECONDS)
        readers.duty = next_duty(readers.duty, meter.busy_ratio(), options.busy_ratio)
    sys.stderr.write(f"disk stressor ends: {lifeline.over()}\n")


if __name__ == "__main__":
    main()
