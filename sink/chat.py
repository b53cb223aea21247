"""What the chat endpoints have in common: a secret URL, and a message that is stored as it came."""

import hashlib
import hmac
import json
import time
from dataclasses import dataclass
from typing import Any

from flask import request

from sink.answers import Answer
from sink.intake import RefusedError, check_receiver_name, json_object
from sink.journal import Arrival, NotStoredError
from sink.store import NotificationStore

JSON_TYPE = "application/json"


@dataclass(frozen=True)
class ChatRequest:
    """One request to a chat endpoint: parsed, and with the moments at which it was there."""

    receiver: str
    received_at: float
    received_monotonic: float
    raw: str
    document: dict[str, Any]


def chat_request(
    receiver: str, secret: str, token: str | None, *, not_found: Answer, unreadable: Answer
) -> ChatRequest:
    """Check who posts, and that it is a JSON object. Raises RefusedError in the service's words."""
    received_at, received_monotonic = time.time(), time.monotonic()
    check_receiver_name(receiver)
    if token is not None and not hmac.compare_digest(secret.encode(), token.encode()):
        raise RefusedError(404, "wrong secret in the URL", not_found)
    if request.mimetype != JSON_TYPE:
        raise RefusedError(400, f"the body is {request.mimetype!r}, not {JSON_TYPE}", unreadable)
    try:
        raw, document = json_object(request.get_data())
    except RefusedError as error:
        raise RefusedError(400, error.why, unreadable) from error
    return ChatRequest(receiver, received_at, received_monotonic, raw, document)


def store_message(store: NotificationStore, kind: str, taken: ChatRequest) -> None:
    """Store it durably. Raises RefusedError with 503, upon which Alertmanager sends it again."""
    said = json.dumps([kind, taken.receiver, taken.raw])
    try:
        store.add(
            Arrival(
                receiver=taken.receiver,
                received_at=taken.received_at,
                received_monotonic=taken.received_monotonic,
                identity=hashlib.sha256(said.encode()).hexdigest(),
                raw=taken.raw,
                kind=kind,
            )
        )
    except NotStoredError as error:
        raise RefusedError(503, f"not stored: {error}") from error
