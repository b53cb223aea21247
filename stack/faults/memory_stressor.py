"""Takes memory until the host is used to a ratio, and holds that level whatever others do.

Run as ``python -m stack.faults.memory_stressor``. SIGTERM ends it as it ends any program that
does not listen to it: at once, and the kernel has the memory back.
"""

import argparse
import contextlib
import mmap
import signal
import sys
import threading
import time
from pathlib import Path

import psutil

from stack.faults.cgroup import memory_room_bytes
from stack.faults.lifeline import Lifeline
from stack.faults.memory_sizing import Memory, bytes_to_take

CHUNK_BYTES = 16 << 20
LOOK_EVERY_SECONDS = 0.1
# Linux 5.14; Python has no name for it.
MADV_POPULATE_WRITE = 23
OOM_SCORE = Path("/proc/self/oom_score_adj")
FIRST_TO_DIE = "1000"
RELEASED_BYTES_PER_SECOND = 3 * 2**29


def memory_now() -> Memory:
    """The host's memory, and what the container leaves, as they are."""
    memory = psutil.virtual_memory()
    return Memory(memory.total, memory.available, memory_room_bytes())


class Holding:
    """Memory that is really there: each page written, and none to be merged with another."""

    def __init__(self) -> None:
        self._chunks: list[mmap.mmap] = []

    @property
    def held_bytes(self) -> int:
        return len(self._chunks) * CHUNK_BYTES

    def grow(self) -> None:
        """One chunk more. Raises OSError where the system gives none."""
        chunk = mmap.mmap(-1, CHUNK_BYTES, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        with contextlib.suppress(OSError, AttributeError):
            chunk.madvise(mmap.MADV_UNMERGEABLE)
        # The kernel takes the pages in one go; where it does not know how, the write takes them.
        with contextlib.suppress(OSError, AttributeError):
            chunk.madvise(MADV_POPULATE_WRITE)
        # Pages of zeros could be found out and shared; these are not.
        chunk[:: mmap.PAGESIZE] = b"\x01" * (CHUNK_BYTES // mmap.PAGESIZE)
        self._chunks.append(chunk)

    def trim(self) -> None:
        """One chunk less, if there is one."""
        if self._chunks:
            self._chunks.pop().close()


def adjust(holding: Holding, used_ratio: float, told_to_end: threading.Event) -> None:
    """Grow or trim to the level, looking again at the host after every chunk. Raises OSError."""
    while (surplus := -bytes_to_take(memory_now(), used_ratio)) > CHUNK_BYTES and (
        holding.held_bytes
    ):
        for _ in range(surplus // CHUNK_BYTES):
            holding.trim()
    while bytes_to_take(memory_now(), used_ratio) >= CHUNK_BYTES and not told_to_end.is_set():
        holding.grow()


def release(holding: Holding) -> None:
    """Let go bit by bit: a virtual machine hands freed pages back to its host in passes of two
    seconds, and 20 GiB in one pass were seen to stop every process for a second."""
    while holding.held_bytes:
        holding.trim()
        time.sleep(CHUNK_BYTES / RELEASED_BYTES_PER_SECOND)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stack-directory", required=True, help="names the stack it belongs to")
    parser.add_argument("--used-ratio", type=float, required=True)
    parser.add_argument("--expires-seconds", type=float, required=True)
    options = parser.parse_args()

    lifeline = Lifeline(options.expires_seconds)
    # Should the host run out all the same, this process is the one to go.
    with contextlib.suppress(OSError):
        OOM_SCORE.write_text(FIRST_TO_DIE)
    told_to_end = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: told_to_end.set())
    holding = Holding()
    while lifeline.over() is None and not told_to_end.is_set():
        try:
            adjust(holding, options.used_ratio, told_to_end)
        except OSError as error:
            sys.stderr.write(f"memory stressor got no more than {holding.held_bytes} B: {error}\n")
            break
        told_to_end.wait(LOOK_EVERY_SECONDS)
    if told_to_end.is_set():
        release(holding)
        return
    sys.stderr.write(f"memory stressor ends: {lifeline.over() or 'it cannot hold the level'}\n")


if __name__ == "__main__":
    main()
