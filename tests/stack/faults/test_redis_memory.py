"""Redis filled for real: what is taken, what is safe, what is left."""

from collections.abc import Callable

import pytest
import redis

from stack.faults.fault import FaultError
from stack.faults.redis_memory import KEY_PREFIX, RedisMemory
from tests.stack.faults.small_stack import SmallStack

pytestmark = pytest.mark.engines
MAXMEMORY_BYTES = 64 << 20


@pytest.fixture
def stack(start_stack: Callable[..., SmallStack]) -> SmallStack:
    return start_stack("redis")


def client_of(stack: SmallStack) -> redis.Redis:
    return redis.Redis(port=stack.addresses.redis_port)


def test_fills_to_the_level_and_gives_all_back(stack: SmallStack) -> None:
    """What Redis says it uses is the level, its other keys stay, and no key is left over."""
    fault = RedisMemory(0.6)
    with client_of(stack) as client:
        client.set("place", "7")
        before = client.info("memory")["used_memory"]
        fault.inject(stack)
        used = client.info("memory")["used_memory"]
        assert used / MAXMEMORY_BYTES == pytest.approx(0.6, abs=0.02)

        fault.heal(stack)
        assert client.keys() == [b"place"]
        assert client.info("memory")["used_memory"] < before + (2 << 20)


def test_a_full_redis_gives_up_these_keys_and_never_the_waiting_room(stack: SmallStack) -> None:
    """More than fits is written, as by others: what expires goes, what does not stays."""
    RedisMemory(0.97).inject(stack)
    with client_of(stack) as client:
        client.zadd("queue:waiting", {f"ticket-{number}": number for number in range(1000)})
        filled = len(client.keys(f"{KEY_PREFIX}*"))
        for number in range(200):
            client.set(f"others:{number}", b"\x01" * 60_000)
        assert client.zcard("queue:waiting") == 1000
        assert client.info("stats")["evicted_keys"] > 0
        assert len(client.keys(f"{KEY_PREFIX}*")) < filled


def test_the_keys_expire_by_themselves(stack: SmallStack) -> None:
    """Should nobody heal the fault, it is over all the same."""
    RedisMemory(0.2, expires_seconds=50).inject(stack)
    with client_of(stack) as client:
        lives = [client.ttl(key) for key in client.keys(f"{KEY_PREFIX}*")]
    assert lives
    assert all(0 < life <= 50 for life in lives)


def test_keys_that_somebody_removed_are_noticed(stack: SmallStack) -> None:
    """The readback says no when the memory is free again, whoever freed it."""
    fault = RedisMemory(0.5)
    fault.inject(stack)
    assert fault.read_back(stack).took_effect
    with client_of(stack) as client:
        client.flushall()
    readback = fault.read_back(stack)
    assert not readback.took_effect
    assert "0 keys of the fault" in readback.observed


@pytest.mark.parametrize("maxmemory", ["0", "1gb"])
def test_a_redis_without_a_small_limit_is_not_filled(stack: SmallStack, maxmemory: str) -> None:
    """It would take the host's memory, or never get there."""
    with client_of(stack) as client:
        client.config_set("maxmemory", maxmemory)
        with pytest.raises(FaultError, match="maxmemory of Redis is"):
            RedisMemory(0.5).inject(stack)
        assert client.dbsize() == 0


def test_healing_when_redis_is_gone_does_nothing(stack: SmallStack) -> None:
    """Its keys went with it."""
    fault = RedisMemory(0.3)
    fault.inject(stack)
    stack.kill_service("redis")
    fault.heal(stack)
    stack.start_service("redis")
    assert fault.read_back_healed(stack).took_effect
