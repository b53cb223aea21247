"""When arrivals are due: paces (arrivals a second over time) and the schedule that spaces them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol


class Pace(Protocol):
    """How many arrivals a second are due, as a function of time and of the arrivals made."""

    def at(self, elapsed_seconds: float, made: int) -> tuple[float, float]:
        """Return the rate (a second) now, and the elapsed seconds up to which it holds.

        `made` counts the arrivals so far, without those that were lost: shed, failed, turned away.
        """


@dataclass(frozen=True)
class Steady:
    """One rate for ever."""

    rate_per_second: float

    def at(self, elapsed_seconds: float, made: int) -> tuple[float, float]:  # noqa: ARG002
        return self.rate_per_second, math.inf


@dataclass(frozen=True)
class FillThenHold:
    """`fill_per_second` until `fill_count` arrivals were made, `hold_per_second` from then on.

    An arrival that was lost does not count, so the fill goes on until as many visitors as wanted
    are really there.
    """

    fill_per_second: float
    fill_count: int
    hold_per_second: float

    def at(self, elapsed_seconds: float, made: int) -> tuple[float, float]:  # noqa: ARG002
        rate = self.fill_per_second if made < self.fill_count else self.hold_per_second
        return rate, math.inf


@dataclass(frozen=True)
class Step:
    """A rate that holds for so long."""

    seconds: float
    rate_per_second: float


@dataclass(frozen=True)
class Steps:
    """Step after step, and nothing after the last."""

    steps: Sequence[Step]

    @property
    def seconds(self) -> float:
        """How long all steps take together."""
        return sum(step.seconds for step in self.steps)

    def at(self, elapsed_seconds: float, made: int) -> tuple[float, float]:  # noqa: ARG002
        ends_at = 0.0
        for step in self.steps:
            ends_at += step.seconds
            if elapsed_seconds < ends_at:
                return step.rate_per_second, ends_at
        return 0.0, math.inf


@dataclass(frozen=True)
class Stand:
    """Where a schedule stands: elapsed seconds, the part of an arrival due since, arrivals made."""

    position_seconds: float
    credit: float
    offered: int


@dataclass(frozen=True)
class Turn:
    """Of `count` processes that keep one schedule, the one that takes each `count`-th arrival."""

    index: int = 0
    count: int = 1


class Schedule:
    """Evenly spaced arrivals at a pace, worked out from the clock alone.

    A schedule never asks how the arrivals before are doing: that is what makes them open. The
    first is due at once. Times are seconds of one monotonic clock. `pace` is asked anew at each
    look, so that a rate changed in the web UI holds from the next arrival on.

    Several processes may keep the same schedule, each for the arrivals whose `turn` is its own: all
    count all arrivals, so that numbers, limit and fill are those of the whole.
    """

    def __init__(self, pace: Callable[[], Pace], begun_at: float, limit: int | None = None) -> None:
        """`limit` is how many arrivals there may be at most, None for any number."""
        self._pace = pace
        self._begun_at = begun_at
        self._limit = limit
        self._position = 0.0
        self._credit = 1.0
        self.offered = 0
        self.lost = 0
        self.lost_elsewhere = 0
        self.turn = Turn()

    def stand(self) -> Stand:
        return Stand(self._position, self._credit, self.offered)

    def take_up(self, stand: Stand, turn: Turn, begun_at: float) -> None:
        """Go on from where another process stood; times before that are over."""
        self._position, self._credit = stand.position_seconds, stand.credit
        self.offered = stand.offered
        self.turn = turn
        self._begun_at = begun_at

    def due(self, now: float) -> Iterator[float]:
        """Yield the time of each own arrival that fell due since the last call, oldest first."""
        elapsed = now - self._begun_at
        while not self._is_over() and self._position <= elapsed:
            rate, holds_until = self._rate()
            end = min(holds_until, elapsed)
            missing = 1.0 - self._credit
            if rate > 0.0 and self._credit + rate * (end - self._position) >= 1.0:
                self._position += missing / rate
                self._credit = 0.0
                self.offered += 1
                if (self.offered - 1) % self.turn.count == self.turn.index:
                    yield self._begun_at + self._position
            else:
                self._credit += rate * (end - self._position)
                self._position = end
                if end >= elapsed:
                    return

    def lose(self) -> None:
        """Say that one arrival was lost, so that it does not count as made."""
        self.lost += 1

    def rate_per_second(self) -> float:
        """The rate of the own arrivals that holds where the schedule stands."""
        return self._rate()[0] / self.turn.count

    def seconds_to_next(self, now: float) -> float:
        """Seconds until the next look is worth while: an own arrival due, or another rate."""
        if self._is_over():
            return math.inf
        rate, holds_until = self._rate()
        missing = 1.0 - self._credit + (self.turn.index - self.offered) % self.turn.count
        next_at = self._position + missing / rate if rate > 0.0 else math.inf
        return max(0.0, min(next_at, holds_until) - (now - self._begun_at))

    def _rate(self) -> tuple[float, float]:
        made = self.offered - self.lost - self.lost_elsewhere
        return self._pace().at(self._position, made)

    def _is_over(self) -> bool:
        return self._limit is not None and self.offered >= self._limit
