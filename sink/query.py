"""The query API: what arrived, at which receiver, to the byte, and what was refused."""

import json
import math
from dataclasses import asdict

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from sink.intake import RefusedError
from sink.journal import DISCORD, SLACK, Arrival
from sink.refusals import RefusalLog
from sink.store import NotificationStore, StoppingError, TooManyWaitsError

LONGEST_WAIT_SECONDS = 30.0
LARGEST_LIMIT = 1000


def query_api(store: NotificationStore, refusals: RefusalLog) -> Blueprint:
    blueprint = Blueprint("query", __name__)

    @blueprint.get("/health")
    def health() -> ResponseReturnValue:
        return {"status": "ok"}

    @blueprint.get("/receivers")
    def receivers() -> ResponseReturnValue:
        return {"receivers": {name: asdict(count) for name, count in store.counts().items()}}

    @blueprint.get("/notifications")
    def notifications() -> ResponseReturnValue:
        """Those with numbers above `after`; with none there yet, waits until one is stored."""
        _check_parameters("receiver", "after", "limit", "wait_seconds")
        receiver = request.args.get("receiver")
        after = _whole_number("after", default=0, least=0)
        limit = _whole_number("limit", default=LARGEST_LIMIT, least=1)
        wait_seconds = _seconds("wait_seconds")
        if wait_seconds > 0:
            try:
                store.wait_for_newer(receiver, after, min(wait_seconds, LONGEST_WAIT_SECONDS))
            except TooManyWaitsError as error:
                raise RefusedError(503, f"cannot wait: {error}; ask again") from error
            except StoppingError as error:
                raise RefusedError(503, "cannot wait: the sink is stopping") from error
        page = store.page(receiver, after, min(limit, LARGEST_LIMIT))
        records = ",".join(_record(seq, arrival) for seq, arrival in page.notifications)
        return _json(
            f'{{"last_seq":{page.last_seq},"more":{json.dumps(page.more)},'
            f'"notifications":[{records}]}}'
        )

    @blueprint.get("/messages/<kind>")
    def messages(kind: str) -> ResponseReturnValue:
        """What Slack or Discord was sent, with numbers above `after`; never waits."""
        _check_parameters("receiver", "after", "limit")
        if kind not in (SLACK, DISCORD):
            raise RefusedError(404, f"no messages of {kind!r}: there are {SLACK} and {DISCORD}")
        limit = min(_whole_number("limit", default=LARGEST_LIMIT, least=1), LARGEST_LIMIT)
        after = _whole_number("after", default=0, least=0)
        page = store.page(request.args.get("receiver"), after, limit, kind)
        records = ",".join(_record(seq, arrival) for seq, arrival in page.notifications)
        return _json(f'{{"more":{json.dumps(page.more)},"messages":[{records}]}}')

    @blueprint.get("/notifications/<int:seq>/raw")
    def raw_notification(seq: int) -> ResponseReturnValue:
        arrival = store.get(seq)
        if arrival is None:
            raise RefusedError(404, f"no notification has the number {seq}")
        return _json(arrival.raw)

    @blueprint.get("/refusals")
    def refused_requests() -> ResponseReturnValue:
        newest, total = refusals.newest()
        return {"total": total, "refusals": [asdict(refusal) for refusal in newest]}

    return blueprint


def _record(seq: int, arrival: Arrival) -> str:
    """The body is passed on as the text it came in, so no parser of ours can change it."""
    fields = asdict(arrival)
    body = fields.pop("raw")
    return f'{json.dumps({"seq": seq, **fields})[:-1]},"body":{body}}}'


def _json(text: str) -> Response:
    return Response(text, mimetype="application/json")


def _check_parameters(*known: str) -> None:
    unknown = sorted(set(request.args) - set(known))
    if unknown:
        raise RefusedError(400, f"unknown parameter {unknown[0]!r}: known are {', '.join(known)}")


def _whole_number(name: str, *, default: int, least: int) -> int:
    text = request.args.get(name, str(default))
    if not (text.isascii() and text.isdecimal() and len(text) <= 18 and int(text) >= least):
        raise RefusedError(400, f"{name} must be a whole number from {least} on, not {text!r}")
    return int(text)


def _seconds(name: str) -> float:
    text = request.args.get(name, "0")
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not seconds >= 0:
        raise RefusedError(400, f"{name} must be a number of seconds from 0 on, not {text!r}")
    return seconds
