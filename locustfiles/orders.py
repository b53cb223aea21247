"""Profile: visitors who are admitted and reserve a ticket, but never pay for it."""

from __future__ import annotations

from locustfiles import visits
from locustfiles.ledger import Outcome
from locustfiles.open_user import OpenUser
from locustfiles.visits import Visitor


class Orders(OpenUser):
    """One order a visit, after the waiting room."""

    def visit(self, visitor: Visitor, number: int) -> Outcome:
        visitor.order(*visits.be_admitted(visitor, number))
        return Outcome.ORDERED
