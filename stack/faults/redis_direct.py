"""A fault's own connection to the stack's Redis, past Toxiproxy."""

from contextlib import AbstractContextManager
from typing import Any

import redis

from stack.faults.redis_probe import one_connection
from stack.run.stack import Stack

ANSWER_SECONDS = 2.0


def direct_redis(stack: Stack) -> AbstractContextManager[redis.Redis]:
    """A client with one connection. What it does raises redis.RedisError."""
    at = stack.addresses
    return one_connection(at.redis_host, at.redis_port, ANSWER_SECONDS)


def information(client: redis.Redis, section: str) -> dict[str, Any]:
    """One section of INFO. Raises redis.RedisError."""
    found: dict[str, Any] = client.info(section)
    return found
