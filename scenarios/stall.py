"""Measures how the host treats the harness: the worst stall of a thread that only keeps time."""

import threading
import time
from collections import deque

BEAT_SECONDS = 0.02


class StallMonitor:
    """One thread a process; ``worst`` tells the longest overlong beat between two times."""

    def __init__(self) -> None:
        # Only beats that were late are kept: (unix seconds at the end of the beat, lateness).
        self._late: deque[tuple[float, float]] = deque(maxlen=100_000)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="stall monitor", daemon=True)
        self._thread.start()

    def worst(self, began: float, ended: float) -> tuple[float, float]:
        """``(seconds, at)`` of the worst stall within the span; zeros where there was none."""
        late = [(stall, at) for at, stall in list(self._late) if began <= at <= ended]
        return max(late, default=(0.0, 0.0))

    def close(self) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        before = time.monotonic()
        while not self._ended.wait(BEAT_SECONDS):
            now = time.monotonic()
            stall = now - before - BEAT_SECONDS
            if stall > BEAT_SECONDS:
                self._late.append((time.time(), stall))
            before = now
