"""The CPU time that a run itself has used: this process and all that it started."""

import psutil


def own_cpu_seconds() -> float:
    """Of this process and its descendants, those that ended included.

    What has ended is counted by its parent, once that has taken note of it, and so on upwards. A
    process that no longer descends from this one, as its parent ended first, is a stranger's.
    """
    own = psutil.Process()
    total = 0.0
    for process in (own, *own.children(recursive=True)):
        try:
            total += sum(process.cpu_times()[:4])
        except psutil.NoSuchProcess:
            # It ended since it was listed: from now on its parent counts it.
            continue
    return total
