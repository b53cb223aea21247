"""How busy the host's cores are, counted as the rule on node_cpu_seconds_total counts it."""

import time

import psutil


class BusyMeter:
    """Measures from one call to the next.

    The ratio is 1 - (idle time of all cores / elapsed time / cores), as of
    ``1 - avg(rate(node_cpu_seconds_total{mode="idle"}[…]))``: waiting for a disk and time stolen
    by a hypervisor count as busy.
    """

    def __init__(self) -> None:
        self._cores = psutil.cpu_count() or 1
        self._idle_seconds, self._at = _idle_seconds(), time.monotonic()

    def busy_ratio(self) -> float:
        """The ratio since the last call, or since construction."""
        idle_seconds, at = _idle_seconds(), time.monotonic()
        elapsed = at - self._at
        idle = (idle_seconds - self._idle_seconds) / (elapsed * self._cores) if elapsed else 0.0
        self._idle_seconds, self._at = idle_seconds, at
        return min(1.0, max(0.0, 1 - idle))


def _idle_seconds() -> float:
    return float(psutil.cpu_times().idle)
