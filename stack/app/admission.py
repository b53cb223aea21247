"""Admission: a token bucket that lets users out of the waiting room at a set rate."""

import threading
from collections.abc import Callable
from time import monotonic

from stack.app.waiting_room import WaitingRoom

BURST_SECONDS = 1.0


class Admission:
    """Admits `rate_per_second` users on average, at most one second's worth at once.

    Tokens are spent before Redis is asked and given back only when it says that they were not
    used. So nobody is admitted above the rate when an answer is lost, and a Redis that returns
    after an outage is not met by a burst.
    """

    def __init__(
        self,
        room: WaitingRoom,
        rate_per_second: float,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._room = room
        self._clock = clock
        self._lock = threading.Lock()
        self._rate_per_second = rate_per_second
        self._tokens = 0.0
        self._filled_at = clock()

    def set_rate(self, rate_per_second: float) -> None:
        """Admit at another rate from now on, until this process ends; 0 admits nobody."""
        with self._lock:
            self._fill()
            self._rate_per_second = rate_per_second

    def run_once(self) -> None:
        """Admit as many as the time since the last call allows."""
        with self._lock:
            self._fill()
            most = int(self._tokens)
            self._tokens -= most
        admitted = self._room.admit(most)
        with self._lock:
            self._tokens += most - admitted

    def _fill(self) -> None:
        now = self._clock()
        capacity = max(1.0, self._rate_per_second * BURST_SECONDS)
        earned = (now - self._filled_at) * self._rate_per_second
        self._tokens = min(capacity, self._tokens + earned)
        self._filled_at = now
