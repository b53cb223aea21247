"""Load of the example: pictures to shrink, one a visit."""

from locustfiles.ledger import Outcome
from locustfiles.open_user import OpenUser
from locustfiles.visits import Visitor


class Pictures(OpenUser):
    def visit(self, visitor: Visitor, number: int) -> Outcome:
        visitor.ask("POST", "/thumbnails", {202: None}, body={"picture": number})
        return Outcome.DONE
