"""The endpoint for Alertmanager's webhook, payload version 4: POST /receivers/<name>/webhook.

Stored before it is answered with 200. A write that fails is answered with 503, which Alertmanager
sends again; any other refusal it does not, and is kept as evidence (see refusals.py).
"""

import hashlib
import json
import time
from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from sink.intake import RefusedError, check_receiver_name, json_object, objects_in
from sink.journal import Arrival, NotStoredError
from sink.store import NotificationStore


def webhook_endpoint(store: NotificationStore) -> Blueprint:
    blueprint = Blueprint("webhook", __name__)

    @blueprint.post("/receivers/<receiver>/webhook")
    def take_notification(receiver: str) -> ResponseReturnValue:
        received_at, received_monotonic = time.time(), time.monotonic()
        check_receiver_name(receiver)
        raw, payload = json_object(request.get_data())
        alerts = objects_in(payload, "alerts")
        arrival = Arrival(
            receiver=receiver,
            received_at=received_at,
            received_monotonic=received_monotonic,
            identity=identity_of(receiver, payload.get("groupKey"), alerts),
            raw=raw,
        )
        try:
            return {"seq": store.add(arrival)}
        except NotStoredError as error:
            raise RefusedError(503, f"not stored: {error}") from error

    @blueprint.get("/receivers/<receiver>/health")
    def health(receiver: str) -> ResponseReturnValue:
        """Whether the receiver takes notifications: fails as they do, and is no notification."""
        check_receiver_name(receiver)
        return {"status": "ok"}

    return blueprint


def identity_of(receiver: str, group_key: object, alerts: list[dict[str, Any]]) -> str:
    """A key that is equal for arrivals that say the same: receiver, group, and alerts' states.

    Where an alert is in the list does not matter, nor do annotations, the reason and end times.
    Fields are taken as written, so a missing one differs from an empty one.
    """
    states = sorted(
        json.dumps([alert.get(field) for field in ("fingerprint", "status", "startsAt")])
        for alert in alerts
    )
    said = json.dumps([receiver, group_key, states])
    return hashlib.sha256(said.encode()).hexdigest()
