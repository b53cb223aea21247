"""Services killed and started again: refused connections, and what is lost."""

from collections.abc import Callable

import pytest
import redis
import requests

from stack.faults.app_down import AppDown
from stack.faults.redis_down import RedisDown
from tests.stack.faults.small_stack import SmallStack


@pytest.mark.engines
def test_redis_loses_its_data(start_stack: Callable[..., SmallStack]) -> None:
    """Whoever waited in the queue is gone when Redis returns."""
    stack, fault = start_stack("redis"), RedisDown()
    with redis.Redis(port=stack.addresses.redis_port) as client:
        client.set("place", "7")
    fault.inject(stack)
    fault.heal(stack)
    with redis.Redis(port=stack.addresses.redis_port) as client:
        assert client.get("place") is None


@pytest.mark.engines
def test_a_redis_that_was_started_behind_its_back_is_noticed(
    start_stack: Callable[..., SmallStack],
) -> None:
    """The readback says no when Redis answers again, whoever started it."""
    stack, fault = start_stack("redis"), RedisDown()
    fault.inject(stack)
    assert fault.read_back(stack).took_effect
    stack.start_service("redis")
    readback = fault.read_back(stack)
    assert not readback.took_effect
    assert "accepts connections" in readback.observed


def test_the_app_is_down_on_both_its_listeners_and_back_with_its_orders(
    start_stack: Callable[..., SmallStack],
) -> None:
    """Neither API nor metrics answer while it is down, and its database is as it was after."""
    stack, fault = start_stack("app"), AppDown()
    before = requests.get(f"{stack.addresses.app}/api/events", timeout=5).json()
    fault.inject(stack)
    readback = fault.read_back(stack)
    assert readback.took_effect
    assert readback.observed.count("connection refused") == 2

    fault.heal(stack)
    assert fault.read_back_healed(stack).took_effect
    assert requests.get(f"{stack.addresses.app}/api/events", timeout=5).json() == before
