"""The cached catalogue is dropped again and again, so that reads miss it."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import redis

from stack.faults.fault import Readback
from stack.faults.parameters import require_positive
from stack.faults.redis_direct import direct_redis, information
from stack.faults.stressed import Stressed
from stack.run.stack import Stack

MEASURED_SECONDS = 0.25


@dataclass(frozen=True)
class CacheDrops(Stressed):
    """The catalogue's copy in Redis is deleted ``drops_per_second`` times a second.

    The next read after each drop misses and goes to the database: evenly spaced reads at a higher
    rate miss as often as it drops, at a lower rate always. Nothing else in Redis is touched. A
    read counts when it is made, so nothing lags. The process that drops ends after
    ``expires_seconds``, whatever becomes of the harness.
    """

    name: ClassVar[str] = "cache_drops"
    stressor: ClassVar[str] = "stack.faults.cache_dropper"

    drops_per_second: float

    def check(self) -> None:
        require_positive(self, "drops_per_second")

    def arguments(self, stack: Stack, /) -> Sequence[str]:
        return [
            *("--host", stack.addresses.redis_host),
            *("--port", str(stack.addresses.redis_port)),
            *("--drops-per-second", str(self.drops_per_second)),
        ]

    def effect(self, stack: Stack, /) -> Readback:
        """Redis itself counts what it is told to drop."""
        try:
            with direct_redis(stack) as client:
                before, began = _drops(client), time.monotonic()
                time.sleep(max(MEASURED_SECONDS, 2 / self.drops_per_second))
                dropped, seconds = _drops(client) - before, time.monotonic() - began
        except redis.RedisError as error:
            return Readback(False, f"Redis does not tell what was dropped: {error}")
        # The first and the last of the interval may just have been left out.
        return Readback(
            dropped >= max(1, int(self.drops_per_second * seconds) - 1),
            f"Redis was told to drop the catalogue {dropped} times in {seconds:.2f} s",
        )


def _drops(client: redis.Redis) -> int:
    return int(information(client, "commandstats").get("cmdstat_unlink", {}).get("calls", 0))
