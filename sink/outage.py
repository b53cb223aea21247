"""Receivers that are made to fail, each in one way and until its time is over.

| how            | what the sender of a notification sees                                    |
|----------------|---------------------------------------------------------------------------|
| answers 429    | refused, as a service answers who sends too often                         |
| answers 500    | refused, as a service answers that is broken                              |
| answers slowly | taken and stored; the answer comes after the delay                        |
| never answers  | nothing, until the outage is over: then the connection is closed          |
| closes midway  | the connection is closed once the request was read                        |

What was not taken is not stored, and stands among the refusals.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Literal, get_args

How = Literal["answers 429", "answers 500", "answers slowly", "never answers", "closes midway"]
WAYS: tuple[How, ...] = get_args(How)
STATUSES = {"answers 429": 429, "answers 500": 500}

MOST_HELD = 8
"""Requests that may be kept waiting at once; each holds a thread. Any more are not kept."""


@dataclass
class Outage:
    """One receiver's failing. ``ends_at`` is in seconds of the clock given to ``Outages``."""

    how: How
    delay_seconds: float
    ends_at: float
    over: threading.Event = field(default_factory=threading.Event)
    met: int = 0


class Outages:
    """The receivers that fail now; each heals by itself when its time is over."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._latest: dict[str, Outage] = {}
        self._held = threading.BoundedSemaphore(MOST_HELD)

    def begin(self, receiver: str, how: How, delay_seconds: float, lasts_seconds: float) -> None:
        """Make a receiver fail, in place of what it did until now."""
        with self._lock:
            self._end(receiver)
            self._latest[receiver] = Outage(how, delay_seconds, self._clock() + lasts_seconds)

    def heal(self, receiver: str) -> None:
        """End a receiver's failing; who is kept waiting is let go at once."""
        with self._lock:
            self._end(receiver)

    def heal_all(self) -> None:
        with self._lock:
            for receiver in self._latest:
                self._end(receiver)

    def meet(self, receiver: str, *, counted: bool) -> Outage | None:
        """The outage that a request for this receiver meets now; None without one."""
        with self._lock:
            outage = self._active(receiver)
            if outage is not None and counted:
                outage.met += 1
            return outage

    def hold(self, outage: Outage, seconds: float | None = None) -> None:
        """Keep the caller waiting until the outage is over, or for so long if that is shorter."""
        if not self._held.acquire(blocking=False):
            return
        try:
            left = max(0.0, outage.ends_at - self._clock())
            outage.over.wait(left if seconds is None else min(left, seconds))
        finally:
            self._held.release()

    def state(self, receiver: str) -> dict[str, Any]:
        """What is in force, and how many met the latest outage, kept after it has ended."""
        with self._lock:
            latest = self._latest.get(receiver)
            active = self._active(receiver)
            return {
                "active": active is not None,
                "how": active.how if active else "",
                "delay_seconds": active.delay_seconds if active else 0.0,
                "expires_in_seconds": active.ends_at - self._clock() if active else 0.0,
                "notifications_met": latest.met if latest else 0,
            }

    def _active(self, receiver: str) -> Outage | None:
        outage = self._latest.get(receiver)
        return outage if outage is not None and self._clock() < outage.ends_at else None

    def _end(self, receiver: str) -> None:
        outage = self._latest.get(receiver)
        if outage is not None:
            outage.ends_at = min(outage.ends_at, self._clock())
            outage.over.set()
