"""Control: failures exactly spaced, delays, healing by itself, and nothing without the token."""

import json
import time

import pytest

from stack.gateway.disturbance import Control

HEALTHY = {
    "active": False,
    "failure_ratio": 0,
    "delay_seconds": 0,
    "expires_in_seconds": 0,
}


def spacing(control: Control, count: int, method: str = "card") -> list[int]:
    """The numbers, from 1, of the charges that fail."""
    return [number for number in range(1, count + 1) if control.fails_next(method)]


@pytest.mark.parametrize("nth", [1, 2, 3, 4, 7, 10, 20, 33, 100, 997])
def test_with_a_ratio_of_one_in_n_exactly_every_nth_charge_fails(nth: int):
    control = Control()
    control.disturb(1 / nth, 0, 60)
    assert spacing(control, 10 * nth) == [nth * turn for turn in range(1, 11)]


@pytest.mark.parametrize("ratio", [0.03, 0.05, 0.4, 0.6, 0.75, 0.9, 0.999])
def test_any_ratio_is_kept_to_within_one_charge_at_every_moment(ratio: float):
    control = Control()
    control.disturb(ratio, 0, 60)
    failed = 0
    for attempted in range(1, 2001):
        failed += control.fails_next("card")
        assert abs(failed - ratio * attempted) < 1
    assert failed == round(ratio * 2000)


def test_methods_are_spaced_on_their_own(gateway):
    """Were they counted together, alternating methods would put all failures on one of them."""
    gateway.disturb(failure_ratio=0.5, expires_in_seconds=60)
    answers = [
        (method, gateway.charge(method=method).status_code)
        for _ in range(4)
        for method in ("card", "wallet")
    ]
    for method in ("card", "wallet"):
        statuses = [status for answered, status in answers if answered == method]
        assert statuses == [201, 402, 201, 402]
    assert gateway.control().json()["by_method"] == {
        "card": {"attempted": 4, "failed": 2},
        "wallet": {"attempted": 4, "failed": 2},
    }


def test_failures_of_a_running_gateway_are_spaced_exactly(gateway):
    gateway.disturb(failure_ratio=0.2, expires_in_seconds=60)
    assert gateway.statuses(20) == [201, 201, 201, 201, 402] * 4


def test_charges_that_fail_by_an_error_are_not_made_and_may_be_asked_for_again(gateway):
    """Every second one is answered 500; asked for again with its key it is decided anew."""
    gateway.disturb(failure_ratio=0.5, failure="error", expires_in_seconds=60)
    keys = [f"error-{number}" for number in range(4)]
    assert [gateway.charge(key).status_code for key in keys] == [201, 500, 201, 500]
    assert keys[1] not in gateway.charges()["by_key"]
    gateway.control("DELETE")
    assert gateway.charge(keys[1]).status_code == 201
    assert keys[1] in gateway.charges()["by_key"]


def test_a_repeated_key_does_not_shift_the_spacing(gateway):
    gateway.disturb(failure_ratio=0.5, expires_in_seconds=60)
    assert gateway.charge("repeated-1").status_code == 201
    for _ in range(3):
        assert gateway.charge("repeated-1").status_code == 201
    assert gateway.charge().status_code == 402


def test_the_state_tells_what_is_in_force_and_counts_since_it_was_set(gateway):
    gateway.disturb(failure_ratio=1, expires_in_seconds=60)
    gateway.statuses(3)
    state = gateway.disturb(failure_ratio=0.5, delay_seconds=0.01, expires_in_seconds=50)
    assert 49 < state.pop("expires_in_seconds") <= 50
    assert state == {
        "active": True,
        "failure_ratio": 0.5,
        "failure": "declined",
        "delay_seconds": 0.01,
        "charges_attempted": 0,
        "charges_failed": 0,
        "by_method": {},
    }
    gateway.statuses(4)
    state = gateway.control().json()
    assert (state["charges_attempted"], state["charges_failed"]) == (4, 2)


def test_healing_ends_it_and_keeps_the_counts(gateway):
    gateway.disturb(failure_ratio=1, expires_in_seconds=60)
    gateway.statuses(2)
    healed = gateway.control("DELETE").json()
    assert HEALTHY.items() <= healed.items()
    assert (healed["charges_attempted"], healed["charges_failed"]) == (2, 2)
    assert gateway.statuses(2) == [201, 201]
    assert gateway.control().json() == healed


def test_it_heals_at_its_expiry_and_neither_before_nor_later():
    now = [100.0]
    control = Control(clock=lambda: now[0])
    control.disturb(1, 0, 5)
    now[0] = 104.999
    assert control.state()["active"]
    assert control.fails_next("card")
    now[0] = 105.0
    assert HEALTHY.items() <= control.state().items()
    assert not control.fails_next("card")
    assert control.state()["charges_attempted"] == 1


def test_a_running_gateway_heals_by_itself(gateway):
    set_at = time.monotonic()
    gateway.disturb(failure_ratio=1, expires_in_seconds=2)
    assert gateway.charge().status_code == 402
    deadline = set_at + 10
    while gateway.charge().status_code == 402:
        assert time.monotonic() < deadline, "still failing 10 s after a setting of 2 s"
    assert time.monotonic() - set_at >= 2
    assert gateway.control().json()["active"] is False


def test_a_delay_holds_each_charge_back_and_repeats_as_well(gateway):
    gateway.disturb(delay_seconds=0.3, expires_in_seconds=60)
    for _ in range(2):
        started = time.monotonic()
        assert gateway.charge("delayed").status_code == 201
        assert time.monotonic() - started >= 0.3


def test_a_charge_that_is_held_back_is_not_made_before_its_time(gateway):
    """A caller that gives up may find itself charged later: the case callers must handle."""
    gateway.disturb(delay_seconds=30, expires_in_seconds=60)
    with gateway.background() as pool:
        held = pool.submit(gateway.charge, "held-back")
        deadline = time.monotonic() + 10
        while gateway.control().json()["charges_attempted"] == 0:
            assert time.monotonic() < deadline, "the charge did not arrive in 10 s"
        assert "held-back" not in gateway.charges()["by_key"]
        gateway.control("DELETE")
        assert held.result(timeout=10).status_code == 201
    assert "held-back" in gateway.charges()["by_key"]


def test_expiry_lets_go_of_charges_that_are_held_back(gateway):
    gateway.disturb(delay_seconds=300, expires_in_seconds=0.5)
    assert gateway.charge().status_code == 201


def test_control_answers_while_more_charges_are_held_back_than_it_can_hold(gateway):
    """Else a long delay could not be healed once there are many callers."""
    gateway.disturb(delay_seconds=200, expires_in_seconds=250)
    with gateway.background() as first, gateway.background() as second:
        pools = [first, second] + [gateway.background() for _ in range(3)]
        held = [pools[number % 5].submit(gateway.charge) for number in range(150)]
        deadline = time.monotonic() + 20
        while sum(charge.done() for charge in held) < 30:
            assert time.monotonic() < deadline, "30 of 150 charges were not refused in 20 s"
        assert gateway.control("DELETE").status_code == 200
        statuses = sorted(charge.result(timeout=20).status_code for charge in held)
        for pool in pools:
            pool.shutdown()
    assert statuses == [201] * 120 + [503] * 30


@pytest.mark.parametrize(
    ("field", "setting"),
    [
        *(
            ("failure_ratio", {"failure_ratio": value, "expires_in_seconds": 1})
            for value in (-0.1, 1.1, "1", None, True, [], float("nan"), 10**400)
        ),
        *(
            ("delay_seconds", {"delay_seconds": value, "expires_in_seconds": 1})
            for value in (-1, 301, "1", None, float("inf"))
        ),
        *(
            ("failure", {"failure_ratio": 1, "failure": value, "expires_in_seconds": 1})
            for value in ("refused", "", None, 1, [])
        ),
        ("expires_in_seconds", {"failure_ratio": 1}),
        *(
            ("expires_in_seconds", {"failure_ratio": 1, "expires_in_seconds": value})
            for value in (0, -1, "60", None, False, 1e9)
        ),
    ],
)
def test_a_wrong_setting_is_refused_by_name_and_changes_nothing(gateway, field: str, setting):
    gateway.disturb(failure_ratio=0.5, expires_in_seconds=60)
    answer = gateway.session.put(
        f"{gateway.url}/control",
        data=json.dumps(setting),
        headers={"Authorization": "Bearer control-token", "Content-Type": "application/json"},
        timeout=5,
    )
    assert answer.status_code == 400
    assert answer.json()["error"]["field"] == field
    assert gateway.control().json()["failure_ratio"] == 0.5


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
@pytest.mark.parametrize("authorization", [None, "", "control-token", "Bearer ", "Bearer x", "é"])
def test_nothing_is_told_or_changed_without_the_token(gateway, method: str, authorization):
    gateway.disturb(failure_ratio=0.5, expires_in_seconds=60)
    headers = {} if authorization is None else {"Authorization": authorization.encode("latin-1")}
    answer = gateway.session.request(
        method,
        f"{gateway.url}/control",
        json={"failure_ratio": 1, "expires_in_seconds": 1},
        headers=headers,
        timeout=5,
    )
    assert answer.status_code == 401
    assert answer.json()["error"]["field"] == "Authorization"
    assert gateway.control().json()["failure_ratio"] == 0.5
