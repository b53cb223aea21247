"""Connections to Redis, held by a process: as many as asked for, and only as long as it lives."""

from collections.abc import Callable
from dataclasses import astuple

import psutil
import pytest
import redis

from stack.faults.redis_clients import RedisClients
from stack.faults.stressors import living_stressors
from stack.run.waiting import wait_until
from tests.stack.faults.small_stack import SmallStack

pytestmark = pytest.mark.engines


@pytest.fixture
def stack(start_stack: Callable[..., SmallStack]) -> SmallStack:
    return start_stack("redis")


def connected(stack: SmallStack) -> int:
    with redis.Redis(port=stack.addresses.redis_port) as client:
        return int(client.info("clients")["connected_clients"])


def injected(fault: RedisClients, stack: SmallStack) -> None:
    fault.inject(stack)
    wait_until("the clients", lambda: astuple(fault.read_back(stack)), within_seconds=30)


def test_redis_counts_so_many_more_clients(stack: SmallStack) -> None:
    """No fewer, and none that was not asked for."""

    def are_connected(clients: int) -> None:
        """Redis may not have heard yet that who looked before has gone."""
        wait_until(
            f"{clients} clients and who asks",
            lambda: ((seen := connected(stack)) == clients + 1, str(seen)),
            within_seconds=10,
        )

    are_connected(0)
    injected(RedisClients(70), stack)
    are_connected(70)


def test_a_killed_process_takes_its_connections_along_and_is_noticed(stack: SmallStack) -> None:
    """The readback says no once the process is gone."""
    fault = RedisClients(30)
    injected(fault, stack)
    (pid,) = living_stressors(stack, RedisClients.stressor)
    psutil.Process(pid).kill()
    wait_until("the end", lambda: astuple(fault.read_back_healed(stack)), within_seconds=30)
    readback = fault.read_back(stack)
    assert not readback.took_effect
    assert "the stressor does not live" in readback.observed


def test_the_connections_end_at_expiry(stack: SmallStack) -> None:
    """A fault that nobody heals is over by itself."""
    fault = RedisClients(10, expires_seconds=0.5)
    fault.inject(stack)
    wait_until(
        "expiry",
        lambda: ("its time is over" in stack.process_log(fault.name), "not over"),
        within_seconds=30,
    )
    wait_until("the end", lambda: astuple(fault.read_back_healed(stack)), within_seconds=30)


def test_a_redis_that_takes_no_more_is_told_of(stack: SmallStack) -> None:
    """The readback names how far it came, and why no further."""
    with redis.Redis(port=stack.addresses.redis_port) as client:
        client.config_set("maxclients", 20)
    fault = RedisClients(50)
    fault.inject(stack)
    wait_until(
        "its giving up",
        lambda: ("of 50 connections" in fault.read_back(stack).observed, "nothing"),
        within_seconds=30,
    )
    assert not fault.read_back(stack).took_effect


@pytest.mark.parametrize("clients", [0, -1, 2.5, True, 501, None])
def test_refuses_a_number_that_cannot_be_meant(clients: object) -> None:
    """A wrong number is refused at construction, by the name of its field."""
    with pytest.raises(ValueError, match=r"RedisClients\.clients must be a whole number from 1"):
        RedisClients(clients)  # type: ignore[arg-type]
