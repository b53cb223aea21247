"""What master and workers tell each other about the arrivals, over Locust's own connection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from locustfiles.pace import Stand, Turn

# To the master: a worker has its turn; it tells of a second; of its last; it may not load.
TAKEN, SECOND, OVER, REFUSED = "load_taken", "load_second", "load_over", "load_refused"
# To a worker: its turn; arrivals lost at the others; let nobody else in and finish.
SHARE, LOST, CLOSE = "load_share", "load_lost", "load_close"

# A worker tells of each second, the master sends a heartbeat each second: who says nothing for so
# long is gone. Then the master gives the turn to others, and a worker lets nobody in.
SILENT_SECONDS = 3.0


@dataclass(frozen=True)
class Share:
    """A worker's turn in the schedule of a run, and where that stood so long after its begin.

    Shares are numbered, so that the master knows which of them a worker has taken.
    """

    run: int
    number: int
    elapsed_seconds: float
    turn: Turn
    stand: Stand

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Share:
        return cls(
            told["run"],
            told["number"],
            told["elapsed_seconds"],
            Turn(**told["turn"]),
            Stand(**told["stand"]),
        )
