"""Profile: visitors who are admitted, order, and pay, by card and by wallet in turn."""

from __future__ import annotations

from locustfiles import visits
from locustfiles.ledger import Outcome
from locustfiles.open_user import OpenUser
from locustfiles.visits import Visitor


class Payments(OpenUser):
    """One payment a visit, after the waiting room and the order."""

    def visit(self, visitor: Visitor, number: int) -> Outcome:
        return visits.buy(visitor, number)
