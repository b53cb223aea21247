"""A changed password keeps everybody out, also who was in before, and costs no data."""

import contextlib
from collections.abc import Callable

import pytest
import redis

from stack.faults.redis_direct import direct_redis
from stack.faults.redis_password import RedisPassword
from tests.stack.faults.small_stack import SmallStack

pytestmark = pytest.mark.engines


def test_a_client_that_was_in_before_is_refused_until_it_is_healed(
    start_stack: Callable[..., SmallStack],
) -> None:
    stack, fault = start_stack("redis"), RedisPassword()
    with direct_redis(stack) as client:
        client.set("kept", "as it was")
        fault.inject(stack)
        try:
            # Its connection was closed; with the next it is told why.
            with contextlib.suppress(redis.ConnectionError):
                client.get("kept")
            with pytest.raises(redis.AuthenticationError):
                client.get("kept")
        finally:
            fault.heal(stack)
        assert client.get("kept") == b"as it was"
