"""Profile: the moment sales open; visitors pour into the waiting room and stay there.

They come at --fill-per-second until --fill-count of them have joined, then at --hold-per-second:
at the app's admission rate the waiting room stays as full as it is, below it drains. They do not
poll, so one visit is one request.
"""

from __future__ import annotations

from argparse import Namespace
from typing import ClassVar

from locustfiles.ledger import Outcome
from locustfiles.open_user import OpenUser
from locustfiles.pace import FillThenHold, Pace
from locustfiles.settings import MOST_ARRIVALS, MOST_PER_SECOND, Setting, number, rate, whole_number
from locustfiles.visits import Visitor


class Surge(OpenUser):
    """One join a visit."""

    settings: ClassVar[tuple[Setting, ...]] = (
        rate("fill_per_second", 200.0, "Visits that begin each second until the room is full"),
        Setting(
            "fill_count",
            1200,
            whole_number(1, MOST_ARRIVALS),
            "Visitors who must have joined before the surge is over",
        ),
        Setting(
            "hold_per_second",
            50.0,
            number(0, MOST_PER_SECOND),
            "Visits that begin each second after the surge; 0 for none",
        ),
    )

    def pace(self, options: Namespace) -> Pace:
        return FillThenHold(options.fill_per_second, options.fill_count, options.hold_per_second)

    def visit(self, visitor: Visitor, number: int) -> Outcome:  # noqa: ARG002
        visitor.join(visitor.choose_event(look_first=False))
        return Outcome.JOINED
