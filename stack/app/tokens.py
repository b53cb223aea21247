"""Signed tickets and passes: what a user holds, so that nothing about it needs to be stored."""

import secrets
from dataclasses import dataclass
from hashlib import sha256

from itsdangerous import BadSignature, Signer

from stack.app.errors import ApiError

LONGEST_TOKEN = 200


@dataclass(frozen=True)
class Ticket:
    """A place in the waiting room for one event."""

    text: str
    event_id: int


@dataclass(frozen=True)
class Pass:
    """The right to order once for one event until `expires_at` (unix seconds)."""

    id: str
    ticket_text: str
    event_id: int
    expires_at: float


class Tokens:
    """Makes and reads tickets and passes. A ticket is good for the waiting room only."""

    def __init__(self, secret: str) -> None:
        self._tickets = Signer(secret, salt="ticket", digest_method=sha256)
        self._passes = Signer(secret, salt="pass", digest_method=sha256)

    def new_ticket(self, event_id: int) -> Ticket:
        """A ticket nobody else has."""
        text = self._tickets.sign(f"{event_id}-{secrets.token_hex(12)}").decode()
        return Ticket(text, event_id)

    def read_ticket(self, text: str) -> Ticket:
        """The ticket that was given out as `text`.

        Raises:
            ApiError: 404, this shop never gave out such a ticket.
        """
        try:
            content = _content(self._tickets, text)
        except BadSignature:
            raise ApiError(404, "no such ticket in the waiting room", field="ticket") from None
        return Ticket(text, int(content.partition("-")[0]))

    def new_pass(self, ticket: Ticket, expires_at: float) -> str:
        """The pass of an admitted ticket; the same each time it is asked for."""
        return self._passes.sign(f"{expires_at!r}:{ticket.text}").decode()

    def read_pass(self, text: str) -> Pass:
        """The pass that was given out as `text`, whether or not its time is over.

        Raises:
            ApiError: 403, this shop never gave out such a pass.
        """
        try:
            content = _content(self._passes, text)
        except BadSignature:
            raise ApiError(403, "this pass is not valid", field="pass") from None
        expires_at, _, ticket_text = content.partition(":")
        ticket = self.read_ticket(ticket_text)
        pass_id = ticket_text.partition("-")[2].partition(".")[0]
        return Pass(pass_id, ticket_text, ticket.event_id, float(expires_at))


def _content(signer: Signer, text: str) -> str:
    # The signer encodes as UTF-8, which lone surrogates from a JSON escape cannot be.
    if len(text) > LONGEST_TOKEN or not text.isascii():
        raise BadSignature("not a token of this shop")
    content = signer.unsign(text)
    # Base64 reads one signature in several spellings: its last character has bits that nothing
    # uses, and characters outside its alphabet are skipped. Only the one given out is good.
    if signer.sign(content) != text.encode():
        raise BadSignature("another spelling of a token of this shop")
    return content.decode()
