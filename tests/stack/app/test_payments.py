"""Payments: answers, their repetition, and one charge for an order however it is asked for."""

import uuid
from collections import Counter

import pytest


def test_a_payment_charges_the_order_and_counts_it(new_rig):
    rig = new_rig()
    order = rig.order(event_id=3, quantity=2).json()
    answer = rig.pay(order["id"], method="wallet")
    assert answer.status_code == 201
    body = answer.json()
    assert body["status"] == "paid"
    assert body["amount_cents"] == order["amount_cents"]
    assert rig.order_status(order["id"]) == "paid"
    charge = rig.charges()["by_key"][f"order-{order['id']}-1"]
    assert charge["id"] == body["charge_id"]
    assert charge["amount_cents"] == order["amount_cents"]
    assert rig.metric("payments_successful_total", method="wallet") == 1
    assert rig.metric("payments_successful_total", method="card") == 0
    assert rig.metric("orders_completed_total") == 1
    assert rig.metric("revenue_cents_total") == order["amount_cents"]
    rig.assert_invariants_hold()


def test_the_same_key_again_gets_the_recorded_answer(rig):
    order_id, key = rig.order_id(), uuid.uuid4().hex
    first, again = rig.pay(order_id, key), rig.pay(order_id, key)
    assert again.status_code == first.status_code == 201
    assert again.json() == first.json()


def test_another_key_for_a_paid_order_is_refused(rig):
    order_id = rig.order_id()
    assert rig.pay(order_id).status_code == 201
    again = rig.pay(order_id)
    assert again.status_code == 409
    assert again.json()["error"]["field"] == "order_id"


def test_a_key_used_for_another_request_is_refused_by_name(rig):
    key = uuid.uuid4().hex
    order_id = rig.order_id()
    assert rig.pay(order_id, key).status_code == 201
    for answer in (rig.pay(rig.order_id(), key), rig.pay(order_id, key, method="wallet")):
        assert answer.status_code == 422
        assert answer.json()["error"]["field"] == "Idempotency-Key"


def test_an_order_that_does_not_exist_is_404(rig):
    answer = rig.pay("0" * 32)
    assert answer.status_code == 404
    assert answer.json()["error"]["field"] == "order_id"


def test_a_declined_payment_is_final_for_its_key_and_not_for_its_order(new_rig):
    rig = new_rig()
    order_id, key = rig.order_id(), uuid.uuid4().hex
    rig.disturb(failure_ratio=1, expires_in_seconds=60)
    declined = rig.pay(order_id, key)
    assert declined.status_code == 402
    assert declined.json()["status"] == "declined"
    rig.heal()
    assert rig.pay(order_id, key).status_code == 402
    assert rig.order_status(order_id) == "reserved"
    assert rig.pay(order_id).status_code == 201
    assert rig.metric("payments_failed_total", method="card", reason="declined") == 1
    assert rig.metric("payments_successful_total", method="card") == 1
    rig.assert_invariants_hold()


@pytest.mark.parametrize("same_key", [True, False], ids=["same key", "different keys"])
def test_twenty_payments_of_one_order_at_once_charge_it_once(new_rig, same_key: bool):
    """However many ask at once, with one key or with many, the order is charged one time."""
    rig = new_rig()
    # A gateway that takes a while, so that the requests do meet.
    rig.disturb(delay_seconds=0.3, expires_in_seconds=60)
    order_id, key = rig.order_id(), uuid.uuid4().hex
    statuses = Counter(
        rig.at_once(
            20, lambda _: rig.pay(order_id, key if same_key else uuid.uuid4().hex).status_code
        )
    )
    assert statuses[201] >= 1
    assert statuses.keys() <= {201, 409}
    if not same_key:
        assert statuses[201] == 1
    assert rig.charges()["count"] == 1
    assert rig.metric("payments_successful_total", method="card") == 1
    rig.assert_invariants_hold()
    if same_key:
        assert rig.pay(order_id, key).status_code == 201


def test_many_orders_paid_at_once_are_each_charged_once(new_rig):
    rig = new_rig()
    order_ids = rig.at_once(24, lambda number: rig.order_id(1 + number % 20))
    # Two payments for each order, of two keys.
    statuses = Counter(rig.at_once(48, lambda number: rig.pay(order_ids[number % 24]).status_code))
    assert statuses.keys() <= {201, 409, 502}
    for order_id in order_ids:
        if rig.order_status(order_id) != "paid":
            rig.eventually(f"order {order_id} paid", lambda o=order_id: rig.pay(o).ok)
    assert rig.charges()["count"] == 24
    rig.assert_invariants_hold()
    rig.eventually("every connection given back", lambda: rig.metric("db_connections_active") == 0)
