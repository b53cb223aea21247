"""How faults speak with services over HTTP: past any proxy, and with a reason where it fails."""

import socket
from collections.abc import Callable

import pytest

from stack.faults.control_request import ControlError, ask_control
from stack.faults.http_probe import answers_well, health_seconds
from stack.run.ports import PortLease
from tests.stack.faults.small_stack import SmallStack

CLOSED = "http://127.0.0.1:9"


@pytest.fixture
def stack(start_stack: Callable[..., SmallStack]) -> SmallStack:
    return start_stack("gateway")


def test_a_proxy_of_the_environment_is_not_asked(
    stack: SmallStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing answers at the proxy, and everything answers all the same."""
    for variable in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(variable, CLOSED)
    for variable in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(variable, raising=False)
    url = stack.addresses.gateway
    state = ask_control("GET", f"{url}/control", token=stack.secrets.gateway_token)
    assert state["active"] is False
    assert answers_well(f"{url}/health").took_effect
    assert health_seconds("127.0.0.1", stack.port("gateway"), 2.0) > 0


def test_a_refusal_is_told_with_its_status_and_text(stack: SmallStack) -> None:
    url = f"{stack.addresses.gateway}/control"
    with pytest.raises(ControlError, match=rf"GET {url} answered 401: .*token"):
        ask_control("GET", url, token="wrong")
    refused = answers_well(url)
    assert not refused.took_effect
    assert refused.observed == f"{url} answers 401"


def test_what_nobody_answers_is_told_as_such() -> None:
    ports = PortLease()
    url = f"http://127.0.0.1:{ports.take()}"
    with pytest.raises(ControlError, match=rf"POST {url} was not answered \(ConnectionError\)"):
        ask_control("POST", url)
    assert answers_well(url).observed == f"{url} does not answer (ConnectionError)"
    ports.release()


def test_what_does_not_answer_in_time_is_given_up() -> None:
    """The bound is the caller's, as a reload takes longer than a setting."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(ControlError, match=r"was not answered \(ReadTimeout\)"):
            ask_control("GET", url, within_seconds=0.1)
