"""Profile: an ordinary day; of five visitors four look around and one buys."""

from __future__ import annotations

from locustfiles import visits
from locustfiles.ledger import Outcome
from locustfiles.open_user import OpenUser
from locustfiles.visits import Visitor


class Normal(OpenUser):
    """The mix is a fixed sequence, so that its rates are as even as the arrivals."""

    def visit(self, visitor: Visitor, number: int) -> Outcome:
        return visits.look_or_buy(visitor, number)
