"""Profile: visitors who look at the catalogue and at event pages; one request a visit."""

from __future__ import annotations

from locustfiles import visits
from locustfiles.ledger import Outcome
from locustfiles.open_user import OpenUser
from locustfiles.visits import Visitor


class Browse(OpenUser):
    """One look in three is at the catalogue, the others go from event to event."""

    def visit(self, visitor: Visitor, number: int) -> Outcome:
        return visits.browse(visitor, number)
