"""Takes memory until the host is used to a ratio, and holds that level whatever others do.

Run as ``python -m stack.faults.memory_stressor``. SIGTERM ends it as it ends any program that
does not listen to it: at once, and the kernel has the memory back.
"""

import contextlib
import sys
import time
from pathlib import Path

import psutil

from stack.faults.cgroup import memory_room_bytes
from stack.faults.held_memory import CHUNK_BYTES, HeldMemory, held_memory
from stack.faults.lifeline import Lifeline
from stack.faults.memory_sizing import Memory, bytes_to_take
from stack.faults.stressor_options import stressor_parser

LOOK_EVERY_SECONDS = 0.1
OOM_SCORE = Path("/proc/self/oom_score_adj")
FIRST_TO_DIE = "1000"


def memory_now() -> Memory:
    """The host's memory, and what the container leaves, as they are."""
    memory = psutil.virtual_memory()
    return Memory(memory.total, memory.available, memory_room_bytes())


def adjust(held: HeldMemory, used_ratio: float) -> None:
    """Grow or trim to the level, looking again at the host after every chunk. Raises OSError."""
    while (surplus := -bytes_to_take(memory_now(), used_ratio)) > CHUNK_BYTES and held.held_bytes:
        for _ in range(surplus // CHUNK_BYTES):
            held.trim()
    while bytes_to_take(memory_now(), used_ratio) >= CHUNK_BYTES:
        held.grow()


def main() -> None:
    parser = stressor_parser(__doc__)
    parser.add_argument("--used-ratio", type=float, required=True)
    options = parser.parse_args()

    lifeline = Lifeline(options.expires_seconds)
    # Should the host run out all the same, this process is the one to go.
    with contextlib.suppress(OSError):
        OOM_SCORE.write_text(FIRST_TO_DIE)
    held = held_memory()
    while lifeline.over() is None:
        try:
            adjust(held, options.used_ratio)
        except OSError as error:
            sys.stderr.write(f"memory stressor got no more than {held.held_bytes} B: {error}\n")
            break
        time.sleep(LOOK_EVERY_SECONDS)
    sys.stderr.write(f"memory stressor ends: {lifeline.over() or 'it cannot hold the level'}\n")


if __name__ == "__main__":
    main()
