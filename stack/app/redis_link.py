"""The way to Redis: bounded in time and connections, measured, quick to notice its return."""

import threading
from collections.abc import Callable
from time import perf_counter
from typing import Any

from redis import ConnectionPool, Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, TimeoutError
from redis.retry import Retry

from stack.app.metrics import REDIS_COMMANDS, Metrics

CALLS_WHILE_STALLED = 4


class RedisUnavailableError(Exception):
    """Redis did not answer, or was not asked because it is not answering others."""


class RedisScript:
    """A Lua script, run by its hash and loaded again wherever Redis has lost it."""

    def __init__(self, link: "RedisLink", source: str) -> None:
        self._link = link
        self._script = link.client.register_script(source)

    def __call__(self, keys: list[str], arguments: list[str | int | float]) -> Any:
        return self._link.measured("evalsha", lambda: self._script(keys, arguments))


class RedisLink:
    """Redis commands that take at most about `timeout_seconds` and raise one kind of error.

    Nothing is retried: a command whose answer was lost may have been carried out. A pooled
    connection that Redis has closed is replaced before it is used, so the first command after
    Redis returns succeeds. While Redis is stalled (the latest answer was a timeout) only
    CALLS_WHILE_STALLED callers wait for it and the others fail at once; otherwise every worker
    would soon be waiting here and none be left for requests that need no Redis.
    """

    def __init__(
        self, url: str, timeout_seconds: float, max_connections: int, metrics: Metrics
    ) -> None:
        self.client = Redis(
            connection_pool=ConnectionPool.from_url(
                url,
                max_connections=max_connections,
                socket_timeout=timeout_seconds,
                socket_connect_timeout=timeout_seconds,
                retry=Retry(NoBackoff(), 0),
                # No HELLO and no CLIENT SETINFO: on a slow network each costs a new connection
                # one more round trip.
                protocol=2,
                driver_info=None,
            )
        )
        self._metrics = metrics
        self._durations = {name: metrics.redis_duration.labels(name) for name in REDIS_COMMANDS}
        self._stalled = False
        self._slots_while_stalled = threading.BoundedSemaphore(CALLS_WHILE_STALLED)

    def script(self, source: str) -> RedisScript:
        """A Lua script to be called with its keys and arguments."""
        return RedisScript(self, source)

    def get(self, key: str) -> bytes | None:
        """The value of `key`, or None where there is none."""
        value: bytes | None = self.measured("get", lambda: self.client.get(key))
        return value

    def set(self, key: str, value: bytes, lifetime_seconds: int) -> None:
        """Set `key` for a limited time."""
        self.measured("set", lambda: self.client.set(key, value, ex=lifetime_seconds))

    def ping(self) -> None:
        """Ask for any answer at all."""
        self.measured("ping", self.client.ping)

    def measured(self, command: str, call: Callable[[], Any]) -> Any:
        """Run one command.

        Raises:
            RedisUnavailableError: no answer in time, no connection, or too many already waiting.
        """
        if not self._stalled:
            return self._run(command, call)
        if not self._slots_while_stalled.acquire(blocking=False):
            raise RedisUnavailableError(f"{command} not sent: Redis is not answering in time")
        try:
            return self._run(command, call)
        finally:
            self._slots_while_stalled.release()

    def _run(self, command: str, call: Callable[[], Any]) -> Any:
        started = perf_counter()
        try:
            answer = call()
        except RedisError as error:
            self._stalled = isinstance(error, TimeoutError)
            self._metrics.redis_errors.labels(command).inc()
            raise RedisUnavailableError(f"{command} failed: {error}") from error
        finally:
            self._durations[command].observe(perf_counter() - started)
        self._stalled = False
        return answer

    def close(self) -> None:
        """Close all connections."""
        self.client.close()
        self.client.connection_pool.disconnect()
