"""Redis' memory is used up to a ratio of its maxmemory."""

from dataclasses import dataclass
from typing import ClassVar

import redis

from stack.faults.disturbance import EXPIRES_SECONDS, Disturbance
from stack.faults.fault import FaultError, Readback
from stack.faults.parameters import require_ratio, require_seconds
from stack.faults.redis_direct import direct_redis, information
from stack.run.stack import Stack

KEY_PREFIX = "drill:memory:"
# With its key just below a size in which Redis' allocator hands memory out.
VALUE_BYTES = 60_000
KEY_BYTES = 1 << 16
MEASURED_EVERY_KEYS = 16
# A Redis with more memory than this is not one of a drill's.
MOST_BYTES = 128 << 20
# What clients that come and go may change.
TOLERANCE = 0.04


@dataclass(frozen=True)
class RedisMemory(Disturbance):
    """``used_ratio`` of Redis' maxmemory is used, by real keys that nobody reads.

    Below 1 nothing is evicted. Should others' keys come on top of it, the waiting room is safe
    all the same: Redis evicts keys that expire, which these and the cached catalogue do. They
    expire after ``expires_seconds``, whatever becomes of the harness. The exporter asks Redis at
    each scrape, so nothing lags.
    """

    name: ClassVar[str] = "redis_memory"

    used_ratio: float
    expires_seconds: float = EXPIRES_SECONDS

    def __post_init__(self) -> None:
        require_ratio(self, "used_ratio", below_one=True)
        require_seconds(self, "expires_seconds", at_least=1.0)

    @property
    def symptom_ratio(self) -> float | None:
        return self.used_ratio

    def inject(self, stack: Stack) -> None:
        try:
            with direct_redis(stack) as client:
                self._fill(client)
        except (redis.RedisError, FaultError) as error:
            self.heal(stack)
            raise FaultError(f"{self.name} was not injected: {error}") from error

    def read_back(self, stack: Stack) -> Readback:
        """The ratio that Redis itself reports, and keys of this fault in it."""
        try:
            with direct_redis(stack) as client:
                used, most = _memory(client)
                keys = _keys(client)
        except redis.RedisError as error:
            return Readback(False, f"Redis does not tell its memory: {error}")
        ratio = used / most if most else 0.0
        return Readback(
            bool(keys) and abs(ratio - self.used_ratio) <= TOLERANCE,
            f"Redis uses {ratio:.3f} of {most >> 20} MiB, {self.used_ratio:.3f} wanted; "
            f"{len(keys)} keys of the fault",
        )

    def heal(self, stack: Stack) -> None:
        if not stack.running("redis"):
            return  # Its keys are in its memory only.
        try:
            with direct_redis(stack) as client:
                keys = _keys(client)
                if keys:
                    client.delete(*keys)
        except redis.RedisError as error:
            raise FaultError(f"{self.name} could not be healed: {error}") from error

    def read_back_healed(self, stack: Stack) -> Readback:
        """No key of this fault is left."""
        try:
            with direct_redis(stack) as client:
                keys = _keys(client)
                used, most = _memory(client)
        except redis.RedisError as error:
            return Readback(False, f"Redis does not tell its memory: {error}")
        return Readback(
            not keys, f"{len(keys)} keys of the fault, Redis uses {used >> 20} of {most >> 20} MiB"
        )

    def _fill(self, client: redis.Redis) -> None:
        _, most = _memory(client)
        if not 0 < most <= MOST_BYTES:
            raise FaultError(
                f"maxmemory of Redis is {most} bytes; it must be set, and be at most {MOST_BYTES}"
            )
        value = b"\x01" * VALUE_BYTES
        # Keys that a run before left behind have numbers, too.
        number = len(_keys(client))
        while (missing := self.used_ratio * most - _memory(client)[0]) >= KEY_BYTES:
            for _ in range(max(1, min(MEASURED_EVERY_KEYS, int(missing) // KEY_BYTES))):
                client.set(f"{KEY_PREFIX}{number}", value, ex=round(self.expires_seconds))
                number += 1
                if number > most // VALUE_BYTES:
                    raise FaultError(f"{number} keys of {VALUE_BYTES} bytes did not fill it")


def _memory(client: redis.Redis) -> tuple[int, int]:
    """Bytes used, and maxmemory."""
    found = information(client, "memory")
    return int(found["used_memory"]), int(found["maxmemory"])


def _keys(client: redis.Redis) -> list[bytes]:
    return list(client.scan_iter(match=f"{KEY_PREFIX}*", count=1000))
