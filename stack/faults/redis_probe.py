"""A connection of its own to a Redis server, and a sign of life asked for on one."""

import contextlib
import time
from collections.abc import Iterator

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry


@contextlib.contextmanager
def one_connection(host: str, port: int, timeout_seconds: float) -> Iterator[redis.Redis]:
    """A client with one connection, which tries nothing twice. What it does raises RedisError."""
    with contextlib.closing(
        redis.Redis(
            host=host,
            port=port,
            socket_timeout=timeout_seconds,
            socket_connect_timeout=timeout_seconds,
            single_connection_client=True,
            retry=Retry(NoBackoff(), 0),
            # No HELLO and no CLIENT SETINFO: each would cost a slow connection a round trip.
            protocol=2,
            driver_info=None,
        )
    ) as client:
        yield client


def ping_seconds(host: str, port: int, timeout_seconds: float) -> float:
    """How long one PING takes once connected. Raises OSError, also for what Redis refuses."""
    try:
        with one_connection(host, port, timeout_seconds) as client:
            began = time.perf_counter()
            client.ping()
            return time.perf_counter() - began
    except redis.RedisError as error:
        raise OSError(f"{type(error).__name__}: {error}") from error
