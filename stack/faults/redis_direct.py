"""A fault's own connection to the stack's Redis, past Toxiproxy."""

import contextlib
from collections.abc import Iterator
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from stack.run.stack import Stack

ANSWER_SECONDS = 2.0


@contextlib.contextmanager
def direct_redis(stack: Stack) -> Iterator[redis.Redis]:
    """A client with one connection. What it does raises redis.RedisError."""
    with contextlib.closing(
        redis.Redis(
            host=stack.addresses.redis_host,
            port=stack.addresses.redis_port,
            socket_timeout=ANSWER_SECONDS,
            socket_connect_timeout=ANSWER_SECONDS,
            single_connection_client=True,
            retry=Retry(NoBackoff(), 0),
            protocol=2,
            driver_info=None,
        )
    ) as client:
        yield client


def information(client: redis.Redis, section: str) -> dict[str, Any]:
    """One section of INFO. Raises redis.RedisError."""
    found: dict[str, Any] = client.info(section)
    return found
