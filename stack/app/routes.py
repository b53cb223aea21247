"""The HTTP API: each route reads its input, calls one part of the shop, and answers in JSON."""

from hmac import compare_digest

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue

from stack.app.errors import ApiError
from stack.app.metrics import PAYMENT_METHODS
from stack.app.orders import MOST_TICKETS_PER_ORDER
from stack.app.request_fields import LARGEST_ID, idempotency_key, is_token, json_body
from stack.app.shop import Shop
from stack.app.tokens import LONGEST_TOKEN

HIGHEST_ADMISSION_RATE_PER_SECOND = 100_000


def blueprint(shop: Shop) -> Blueprint:
    """All routes of the API over one shop."""
    routes = Blueprint("api", __name__)

    @routes.get("/health")
    def health() -> ResponseReturnValue:
        return {"status": "ok"}

    @routes.get("/health/ready")
    def ready() -> ResponseReturnValue:
        states = shop.readiness.states()
        named = {name: "ok" if answers else "unavailable" for name, answers in states.items()}
        if all(states.values()):
            return {"status": "ok", "dependencies": named}
        return {"status": "unavailable", "dependencies": named}, 503

    @routes.get("/api/events")
    def events() -> ResponseReturnValue:
        return Response(shop.catalogue.events_json(), mimetype="application/json")

    @routes.get("/api/events/<int:id>")
    def event(id: int) -> ResponseReturnValue:
        found = shop.catalogue.event(id)
        if found is None:
            raise ApiError(404, "no such event", field="id")
        return found

    @routes.post("/api/queue")
    def join_queue() -> ResponseReturnValue:
        event_id = json_body().integer("event_id", lowest=1, highest=LARGEST_ID)
        if not shop.catalogue.has_event(event_id):
            raise ApiError(404, "no such event", field="event_id")
        ticket, position = shop.room.join(event_id)
        return {"ticket": ticket.text, "position": position, "status": "waiting"}, 201

    @routes.get("/api/queue/<ticket>")
    def look_in_queue(ticket: str) -> ResponseReturnValue:
        place = shop.room.look(shop.tokens.read_ticket(ticket))
        answer = {"ticket": ticket, "position": place.position, "status": place.status}
        if place.pass_text is not None:
            answer["pass"] = place.pass_text
        return answer

    @routes.delete("/api/queue/<ticket>")
    def leave_queue(ticket: str) -> ResponseReturnValue:
        shop.room.leave(shop.tokens.read_ticket(ticket))
        return "", 204

    @routes.post("/api/orders")
    def create_order() -> ResponseReturnValue:
        body = json_body()
        event_id = body.integer("event_id", lowest=1, highest=LARGEST_ID)
        quantity = body.integer("quantity", lowest=1, highest=MOST_TICKETS_PER_ORDER)
        used = shop.tokens.read_pass(body.token("pass", longest=LONGEST_TOKEN))
        order = shop.orders.reserve(event_id, quantity, used)
        shop.room.has_ordered(used)
        return order.as_json(), 201

    @routes.get("/api/orders/<id>")
    def order(id: str) -> ResponseReturnValue:
        if not is_token(id):
            raise ApiError(404, "no such order", field="id")
        return shop.orders.get(id).as_json()

    @routes.post("/api/payments")
    def pay() -> ResponseReturnValue:
        key = idempotency_key()
        body = json_body()
        order_id = body.token("order_id", longest=64)
        method = body.choice("method", PAYMENT_METHODS)
        answer = shop.payments.pay(key, order_id, method)
        return jsonify(answer.body), answer.status

    @routes.put("/api/admin/admission")
    def set_admission() -> ResponseReturnValue:
        _require_admin(shop.admin_token)
        rate_per_second = json_body().number(
            "rate_per_second", lowest=0, highest=HIGHEST_ADMISSION_RATE_PER_SECOND
        )
        shop.admission.set_rate(rate_per_second)
        return {"rate_per_second": rate_per_second}

    return routes


def _require_admin(token: str | None) -> None:
    if token is None:
        raise ApiError(404, "this shop has no admin token, so nothing here can be set")
    sent = request.headers.get("Authorization", "")
    if not compare_digest(sent.encode(errors="replace"), f"Bearer {token}".encode()):
        raise ApiError(401, "send Authorization: Bearer and the admin token", field="Authorization")
