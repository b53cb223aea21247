"""Latency by toxics: what the readback tells apart, and healing when Toxiproxy stands still."""

import signal
import socket
import threading
from collections.abc import Callable
from contextlib import suppress

import pytest
import requests

from stack.faults.fault import FaultError
from stack.faults.gateway_slow import GatewaySlow
from stack.faults.payment_failures import PaymentFailures
from stack.faults.proxy_latency import TOXIC
from stack.faults.redis_latency import RedisLatency
from stack.faults.toxiproxy_client import ToxiproxyServer
from tests.stack.faults.small_stack import SmallStack

pytestmark = pytest.mark.engines


@pytest.fixture
def stack(start_stack: Callable[..., SmallStack]) -> SmallStack:
    return start_stack("redis", "toxiproxy")


def test_a_toxic_removed_behind_its_back_is_noticed(stack: SmallStack) -> None:
    """The readback says no when the toxic is gone, whoever took it."""
    fault = RedisLatency(0.05)
    fault.inject(stack)
    assert fault.read_back(stack).took_effect
    ToxiproxyServer(stack.addresses.toxiproxy).remove_latency("redis", TOXIC)

    readback = fault.read_back(stack)
    assert not readback.took_effect
    assert "no toxic" in readback.observed


def test_another_latency_than_asked_for_is_noticed(stack: SmallStack) -> None:
    """Toxiproxy takes a misspelt attribute in silence: what it made of it is read back."""
    requests.post(
        f"{stack.addresses.toxiproxy}/proxies/redis/toxics",
        json={"name": TOXIC, "type": "latency", "attributes": {"latencyy": 50}},
        timeout=5,
    ).raise_for_status()

    readback = RedisLatency(0.05).read_back(stack)
    assert not readback.took_effect
    assert "another latency" in readback.observed


def test_a_toxic_that_slows_nothing_is_noticed(stack: SmallStack) -> None:
    """With Redis gone the toxic is still set, and the exchange through the proxy tells."""
    fault = RedisLatency(0.05)
    fault.inject(stack)
    stack.kill_service("redis")

    readback = fault.read_back(stack)
    assert not readback.took_effect
    assert "no answer through proxy 'redis'" in readback.observed


def test_connections_made_before_are_slow_too(stack: SmallStack) -> None:
    """The app's pool is as slow as a new connection, and as fast again once healed."""
    fault = RedisLatency(1.0)
    with socket.create_connection(("127.0.0.1", stack.port("redis_proxy")), 5) as pooled:
        pooled.sendall(b"PING\r\n")
        assert pooled.recv(100) == b"+PONG\r\n"
        fault.inject(stack)
        pooled.sendall(b"PING\r\n")
        pooled.settimeout(0.1)
        with pytest.raises(TimeoutError):
            pooled.recv(100)
        pooled.settimeout(5)
        assert pooled.recv(100) == b"+PONG\r\n"
        fault.heal(stack)
        pooled.sendall(b"PING\r\n")
        assert pooled.recv(100) == b"+PONG\r\n"


def test_heals_by_a_restart_when_toxiproxy_stands_still(stack: SmallStack) -> None:
    """An API that answers nobody is given up, and Toxiproxy started again with its proxies."""
    fault = RedisLatency(0.05)
    fault.inject(stack)
    stack.supervisor.send("toxiproxy", signal.SIGSTOP)

    fault.heal(stack)

    healed = fault.read_back_healed(stack)
    assert healed.took_effect, healed.observed


def test_heals_when_clients_gave_up_with_answers_under_way(stack: SmallStack) -> None:
    """The traffic that makes Toxiproxy's removal of a toxic hang does not keep a fault alive."""
    fault = RedisLatency(0.2)
    over = threading.Event()

    def give_up_again_and_again() -> None:
        while not over.is_set():
            with (
                suppress(OSError),
                socket.create_connection(("127.0.0.1", stack.port("redis_proxy")), 1) as client,
            ):
                for _ in range(20):
                    client.sendall(b"PING\r\n")
                    over.wait(0.005)

    clients = [threading.Thread(target=give_up_again_and_again) for _ in range(10)]
    for client in clients:
        client.start()
    try:
        for _ in range(3):
            fault.inject(stack)
            confirmed = fault.read_back(stack)
            assert confirmed.took_effect, confirmed.observed
            fault.heal(stack)
            healed = fault.read_back_healed(stack)
            assert healed.took_effect, healed.observed
    finally:
        over.set()
        for client in clients:
            client.join(10)


def test_an_injection_that_fails_leaves_nothing_behind(stack: SmallStack) -> None:
    """A second injection is refused by Toxiproxy, told as such, and the first is gone as well."""
    fault = RedisLatency(0.05)
    fault.inject(stack)
    with pytest.raises(FaultError, match=r"redis_latency was not injected: .*already exists"):
        fault.inject(stack)
    healed = fault.read_back_healed(stack)
    assert healed.took_effect, healed.observed


def test_a_slow_gateway_and_failing_payments_do_not_meet(
    start_stack: Callable[..., SmallStack],
) -> None:
    """Both faults hold at once, and healing one leaves the other."""
    stack = start_stack("gateway", "toxiproxy")
    slow, failing = GatewaySlow(0.1), PaymentFailures(0.5)
    slow.inject(stack)
    failing.inject(stack)
    assert slow.read_back(stack).took_effect
    assert failing.read_back(stack).took_effect

    slow.heal(stack)
    assert slow.read_back_healed(stack).took_effect
    assert failing.read_back(stack).took_effect
    slow.inject(stack)
    failing.heal(stack)
    assert failing.read_back_healed(stack).took_effect
    assert slow.read_back(stack).took_effect
    slow.heal(stack)


def test_a_slow_gateway_delays_its_answers_only(start_stack: Callable[..., SmallStack]) -> None:
    """A charge is decided at once: the gateway has it while its caller still waits."""
    stack = start_stack("gateway", "toxiproxy")
    fault = GatewaySlow(4.0)
    fault.inject(stack)
    with pytest.raises(requests.ReadTimeout):
        requests.post(
            f"http://127.0.0.1:{stack.port('gateway_proxy')}/charges",
            json={"amount_cents": 100, "method": "card"},
            headers={"Idempotency-Key": "the-only-one"},
            timeout=1.0,
        )
    charges = requests.get(f"{stack.addresses.gateway}/charges", timeout=5).json()
    assert list(charges["by_key"]) == ["the-only-one"]
