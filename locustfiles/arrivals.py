"""Open arrivals: each visit begins when it is due, whatever became of the one before."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import gevent
from gevent.pool import Group

from locustfiles.ledger import Ledger, Outcome
from locustfiles.pace import Schedule

CATCH_UP_SECONDS = 1.0
LOOK_SECONDS_MAX = 0.25
DRAIN_LOOK_SECONDS = 0.05


class Arrivals:
    """Begins a visit for each arrival that is due, sheds what it cannot begin, and counts both."""

    def __init__(
        self,
        schedule: Schedule,
        ledger: Ledger,
        visit: Callable[[int], Outcome],
        in_flight_max: Callable[[], int],
    ) -> None:
        """`visit` gets the arrival's number, counted from 0; `in_flight_max` is asked often."""
        self._schedule = schedule
        self._ledger = ledger
        self._visit = visit
        self._in_flight_max = in_flight_max
        self._visits = Group()
        self._closed = False

    def run(self) -> None:
        """Let visits in until `close`, then wait for those in flight; if killed, cut them off."""
        try:
            while not self._closed:
                now = time.monotonic()
                self._let_in(now)
                self._ledger.roll(now)
                gevent.sleep(self._seconds_to_next())
            while self._visits:
                self._ledger.roll(time.monotonic())
                self._visits.join(timeout=DRAIN_LOOK_SECONDS)
        finally:
            self._visits.kill(block=True)

    def close(self) -> None:
        """Let nobody else in."""
        self._closed = True

    def _let_in(self, now: float) -> None:
        """Begin what is due, after a stall as many as would fit into CATCH_UP_SECONDS."""
        allowed = max(1, math.ceil(self._schedule.rate_per_second() * CATCH_UP_SECONDS))
        in_flight_max = self._in_flight_max()
        for due_at in self._schedule.due(now):
            self._ledger.count("offered", due_at)
            if allowed > 0 and len(self._visits) < in_flight_max:
                allowed -= 1
                self._ledger.count("started")
                self._visits.add(gevent.spawn(self._go_through, self._schedule.offered - 1))
            else:
                self._ledger.count("shed")
                self._schedule.lose()

    def _go_through(self, number: int) -> None:
        outcome = self._visit(number)
        self._ledger.complete(outcome)
        if not outcome.came_in:
            self._schedule.lose()

    def _seconds_to_next(self) -> float:
        return min(
            self._schedule.seconds_to_next(time.monotonic()),
            self._ledger.seconds_to_next(),
            LOOK_SECONDS_MAX,
        )
