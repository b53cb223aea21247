"""Profile: visitors who join the waiting room and poll until they are admitted, or give up.

Not called queue.py: Locust puts a locustfile into sys.modules under its bare name, and this one
would take the place of the standard library's queue.
"""

from __future__ import annotations

from locustfiles import visits
from locustfiles.ledger import Outcome
from locustfiles.open_user import OpenUser
from locustfiles.visits import Visitor


class WaitingRoom(OpenUser):
    """Three requests a visit or more: join, and a look now and then."""

    def visit(self, visitor: Visitor, number: int) -> Outcome:
        visits.be_admitted(visitor, number)
        return Outcome.ADMITTED
