"""Control of receivers that are to fail: PUT, GET and DELETE /control/receivers/<name>.

The body of PUT is {"how": one of outage.WAYS, "delay_seconds": for "answers slowly",
"expires_in_seconds": when it heals by itself}. The token is the sink's own.
"""

import math
from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from sink.intake import RefusedError, check_receiver_name, json_object
from sink.outage import WAYS, How, Outages

LONGEST_OUTAGE_SECONDS = 86_400
LONGEST_DELAY_SECONDS = 300


def control_api(outages: Outages) -> Blueprint:
    blueprint = Blueprint("control", __name__)

    @blueprint.put("/control/receivers/<receiver>")
    def fail(receiver: str) -> ResponseReturnValue:
        check_receiver_name(receiver)
        _, body = json_object(request.get_data())
        unknown = sorted(set(body) - {"how", "delay_seconds", "expires_in_seconds"})
        if unknown:
            raise RefusedError(400, f"unknown field {unknown[0]!r}")
        how = _how(body)
        slow = how == "answers slowly"
        delay = _seconds(body, "delay_seconds", LONGEST_DELAY_SECONDS) if slow else 0.0
        if not slow and "delay_seconds" in body:
            raise RefusedError(400, f"delay_seconds says nothing of a receiver that {how}")
        lasts = _seconds(body, "expires_in_seconds", LONGEST_OUTAGE_SECONDS)
        outages.begin(receiver, how, delay, lasts)
        return outages.state(receiver)

    @blueprint.get("/control/receivers/<receiver>")
    def state(receiver: str) -> ResponseReturnValue:
        check_receiver_name(receiver)
        return outages.state(receiver)

    @blueprint.delete("/control/receivers/<receiver>")
    def heal(receiver: str) -> ResponseReturnValue:
        check_receiver_name(receiver)
        outages.heal(receiver)
        return outages.state(receiver)

    return blueprint


def _how(body: dict[str, Any]) -> How:
    for way in WAYS:
        if body.get("how") == way:
            return way
    raise RefusedError(400, f"how must be one of: {', '.join(WAYS)}; not {body.get('how')!r}")


def _seconds(body: dict[str, Any], name: str, longest: float) -> float:
    if name not in body:
        raise RefusedError(400, f"{name} is missing")
    value = body[name]
    if type(value) not in (int, float) or not math.isfinite(value) or not 0 < value <= longest:
        raise RefusedError(400, f"{name} must be a number above 0, at most {longest:g}")
    return float(value)
