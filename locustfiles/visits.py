"""What a visitor does at the ticket app: looks around, waits, orders, pays."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping
from operator import itemgetter
from typing import Any

import gevent
from locust.contrib.fasthttp import FastHttpSession

from locustfiles.ledger import Outcome

# A visitor looks again soon, then less often, and leaves after ten seconds.
POLL_DELAYS_SECONDS = (0.2, 0.3, 0.5, *(1.0,) * 9)
METHODS = ("card", "wallet")
TICKETS = 1
# A buyer in so many looks at the catalogue first, so that sold-out events are noticed.
TURNS_PER_LOOK = 20


class VisitEndedError(Exception):
    """The visit went no further than this."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.value)
        self.outcome = outcome


class Shelf:
    """The events on sale as the visitors of one run last saw them, given out in turn."""

    def __init__(self) -> None:
        self._event_ids: list[int] = []
        self._turn = 0

    def see(self, catalogue: list[dict[str, int]]) -> None:
        """Remember a catalogue. Raise TypeError or KeyError where it is none."""
        stock = {event["id"]: event["stock"] for event in catalogue}
        self._event_ids = [id_ for id_, left in stock.items() if left >= TICKETS] or list(stock)

    def is_empty(self) -> bool:
        return not self._event_ids

    def next_event_id(self) -> int:
        """Return the next event. Raise VisitEndedError where nothing is on sale."""
        if not self._event_ids:
            raise VisitEndedError(Outcome.SOLD_OUT)
        self._turn += 1
        return self._event_ids[self._turn % len(self._event_ids)]


class Visitor:
    """One visitor with a connection; each method is one step, its requests named by route.

    A step raises VisitEndedError when the visit cannot go on: the app's answer says so, or is
    none that anybody expects.
    """

    def __init__(self, session: FastHttpSession, shelf: Shelf) -> None:
        self._session = session
        self._shelf = shelf

    def look_at_catalogue(self) -> None:
        self.ask("GET", "/api/events", {200: self._shelf.see})

    def look_at_event(self, event_id: int) -> None:
        self.ask(
            "GET", "/api/events/<int:id>", {200: itemgetter("id")}, path=f"/api/events/{event_id}"
        )

    def choose_event(self, *, look_first: bool) -> int:
        """Return an event's id, after a look at the catalogue if asked or if none was seen yet."""
        if look_first or self._shelf.is_empty():
            self.look_at_catalogue()
        return self._shelf.next_event_id()

    def join(self, event_id: int) -> str:
        """Join the waiting room and return the ticket."""
        readers = {201: itemgetter("ticket"), 503: None}
        status, ticket = self.ask("POST", "/api/queue", readers, body={"event_id": event_id})
        if status == 503:
            raise VisitEndedError(Outcome.WAITING_ROOM_CLOSED)
        return str(ticket)

    def wait_for_pass(self, ticket: str) -> str:
        """Poll until admitted and return the pass; leave if that takes too long."""
        route, path, status = "/api/queue/<ticket>", f"/api/queue/{ticket}", 0
        for delay_seconds in POLL_DELAYS_SECONDS:
            gevent.sleep(delay_seconds)
            status, pass_ = self.ask("GET", route, {200: _pass_if_admitted, 503: None}, path=path)
            if pass_ is not None:
                return str(pass_)
        if status == 503:
            raise VisitEndedError(Outcome.WAITING_ROOM_CLOSED)
        self.ask("DELETE", route, {204: None, 503: None}, path=path)
        raise VisitEndedError(Outcome.NOT_ADMITTED)

    def order(self, event_id: int, pass_: str) -> object:
        """Reserve tickets and return the order's id."""
        body = {"event_id": event_id, "quantity": TICKETS, "pass": pass_}
        readers = {201: itemgetter("id"), 409: None}
        status, order_id = self.ask("POST", "/api/orders", readers, body=body)
        if status == 409:
            raise VisitEndedError(Outcome.SOLD_OUT)
        return order_id

    def pay(self, order_id: object, method: str) -> Outcome:
        """Pay for the order, once: a payment that failed is not tried again."""
        status, _ = self.ask(
            "POST",
            "/api/payments",
            {201: itemgetter("status"), 402: None},
            body={"order_id": order_id, "method": method},
            headers={"Idempotency-Key": uuid.uuid4().hex},
        )
        return Outcome.PAID if status == 201 else Outcome.DECLINED

    def ask(
        self,
        method: str,
        route: str,
        readers: Mapping[int, Callable[[Any], Any] | None],
        *,
        path: str | None = None,
        body: Mapping[str, object] | None = None,
        headers: dict[str, str] | None = None,
    ) -> tuple[int, Any]:
        """Return the status and what its reader makes of the answer's JSON.

        A status without a reader in the table, or a body its reader cannot read, ends the visit
        as failed and is a failure in Locust's statistics.
        """
        with self._session.request(
            method, path or route, name=route, json=body, headers=headers, catch_response=True
        ) as response:
            status = response.status_code
            if status in readers:
                reader = readers[status]
                try:
                    value = reader(json.loads(response.content)) if reader is not None else None
                except (ValueError, TypeError, KeyError):
                    response.failure(f"{status} with a body that is not what {route} promises")
                else:
                    response.success()
                    return status, value
            elif status:
                response.failure(f"{status} where {', '.join(map(str, readers))} was expected")
        raise VisitEndedError(Outcome.FAILED)


def _pass_if_admitted(answer: dict[str, str]) -> str | None:
    return answer["pass"] if answer["status"] == "admitted" else None


def browse(visitor: Visitor, turn: int) -> Outcome:
    """Look at the catalogue in one turn of three, and at an event's page in the others."""
    if turn % 3 == 0:
        visitor.look_at_catalogue()
    else:
        visitor.look_at_event(visitor.choose_event(look_first=False))
    return Outcome.BROWSED


def be_admitted(visitor: Visitor, turn: int) -> tuple[int, str]:
    """Go through the waiting room; return the event's id and the pass."""
    event_id = visitor.choose_event(look_first=turn % TURNS_PER_LOOK == 0)
    return event_id, visitor.wait_for_pass(visitor.join(event_id))


def buy(visitor: Visitor, turn: int) -> Outcome:
    """Go through the waiting room, order, and pay by card and by wallet in turn."""
    event_id, pass_ = be_admitted(visitor, turn)
    return visitor.pay(visitor.order(event_id, pass_), METHODS[turn % len(METHODS)])


def look_or_buy(visitor: Visitor, turn: int) -> Outcome:
    """Buy in one turn of five, browse in the others."""
    buys, rest = divmod(turn, 5)
    return buy(visitor, buys) if rest == 4 else browse(visitor, turn)
