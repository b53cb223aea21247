"""A failing receiver: what the sink was told against what a notification really meets."""

import threading
from collections.abc import Callable
from dataclasses import astuple, replace

import pytest
import requests

from sink.client import SinkClient
from stack.faults.fault import FaultError
from stack.faults.receiver_failing import How, ReceiverFailing
from stack.faults.receiver_unreachable import ReceiverUnreachable
from stack.run.waiting import wait_until
from tests.stack.faults.small_stack import SmallStack


@pytest.fixture
def stack(start_stack: Callable[..., SmallStack]) -> SmallStack:
    return start_stack("sink")


def post(stack: SmallStack, port: str = "sink", timeout_seconds: float = 5) -> requests.Response:
    return requests.post(
        f"http://127.0.0.1:{stack.port(port)}/receivers/pages/webhook",
        data=b'{"alerts": []}',
        headers={"Authorization": f"Bearer {stack.secrets.sink_token}"},
        timeout=timeout_seconds,
    )


def stored(stack: SmallStack) -> int:
    return len(SinkClient(stack.addresses.sink, stack.secrets.sink_token).notifications())


@pytest.mark.parametrize(
    "how", ["answers 429", "answers 500", "answers slowly", "never answers", "closes midway"]
)
def test_each_way_is_seen_from_outside_and_leaves_no_trace_but_itself(
    stack: SmallStack, how: How
) -> None:
    """The readback asks the receiver, and neither stores a notification nor is refused as one."""
    fault = ReceiverFailing("pages", how)
    fault.inject(stack)
    readback = fault.read_back(stack)
    assert readback.took_effect, readback.observed
    fault.heal(stack)
    healed = fault.read_back_healed(stack)
    assert healed.took_effect, healed.observed
    assert not fault.read_back(stack).took_effect
    client = SinkClient(stack.addresses.sink, stack.secrets.sink_token)
    assert client.notifications() == []
    assert client.refusals() == []


@pytest.mark.parametrize(("how", "status"), [("answers 429", 429), ("answers 500", 500)])
def test_notifications_meet_what_was_read_back(stack: SmallStack, how: How, status: int) -> None:
    fault = ReceiverFailing("pages", how)
    fault.inject(stack)
    assert post(stack).status_code == status
    assert "1 notifications met it" in fault.read_back(stack).observed
    fault.heal(stack)
    assert post(stack).status_code == 200
    assert stored(stack) == 1


def test_another_way_than_asked_for_is_noticed(stack: SmallStack) -> None:
    ReceiverFailing("pages", "answers 500").inject(stack)
    readback = ReceiverFailing("pages", "answers 429").read_back(stack)
    assert not readback.took_effect
    assert "answers 500" in readback.observed


def test_a_receiver_that_healed_itself_is_noticed(stack: SmallStack) -> None:
    fault = ReceiverFailing("pages", "answers 500", expires_seconds=0.4)
    fault.inject(stack)
    wait_until("expiry", lambda: astuple(fault.read_back_healed(stack)), within_seconds=30)
    assert not fault.read_back(stack).took_effect


def test_healing_lets_go_of_whom_a_silent_receiver_keeps_waiting(stack: SmallStack) -> None:
    """So Alertmanager tries again at once, and not when it has given up waiting."""
    fault = ReceiverFailing("pages", "never answers")
    fault.inject(stack)
    errors: list[requests.RequestException] = []

    def wait_for_an_answer() -> None:
        try:
            post(stack, timeout_seconds=30)
        except requests.RequestException as error:
            errors.append(error)

    waiting = threading.Thread(target=wait_for_an_answer)
    waiting.start()
    wait_until(
        "a notification to be held",
        lambda: ("1 notifications met" in fault.read_back(stack).observed, "not yet"),
        within_seconds=30,
    )
    fault.heal(stack)
    waiting.join(10)
    assert [type(error) for error in errors] == [requests.ConnectionError]
    assert stored(stack) == 0


def test_a_wrong_token_is_an_error_that_says_so(stack: SmallStack) -> None:
    stack.secrets = replace(stack.secrets, sink_token="wrong")
    with pytest.raises(
        FaultError, match=r"not injected: PUT \S+/control/receivers/pages answered 401"
    ):
        ReceiverFailing("pages", "answers 500").inject(stack)


def test_a_sink_that_is_down_cannot_be_told_to_fail_and_need_not_be_healed(
    stack: SmallStack,
) -> None:
    stack.kill_service("sink")
    fault = ReceiverFailing("pages", "answers 500")
    with pytest.raises(FaultError, match="was not answered"):
        fault.inject(stack)
    fault.heal(stack)
    assert not fault.read_back(stack).took_effect


def test_a_way_that_is_unknown_is_refused() -> None:
    with pytest.raises(ValueError, match=r"how must be one of answers 429, .* not 'explodes'"):
        ReceiverFailing("pages", "explodes")  # type: ignore[arg-type]


def test_what_holds_up_a_receiver_is_declared() -> None:
    """A slow one takes what it answers late; one that refuses for good ends the flush."""
    assert ReceiverFailing("pages", "answers 500").holds_up_receivers == ("pages",)
    assert ReceiverFailing("pages", "answers slowly").holds_up_receivers == ()
    assert ReceiverFailing("pages", "answers 429").ends_flushes
    assert not ReceiverFailing("pages", "closes midway").ends_flushes
    assert ReceiverUnreachable("pages").holds_up_receivers == ("pages",)
    assert not ReceiverUnreachable("pages").ends_flushes


@pytest.mark.engines
def test_an_unreachable_receiver_refuses_connections_and_those_there_were(
    start_stack: Callable[..., SmallStack],
) -> None:
    """Its own door is closed: the sink behind it goes on."""
    stack = start_stack("sink", "toxiproxy")
    assert post(stack, "receiver_pages").status_code == 200
    fault = ReceiverUnreachable("pages")
    fault.inject(stack)
    with pytest.raises(requests.ConnectionError, match="refused"):
        post(stack, "receiver_pages")
    assert post(stack).status_code == 200
    fault.heal(stack)
    assert post(stack, "receiver_pages").status_code == 200
    assert stored(stack) == 3
