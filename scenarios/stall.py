"""Measures how the host treats the harness: stalls of a thread, and cores that are never idle."""

import threading
import time
from collections import deque
from collections.abc import Iterable, Mapping

import psutil

from scenarios.own_cpu import own_cpu_seconds

BEAT_SECONDS = 0.02
# The kernel counts in steps of 10 ms: some fifty of them on two cores.
IDLE_EVERY_SECONDS = 0.25
# With less of the cores left than this, what is due has to wait for its turn, at least in part.
LEAST_IDLE_RATIO = 0.1
# Of all cores. What a host does besides drills stays far below, and a drill alone leaves far more.
MOST_TO_STRANGERS_RATIO = 0.5
# Every program that starts takes a core for a moment.
SHORTEST_SATURATION_SECONDS = 1.0


class StallMonitor:
    """One thread a process; ``worst`` tells the longest overlong beat between two times,
    ``saturated`` the spans in which the host had no core left, and ``taken_by_strangers`` those of
    them in which most of it went to programs that this process did not start."""

    def __init__(self) -> None:
        # Only beats that were late are kept: (unix seconds at the end of the beat, lateness).
        self._late: deque[tuple[float, float]] = deque(maxlen=100_000)
        # (began, ended) of what was measured as busy, in unix seconds.
        self._busy: deque[tuple[float, float]] = deque(maxlen=100_000)
        self._taken: deque[tuple[float, float]] = deque(maxlen=100_000)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="stall monitor", daemon=True)
        self._thread.start()

    def worst(self, began: float, ended: float) -> tuple[float, float]:
        """``(seconds, at)`` of the worst stall within the span; zeros where there was none."""
        late = [(stall, at) for at, stall in list(self._late) if began <= at <= ended]
        return max(late, default=(0.0, 0.0))

    def saturated(self, began: float, ended: float) -> tuple[tuple[float, float], ...]:
        """From when until when, within the span, no core was idle for a second or more."""
        return long_spans(list(self._busy), began, ended)

    def taken_by_strangers(self, began: float, ended: float) -> tuple[tuple[float, float], ...]:
        """The same where others than this process and its descendants used most of the cores."""
        return long_spans(list(self._taken), began, ended)

    def close(self) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        before = time.monotonic()
        idle_at, counted = time.time(), psutil.cpu_times()._asdict()
        own: float | None = None
        while not self._ended.wait(BEAT_SECONDS):
            now = time.monotonic()
            stall = now - before - BEAT_SECONDS
            if stall > BEAT_SECONDS:
                self._late.append((time.time(), stall))
            before = now
            if time.time() - idle_at >= IDLE_EVERY_SECONDS:
                at, counts = time.time(), psutil.cpu_times()._asdict()
                own_before, own = own, None
                if idle_ratio(counted, counts) < LEAST_IDLE_RATIO:
                    self._busy.append((idle_at, at))
                    # Only now, as it means to look at each process; so the first look has no past.
                    own = own_cpu_seconds()
                    if own_before is not None and (
                        strangers_ratio(counted, counts, own - own_before) > MOST_TO_STRANGERS_RATIO
                    ):
                        self._taken.append((idle_at, at))
                idle_at, counted = at, counts


def long_spans(
    busy: Iterable[tuple[float, float]], began: float, ended: float
) -> tuple[tuple[float, float], ...]:
    """What of these spans, joined where they touch, lasts, and lies between the two times."""
    spans: list[tuple[float, float]] = []
    for start, end in busy:
        if spans and start - spans[-1][1] < BEAT_SECONDS:
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
    return tuple(
        (max(start, began), min(end, ended))
        for start, end in spans
        if end - start >= SHORTEST_SATURATION_SECONDS and start < ended and end > began
    )


def idle_ratio(before: Mapping[str, float], after: Mapping[str, float]) -> float:
    """The part of all cores that was idle, or waited for a disk, between two counts."""
    total = total_seconds(before, after)
    idle = sum(after[name] - before[name] for name in ("idle", "iowait") if name in after)
    return idle / total if total > 0 else 1.0


def strangers_ratio(
    before: Mapping[str, float], after: Mapping[str, float], own_seconds: float
) -> float:
    """The part of all cores that was neither idle nor used by the run's own processes.

    What other virtual machines took of them is in it.
    """
    total = total_seconds(before, after)
    return 1.0 - idle_ratio(before, after) - own_seconds / total if total > 0 else 0.0


def total_seconds(before: Mapping[str, float], after: Mapping[str, float]) -> float:
    """All that the kernel counted between two counts, of all cores."""
    # Of guests it says that they are counted as user and nice too.
    return sum(after[name] - before[name] for name in after if not name.startswith("guest"))
