"""Takes memory until its container holds a ratio of its limit, and holds that level.

Run inside the container, as ``python -c SOURCE USED_RATIO EXPIRES_SECONDS``: this file is all that
is there of the harness, so it needs nothing but Python. End of file on its standard input ends it,
and with it goes its memory.
"""

import mmap
import os
import select
import sys
import time
from pathlib import Path

CGROUP = Path("/sys/fs/cgroup")
CHUNK_BYTES = 2 << 20
LOOK_EVERY_SECONDS = 0.05
OOM_SCORE = Path("/proc/self/oom_score_adj")
FIRST_TO_DIE = "1000"


def used_ratio() -> float:
    """What the container holds of its limit, without its caches; of cgroup v1 and v2 alike."""
    if (CGROUP / "memory.current").exists():
        group, names = CGROUP, ("memory.current", "memory.max", "file")
    else:
        group = CGROUP / "memory"
        names = ("memory.usage_in_bytes", "memory.limit_in_bytes", "total_cache")
    usage, limit, cache = names
    text = (group / "memory.stat").read_text()
    statistics = dict(line.split(" ", 1) for line in text.splitlines())
    held = int((group / usage).read_text()) - int(statistics[cache])
    return held / int((group / limit).read_text())


def written_chunk() -> mmap.mmap:
    """Memory that is really there: a page that was never written is not counted."""
    chunk = mmap.mmap(-1, CHUNK_BYTES, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    chunk[:: mmap.PAGESIZE] = b"\x01" * (CHUNK_BYTES // mmap.PAGESIZE)
    return chunk


def main() -> None:
    target, ends_at = float(sys.argv[1]), time.monotonic() + float(sys.argv[2])
    # Where it takes too much all the same, the kernel ends this process, and not the service.
    OOM_SCORE.write_text(FIRST_TO_DIE)
    os.nice(19)
    held: list[mmap.mmap] = []
    while time.monotonic() < ends_at:
        while held and used_ratio() > target:
            held.pop().close()
        while used_ratio() < target:
            held.append(written_chunk())
        if select.select([sys.stdin], [], [], LOOK_EVERY_SECONDS)[0]:
            break


if __name__ == "__main__":
    main()
