"""The load ledger: what was offered, started and answered in each second, one JSON line a second.

Where the environment variable LOAD_LEDGER names a file, each second of a run appends a line to it:

- at: unix seconds at which the second began; seconds: its length (1, less for a run's last line)
- offered: arrivals due in it; started: those that were let in; shed: those that were not, because
  Locust had stalled or too many were in flight
- completed: visits that ended in it, with any answer; failed: those of them that ended with an
  answer nobody expects (a declined payment is an answer); in_flight: visits going on at its end
- abandoned: visits that the end of the run cut off
- requests, request_failures: HTTP requests that ended in it, as in Locust's own statistics
- outcomes: how the completed visits ended, by name

Over a run: offered = started + shed, and started = completed + abandoned.

With several workers the master keeps the ledger of all. A line is written once each worker has
told of its second, so it may come some seconds later. Of a worker that is gone, what was due and
never told of is shed, and what was in flight is abandoned. If it comes back, what it did meanwhile
is left out, and a visit that it still ends may stand as abandoned and as completed.
"""

from __future__ import annotations

import enum
import json
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO

COUNTS = (
    "offered",
    "started",
    "shed",
    "completed",
    "failed",
    "abandoned",
    "requests",
    "request_failures",
)


class Outcome(enum.Enum):
    """How a visit ended. All but FAILED are answers the app may well give."""

    BROWSED = "browsed"
    JOINED = "joined"
    ADMITTED = "admitted"
    NOT_ADMITTED = "not_admitted"
    WAITING_ROOM_CLOSED = "waiting_room_closed"
    ORDERED = "ordered"
    SOLD_OUT = "sold_out"
    PAID = "paid"
    DECLINED = "declined"
    # What a visitor of another app than Flash Tickets came for.
    DONE = "done"
    FAILED = "failed"

    @property
    def came_in(self) -> bool:
        """Whether the visitor got as far as being served or waiting."""
        return self not in {Outcome.FAILED, Outcome.WAITING_ROOM_CLOSED}


class Ledger:
    """Counts of the current run, or of the last one, and its lines in a file if there is one."""

    def __init__(
        self,
        path: Path | None,
        clock: Callable[[], float] = time.monotonic,
        wall_clock: Callable[[], float] = time.time,
        tell: Callable[[int, Mapping[str, int], Mapping[str, int]], None] | None = None,
    ) -> None:
        """`tell` gets each second that is over: its number, counts and outcomes.

        Raise OSError where the file cannot be written.
        """
        self._path = path
        self._clock = clock
        self._wall_clock = wall_clock
        self._tell = tell
        self._file: IO[str] | None = None
        self.begun_at = 0.0
        self._begun_at_unix = 0.0
        self._written = 0
        self._seconds: dict[int, Counter[str]] = {}
        self._outcomes: dict[int, Counter[str]] = {}
        self._in_flight_written = 0
        self.running = False
        self.totals: Counter[str] = Counter()
        self.outcomes: Counter[str] = Counter()
        if path is not None:
            path.open("a", encoding="utf-8").close()

    @property
    def in_flight(self) -> int:
        """Visits going on now."""
        return self.totals["started"] - self.totals["completed"] - self.totals["abandoned"]

    def begin(self, elapsed_seconds: float = 0.0) -> None:
        """Begin a run that began so long ago: all counts are zero; what was before is not told."""
        self.begun_at = self._clock() - elapsed_seconds
        self._begun_at_unix = self._wall_clock() - elapsed_seconds
        self._written = int(elapsed_seconds)
        self._seconds = {}
        self._outcomes = {}
        self._in_flight_written = 0
        self.totals = Counter()
        self.outcomes = Counter()
        self.running = True
        if self._path is not None:
            self._file = self._path.open("a", encoding="utf-8")

    def count(self, what: str, at: float | None = None) -> None:
        """Count one of COUNTS, in the second that holds `at` (now, if not given)."""
        self._seconds.setdefault(self._second(at), Counter())[what] += 1
        self.totals[what] += 1

    def add(self, second: int, counts: Mapping[str, int], outcomes: Mapping[str, int]) -> None:
        """Add what another process told of a second of this run."""
        second = max(self._written, second)
        self._seconds.setdefault(second, Counter()).update(counts)
        self._outcomes.setdefault(second, Counter()).update(outcomes)
        self.totals.update(counts)
        self.outcomes.update(outcomes)

    def complete(self, outcome: Outcome) -> None:
        """Count a visit that ended, and how."""
        self.count("completed")
        if outcome is Outcome.FAILED:
            self.count("failed")
        self._outcomes.setdefault(self._second(None), Counter())[outcome.value] += 1
        self.outcomes[outcome.value] += 1

    def roll(self, now: float) -> None:
        """Write each second that is over. Raise OSError where the file cannot be written."""
        self.settle(int(now - self.begun_at))

    def settle(self, whole_seconds: int) -> None:
        """Write so many seconds of the run. Raise OSError where the file cannot be written."""
        if whole_seconds > self._written:
            while self._written < whole_seconds:
                self._write(1.0)
            self._flush()

    def seconds_to_next(self) -> float:
        """Seconds until the second that goes on now is over."""
        return max(0.0, self.begun_at + self._written + 1 - self._clock())

    def end(self) -> None:
        """End the run: visits still in flight are abandoned, the last part of a second written."""
        if not self.running:
            return
        self.running = False
        for _ in range(self.in_flight):
            self.count("abandoned")
        now = self._clock()
        self.roll(now)
        self._write(now - self.begun_at - self._written)
        self._flush()
        if self._file is not None:
            self._file.close()
            self._file = None

    def _second(self, at: float | None) -> int:
        moment = self._clock() if at is None else at
        # A second that is written stays as it is: what comes late counts in the next.
        return max(self._written, int(moment - self.begun_at))

    def _write(self, seconds: float) -> None:
        counts = self._seconds.pop(self._written, Counter())
        outcomes = self._outcomes.pop(self._written, Counter())
        self._in_flight_written += counts["started"] - counts["completed"] - counts["abandoned"]
        if self._file is not None:
            line = {
                "at": round(self._begun_at_unix + self._written, 3),
                "seconds": round(seconds, 3),
                **{what: counts[what] for what in COUNTS},
                "in_flight": self._in_flight_written,
                "outcomes": dict(outcomes),
            }
            self._file.write(json.dumps(line) + "\n")
        if self._tell is not None:
            self._tell(self._written, counts, outcomes)
        self._written += 1

    def _flush(self) -> None:
        if self._file is not None:
            self._file.flush()
