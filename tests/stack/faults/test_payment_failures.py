"""Failing payments: the gateway's setting against what really happens to charges."""

import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import astuple, replace

import pytest
import requests

from stack.faults.fault import FaultError
from stack.faults.payment_failures import PaymentFailures
from stack.run.waiting import wait_until
from tests.stack.faults.small_stack import SmallStack


@pytest.fixture
def stack(start_stack: Callable[..., SmallStack]) -> SmallStack:
    return start_stack("gateway")


def charge(stack: SmallStack, method: str) -> int:
    return requests.post(
        f"{stack.addresses.gateway}/charges",
        json={"amount_cents": 100, "method": method},
        headers={"Idempotency-Key": uuid.uuid4().hex},
        timeout=5,
    ).status_code


@pytest.fixture
def paying(stack: SmallStack) -> Iterator[None]:
    """Payments of both methods, some fifty a second, while the test runs."""
    over = threading.Event()

    def pay() -> None:
        while not over.wait(0.04):
            charge(stack, "card")
            charge(stack, "wallet")

    payer = threading.Thread(target=pay)
    payer.start()
    yield
    over.set()
    payer.join(10)


@pytest.mark.usefixtures("paying")
def test_is_confirmed_by_charges_that_failed(stack: SmallStack) -> None:
    """Under traffic the readback returns with a failure seen, not with the setting alone."""
    fault = PaymentFailures(0.25)
    fault.inject(stack)
    readback = fault.read_back(stack)
    assert readback.took_effect, readback.observed
    failed, attempted = (int(word) for word in readback.observed.split() if word.isdecimal())
    assert 1 <= failed < attempted


def test_fails_the_share_that_was_asked_for(stack: SmallStack) -> None:
    """One in four charges of each method is declined, and none once healed."""
    fault = PaymentFailures(0.25)
    fault.inject(stack)
    for method in ("card", "wallet"):
        assert [charge(stack, method) for _ in range(20)].count(402) == 5
    fault.heal(stack)
    assert [charge(stack, "card") for _ in range(8)] == [201] * 8


def test_fails_by_an_error_where_that_is_asked_for(stack: SmallStack) -> None:
    """One in four charges is answered 500 instead of a decline, and is not made."""
    fault = PaymentFailures(0.25, failure="error")
    fault.inject(stack)
    assert [charge(stack, "card") for _ in range(20)].count(500) == 5
    assert fault.read_back(stack).took_effect
    declining = PaymentFailures(0.25).read_back(stack)
    assert not declining.took_effect
    assert "set to fail 0.25 (error)" in declining.observed


def test_an_error_weighs_less_than_a_decline_as_it_is_settled_later() -> None:
    """Of four that are tried one fails, and is the fifth that succeeds in the end: 1 of 5."""
    assert PaymentFailures(0.25).symptom_ratio == 0.25
    assert PaymentFailures(0.25, failure="error").symptom_ratio == 0.2


def test_without_traffic_the_setting_alone_is_told_as_such(stack: SmallStack) -> None:
    """No charge is no evidence against it, and the text says that there was none."""
    fault = PaymentFailures(0.25)
    fault.inject(stack)
    readback = fault.read_back(stack)
    assert readback.took_effect
    assert "no charge came" in readback.observed


def test_a_gateway_that_healed_itself_is_noticed(stack: SmallStack) -> None:
    """After expiry the readback says no, and that it is healed, with nobody's help."""
    fault = PaymentFailures(0.5, expires_seconds=0.4)
    fault.inject(stack)
    wait_until("expiry", lambda: astuple(fault.read_back_healed(stack)), within_seconds=30)
    assert not fault.read_back(stack).took_effect


def test_another_setting_than_asked_for_is_noticed(stack: SmallStack) -> None:
    """A ratio set by somebody else is not this fault."""
    PaymentFailures(0.5).inject(stack)
    readback = PaymentFailures(0.25).read_back(stack)
    assert not readback.took_effect
    assert "set to fail 0.5" in readback.observed


def test_a_wrong_token_is_an_error_that_says_so(stack: SmallStack) -> None:
    """The gateway's refusal reaches whoever runs the drill."""
    stack.secrets = replace(stack.secrets, gateway_token="wrong")
    with pytest.raises(FaultError, match=r"not injected: PUT .*/control answered 401"):
        PaymentFailures(0.5).inject(stack)


def test_a_gateway_that_is_down_cannot_be_disturbed_and_need_not_be_healed(
    stack: SmallStack,
) -> None:
    """Injection says what did not answer; healing has nothing to do."""
    stack.kill_service("gateway")
    with pytest.raises(FaultError, match="was not answered"):
        PaymentFailures(0.5).inject(stack)
    PaymentFailures(0.5).heal(stack)
    assert not PaymentFailures(0.5).read_back(stack).took_effect


@pytest.mark.parametrize(
    ("attempted", "failed", "fits"),
    [(3, 0, True), (4, 1, True), (7, 1, True), (4, 0, False), (8, 1, False), (3, 2, False)],
)
def test_counts_that_contradict_the_setting_are_told_from_those_that_fit(
    attempted: int, failed: int, fits: bool
) -> None:
    """Evenly spaced failures are never a whole one away from their share."""
    counts = {"card": {"attempted": attempted, "failed": failed}}
    contradicting = PaymentFailures(0.25).methods_failing_otherwise(counts)
    assert contradicting == ({} if fits else counts)


def test_behind_a_slow_gateway_failures_are_heard_of_after_healing() -> None:
    """Where another fault holds back its answers, the last failure is counted that much later."""
    assert PaymentFailures(0.3).heal_lag_seconds == 0
    assert PaymentFailures(0.3, answered_after_seconds=2.5).heal_lag_seconds == 2.5
