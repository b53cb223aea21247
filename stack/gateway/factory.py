"""The payment gateway as a Flask application: charges for shops, control for operators."""

import json
import logging
import re
import threading
from hmac import compare_digest
from typing import Any, get_args

from flask import Flask, Response, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from stack.gateway.disturbance import Control, Failure
from stack.gateway.ledger import Charge, KeyInProgressError, Ledger

log = logging.getLogger(__name__)

METHODS = ("card", "wallet")
FAILURES: tuple[Failure, ...] = get_args(Failure)
LARGEST_AMOUNT_CENTS = 100_000_000
LONGEST_DELAY_SECONDS = 300
LONGEST_DISTURBANCE_SECONDS = 86_400
LARGEST_PAGE = 10_000
# Charges held back by a delay hold a thread each; control needs some that no charge can take.
MOST_CHARGES_AT_ONCE = 120
THREADS = MOST_CHARGES_AT_ONCE + 8
MOST_BODY_BYTES = 16 * 1024
_KEY = re.compile(r"[!-~]{1,200}")


class GatewayError(Exception):
    """A request that is answered with an error: a status, and the field at fault."""

    def __init__(self, status: int, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.field = field


def create_app(ledger: Ledger, control: Control, control_token: str) -> Flask:
    """The gateway over one ledger, disturbed as `control` says."""
    app = Flask("stack.gateway", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MOST_BODY_BYTES
    app.url_map.merge_slashes = False
    _answer_errors_in_json(app)
    charge_slots = threading.BoundedSemaphore(MOST_CHARGES_AT_ONCE)

    @app.get("/health")
    def health() -> ResponseReturnValue:
        return {"status": "ok"}

    @app.post("/charges")
    def charge() -> ResponseReturnValue:
        key = _idempotency_key()
        body = _json_body()
        amount_cents = body.get("amount_cents")
        if type(amount_cents) is not int or not 1 <= amount_cents <= LARGEST_AMOUNT_CENTS:
            raise GatewayError(
                400,
                f"amount_cents must be a whole number, 1 to {LARGEST_AMOUNT_CENTS}",
                "amount_cents",
            )
        method = body.get("method")
        if not isinstance(method, str) or method not in METHODS:
            raise GatewayError(400, f"method must be one of: {', '.join(METHODS)}", "method")
        if not charge_slots.acquire(blocking=False):
            raise GatewayError(503, "too many charges are under way; ask again with the same key")
        try:
            return _answer(_decide(ledger, control, key, amount_cents, method))
        finally:
            charge_slots.release()

    @app.get("/charges")
    def charges() -> ResponseReturnValue:
        return ledger.page(
            after=_query_number("after", 0), limit=_query_number("limit", LARGEST_PAGE)
        )

    @app.put("/control")
    def disturb() -> ResponseReturnValue:
        _require(control_token)
        body = _json_body()
        control.disturb(
            failure_ratio=_number(body, "failure_ratio", highest=1, default=0),
            delay_seconds=_number(body, "delay_seconds", highest=LONGEST_DELAY_SECONDS, default=0),
            lasts_seconds=_seconds_until_healed(body),
            failure=_failure(body),
        )
        return control.state()

    @app.get("/control")
    def state() -> ResponseReturnValue:
        _require(control_token)
        return control.state()

    @app.delete("/control")
    def heal() -> ResponseReturnValue:
        _require(control_token)
        control.heal()
        return control.state()

    return app


def _decide(ledger: Ledger, control: Control, key: str, amount_cents: int, method: str) -> Charge:
    # A slow gateway charges late rather than never: the caller may be gone by then, which is the
    # case that callers must be ready for.
    with ledger.turn(key, LONGEST_DELAY_SECONDS + 10) as earlier:
        if earlier is None:
            fails = control.fails_next(method)
            failure = control.failure()
            control.wait_out_delay()
            if fails and failure == "error":
                # Not decided, so not recorded: asked again with the same key, it may succeed.
                raise GatewayError(500, "this charge was not made; ask again with the same key")
            status = "declined" if fails else "succeeded"
            return ledger.record(key, amount_cents, method, status)
    if (earlier.amount_cents, earlier.method) != (amount_cents, method):
        raise GatewayError(422, "this key was used for another charge", "Idempotency-Key")
    control.wait_out_delay()
    return earlier


def _answer(charge: Charge) -> ResponseReturnValue:
    if charge.status == "declined":
        return {"status": "declined"}, 402
    return {"id": charge.id, "status": charge.status}, 201


def _answer_errors_in_json(app: Flask) -> None:
    def error_response(status: int, message: str, field: str | None = None) -> Response:
        response = jsonify(error={"message": message, "field": field})
        response.status_code = status
        return response

    @app.errorhandler(GatewayError)
    def gateway_error(error: GatewayError) -> Response:
        return error_response(error.status, error.message, error.field)

    @app.errorhandler(KeyInProgressError)
    def in_progress(error: KeyInProgressError) -> Response:
        return error_response(409, str(error), "Idempotency-Key")

    @app.errorhandler(HTTPException)
    def http_exception(error: HTTPException) -> Response:
        return error_response(error.code or 500, error.description or error.name)

    @app.errorhandler(Exception)
    def unforeseen(error: Exception) -> Response:
        log.error("unforeseen failure", exc_info=error)
        return error_response(500, "the gateway failed to handle this request")


def _require(token: str) -> None:
    sent = request.headers.get("Authorization", "")
    if not compare_digest(sent.encode(errors="replace"), f"Bearer {token}".encode()):
        raise GatewayError(401, "send Authorization: Bearer and the control token", "Authorization")


def _idempotency_key() -> str:
    key = request.headers.get("Idempotency-Key", "")
    if not _KEY.fullmatch(key):
        raise GatewayError(
            400, "send an Idempotency-Key of 1 to 200 printable characters", "Idempotency-Key"
        )
    return key


def _json_body() -> dict[str, Any]:
    if request.mimetype != "application/json":
        raise GatewayError(415, "send the body as application/json", "Content-Type")
    try:
        body = json.loads(request.get_data(cache=False))
    except (ValueError, RecursionError):
        raise GatewayError(400, "the body is not valid JSON", "body") from None
    if not isinstance(body, dict):
        raise GatewayError(400, "the body must be a JSON object", "body")
    return body


def _number(body: dict[str, Any], name: str, *, highest: float, default: float) -> float:
    value = body.get(name, default)
    if type(value) not in (int, float) or not 0 <= value <= highest:
        raise GatewayError(400, f"{name} must be a number, 0 to {highest:g}", name)
    return float(value)


def _failure(body: dict[str, Any]) -> Failure:
    value: Failure = body.get("failure", FAILURES[0])
    if value not in FAILURES:
        raise GatewayError(400, f"failure must be one of: {', '.join(FAILURES)}", "failure")
    return value


def _seconds_until_healed(body: dict[str, Any]) -> float:
    name = "expires_in_seconds"
    if name not in body:
        raise GatewayError(400, f"{name} is missing: say when to heal", name)
    seconds = _number(body, name, highest=LONGEST_DISTURBANCE_SECONDS, default=0)
    if seconds == 0:
        raise GatewayError(400, f"{name} must be above 0", name)
    return seconds


def _query_number(name: str, default: int) -> int:
    text = request.args.get(name, str(default))
    if not (text.isascii() and text.isdecimal() and len(text) <= 9):
        raise GatewayError(400, f"{name} must be a whole number from 0", name)
    return min(int(text), LARGEST_PAGE) if name == "limit" else int(text)
