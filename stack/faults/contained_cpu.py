"""Keeps its container as busy as it takes to use a ratio of its CPU quota.

Run inside the container, as ``python -c SOURCE BUSY_RATIO EXPIRES_SECONDS``: this file is all that
is there of the harness, so it needs nothing but Python. It measures the container and corrects its
own share, so that together with the service it lands on the target. End of file on its standard
input ends it.
"""

import os
import select
import sys
import time
from pathlib import Path

CGROUP = Path("/sys/fs/cgroup")
PERIOD_SECONDS = 0.05
# Part of the error that is corrected in each period: settles in under a second.
GAIN = 0.2
LOWEST_PRIORITY = 19


def quota_cores() -> float:
    """How many cores' time the container may use; of cgroup v1 and v2 alike."""
    if (CGROUP / "cpu.max").exists():
        quota, period = (CGROUP / "cpu.max").read_text().split()
    else:
        quota = (CGROUP / "cpu" / "cpu.cfs_quota_us").read_text()
        period = (CGROUP / "cpu" / "cpu.cfs_period_us").read_text()
    return int(quota) / int(period)


def used_seconds() -> float:
    """CPU time that the container has used so far."""
    if (CGROUP / "cpu.stat").exists():
        text = (CGROUP / "cpu.stat").read_text()
        statistics = dict(line.split(" ", 1) for line in text.splitlines())
        return int(statistics["usage_usec"]) / 1e6
    return int((CGROUP / "cpuacct" / "cpuacct.usage").read_text()) / 1e9


def main() -> None:
    target, ends_at = float(sys.argv[1]), time.monotonic() + float(sys.argv[2])
    # The service comes first: it is to feel no more of this than its quota.
    os.nice(LOWEST_PRIORITY)
    quota, duty = quota_cores(), 0.0
    looked, used = time.monotonic(), used_seconds()
    while looked < ends_at:
        while time.monotonic() - looked < duty * PERIOD_SECONDS:
            pass
        rest = max(0.0, looked + PERIOD_SECONDS - time.monotonic())
        if select.select([sys.stdin], [], [], rest)[0]:
            break
        now, used_now = time.monotonic(), used_seconds()
        busy_ratio = (used_now - used) / (now - looked) / quota
        looked, used = now, used_now
        duty = min(1.0, max(0.0, duty + GAIN * (target - busy_ratio)))


if __name__ == "__main__":
    main()
