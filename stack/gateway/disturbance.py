"""What an operator may set: a share of charges to fail, how, and a delay; healing by themselves."""

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from time import monotonic
from typing import Any, Literal

# How a charge that fails is answered: a definite no, or an error after which nobody knows.
Failure = Literal["declined", "error"]

# A ratio is taken as the fraction of the smallest parts that it can mean: 0.3333333 is a third.
SMALLEST_PART = 1_000_000


@dataclass
class Disturbance:
    """One setting, and what happened while it was in force. `ends_at` is on the clock given."""

    failure_ratio: float = 0.0
    delay_seconds: float = 0.0
    ends_at: float = float("-inf")
    failure: Failure = "declined"
    over: threading.Event = field(default_factory=threading.Event)
    attempted: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    debt: dict[str, Fraction] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.ratio = Fraction(self.failure_ratio).limit_denominator(SMALLEST_PART)

    def fails_next(self, method: str) -> bool:
        """Count one charge of this method, and say whether it is one of those to fail.

        Each charge adds the ratio to a debt, and the charge that brings it to one whole fails:
        with a ratio of 1/n exactly every n-th does, in exact arithmetic.
        """
        debt = self.debt.get(method, Fraction(0)) + self.ratio
        fails = debt >= 1
        self.debt[method] = debt - 1 if fails else debt
        self.attempted[method] += 1
        self.failed[method] += int(fails)
        return fails


class Control:
    """The disturbance in force, if any. It ends when its time is over, with nobody's help."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._latest = Disturbance()

    def disturb(
        self,
        failure_ratio: float,
        delay_seconds: float,
        lasts_seconds: float,
        failure: Failure = "declined",
    ) -> None:
        """Replace what is in force; counts start at 0 and charges that are held back go on."""
        with self._lock:
            self._latest.over.set()
            self._latest = Disturbance(
                failure_ratio, delay_seconds, self._clock() + lasts_seconds, failure
            )

    def heal(self) -> None:
        """End what is in force; charges that are held back go on at once."""
        with self._lock:
            self._latest.ends_at = float("-inf")
            self._latest.over.set()

    def fails_next(self, method: str) -> bool:
        """Whether the next charge of this method is to fail."""
        with self._lock:
            return self._is_active() and self._latest.fails_next(method)

    def failure(self) -> Failure:
        """How a charge that fails is answered."""
        with self._lock:
            return self._latest.failure

    def wait_out_delay(self) -> None:
        """Hold the caller back for the delay in force, or until it ends, if that comes first."""
        with self._lock:
            if not self._is_active():
                return
            latest = self._latest
            seconds = min(latest.delay_seconds, latest.ends_at - self._clock())
        if seconds > 0:
            latest.over.wait(seconds)

    def state(self) -> dict[str, Any]:
        """What is in force, and the counts since the latest setting, kept after it has ended."""
        with self._lock:
            latest = self._latest
            active = self._is_active()
            return {
                "active": active,
                "failure_ratio": latest.failure_ratio if active else 0.0,
                "failure": latest.failure,
                "delay_seconds": latest.delay_seconds if active else 0.0,
                "expires_in_seconds": latest.ends_at - self._clock() if active else 0.0,
                "charges_attempted": latest.attempted.total(),
                "charges_failed": latest.failed.total(),
                "by_method": {
                    method: {"attempted": attempted, "failed": latest.failed[method]}
                    for method, attempted in sorted(latest.attempted.items())
                },
            }

    def _is_active(self) -> bool:
        return self._clock() < self._latest.ends_at
