"""A worker as the master sees it, by what it has told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass
class Member:
    """``seconds`` of the run are accounted for, last at ``told_at`` (monotonic).

    ``undecided`` are arrivals of those seconds that were started or shed in the next. ``taken`` is
    the number of the share that it has; one was sent last at ``sent_at`` (monotonic).
    """

    told_at: float
    seconds: int
    sent_at: float = 0.0
    taken: int = 0
    in_flight: int = 0
    undecided: int = 0
    lost: int = 0
    is_over: bool = False

    def told(self, at: float, second: int, counts: Mapping[str, int]) -> None:
        self.told_at = at
        self.seconds = second + 1
        self.in_flight += counts["started"] - counts["completed"] - counts["abandoned"]
        self.undecided += counts["offered"] - counts["started"] - counts["shed"]
