"""Orders: stock is never oversold, a pass is good once, and a reservation ends in time."""

import string
from collections import Counter

import pytest


def test_an_order_reserves_its_tickets_at_the_price_of_the_event(rig):
    price_cents = rig.get("/api/events/2").json()["price_cents"]
    order = rig.order(event_id=2, quantity=3).json()
    assert order["status"] == "reserved"
    assert order["quantity"] == 3
    assert order["amount_cents"] == 3 * price_cents
    assert order["expires_at"] - order["created_at"] == pytest.approx(120)
    assert rig.get(f"/api/orders/{order['id']}").json() == order


def test_a_pass_is_good_for_one_order(rig):
    text = rig.new_pass()
    assert rig.order(text=text).status_code == 201
    again = rig.order(text=text)
    assert again.status_code == 403
    assert again.json()["error"]["field"] == "pass"


def test_a_pass_used_by_many_at_once_makes_one_order(rig):
    text = rig.new_pass()
    statuses = Counter(rig.at_once(20, lambda _: rig.order(text=text).status_code))
    assert statuses == {201: 1, 403: 19}


def test_a_pass_for_another_event_is_refused(rig):
    answer = rig.order(event_id=2, text=rig.new_pass(event_id=1))
    assert answer.status_code == 403
    assert answer.json()["error"]["field"] == "pass"


def test_a_pass_is_not_used_up_by_an_order_that_fails(rig):
    text = rig.new_pass()
    assert rig.order(quantity=0, text=text).status_code == 400
    assert rig.order(quantity=1, text=text).status_code == 201


@pytest.mark.parametrize("change", [0, 10, -2])
def test_a_pass_with_any_character_changed_is_refused(rig, change: int):
    text = list(rig.new_pass())
    text[change] = "0" if text[change] != "0" else "1"
    assert rig.order(text="".join(text)).status_code == 403


BASE64 = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"


def test_a_pass_in_another_spelling_of_its_signature_is_refused(rig):
    """32 bytes are 43 characters of base64, of whose last one two bits are not used."""
    text = rig.new_pass()
    last = BASE64.index(text[-1])
    assert last % 4 == 0
    for unused in (1, 2, 3):
        assert rig.order(text=text[:-1] + BASE64[last + unused]).status_code == 403
    # Python's decoder leaves out what is no base64.
    for padded in (f"{text}=", f"{text[:-1]}*{text[-1]}"):
        assert rig.order(text=padded).status_code == 403
    assert rig.order(text=text).status_code == 201


def test_a_ticket_is_no_pass(rig):
    ticket = rig.post("/api/queue", json={"event_id": 1}).json()["ticket"]
    assert rig.order(text=ticket).status_code == 403


def test_an_order_nobody_made_is_404(rig):
    assert rig.get("/api/orders/nothing").status_code == 404


def test_fifty_threads_after_fifty_tickets_sell_fifty_and_no_more(new_rig):
    """The small event has 50 tickets; 50 threads ask for 150, in orders of 1 to 3."""
    rig = new_rig()
    passes = rig.at_once(75, lambda _: rig.new_pass(rig.small_event))
    wanted = [1 + number % 3 for number in range(75)]
    answers = rig.at_once(
        75, lambda number: rig.order(rig.small_event, wanted[number], passes[number])
    )
    assert {answer.status_code for answer in answers} == {201, 409}
    sold = sum(answer.json()["quantity"] for answer in answers if answer.status_code == 201)
    stock = next(
        event["stock"] for event in rig.uncached_events() if event["id"] == rig.small_event
    )
    assert sold + stock == 50
    # Refused only for want of tickets: what is left is less than the smallest refused order.
    refused = [w for w, answer in zip(wanted, answers, strict=True) if answer.status_code == 409]
    assert stock < min(refused)
    assert rig.metric("orders_created_total") == sum(a.status_code == 201 for a in answers)
    rig.assert_invariants_hold()


def test_an_expired_reservation_returns_its_tickets_and_cannot_be_paid(new_rig):
    rig = new_rig(APP_RESERVATION_SECONDS="2")
    order_id = rig.order_id(rig.small_event, quantity=8)
    rig.wait_for_status(order_id, "expired")
    assert rig.uncached_events()[-1]["stock"] == 50
    answer = rig.pay(order_id)
    assert answer.status_code == 409
    assert answer.json()["error"]["field"] == "order_id"
    assert rig.charges()["count"] == 0
    rig.assert_invariants_hold()


def test_paying_at_the_moment_of_expiry_either_pays_or_returns_the_tickets(new_rig):
    """Each order is paid just about when it expires; whichever wins, the books agree."""
    # Enough threads that no payment is refused for want of one, should all come together.
    rig = new_rig(APP_RESERVATION_SECONDS="1.5", APP_THREADS="48")
    orders = rig.at_once(30, lambda _: rig.order(rig.small_event).json())

    def pay_late(number: int) -> int:
        order = orders[number]
        rig.wait_until(order["expires_at"] - 0.05 + number * 0.02)
        return rig.pay(order["id"]).status_code

    statuses = Counter(rig.at_once(30, pay_late))
    assert statuses.keys() <= {201, 409}
    for order in orders:
        rig.eventually(
            f"order {order['id']} to end",
            lambda order=order: rig.order_status(order["id"]) in ("paid", "expired"),
        )
    assert rig.uncached_events()[-1]["stock"] == 50 - statuses[201]
    rig.assert_invariants_hold()
