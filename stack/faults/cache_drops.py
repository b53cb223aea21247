"""The cached catalogue is dropped again and again, so that reads miss it."""

import time
from dataclasses import dataclass
from typing import ClassVar

import redis

from stack.faults.disturbance import EXPIRES_SECONDS, Disturbance
from stack.faults.fault import Readback
from stack.faults.parameters import require_positive, require_seconds
from stack.faults.redis_direct import direct_redis, information
from stack.faults.stressors import living_stressors, start_stressor, stop_stressor
from stack.run.stack import Stack

STRESSOR = "stack.faults.cache_dropper"
PROCESS = "cache_drops"
MEASURED_SECONDS = 0.25


@dataclass(frozen=True)
class CacheDrops(Disturbance):
    """The catalogue's copy in Redis is deleted ``drops_per_second`` times a second.

    The next read after each drop misses and goes to the database: evenly spaced reads at a higher
    rate miss as often as it drops, at a lower rate always. Nothing else in Redis is touched. A
    read counts when it is made, so nothing lags. The process that drops ends after
    ``expires_seconds``, whatever becomes of the harness.
    """

    name: ClassVar[str] = "cache_drops"

    drops_per_second: float
    expires_seconds: float = EXPIRES_SECONDS

    def __post_init__(self) -> None:
        require_positive(self, "drops_per_second")
        require_seconds(self, "expires_seconds")

    def inject(self, stack: Stack) -> None:
        start_stressor(
            stack,
            PROCESS,
            STRESSOR,
            [
                *("--host", stack.addresses.redis_host),
                *("--port", str(stack.addresses.redis_port)),
                *("--drops-per-second", str(self.drops_per_second)),
                *("--expires-seconds", str(self.expires_seconds)),
            ],
        )

    def read_back(self, stack: Stack) -> Readback:
        """The process lives, and Redis itself counts what it is told to drop."""
        if not living_stressors(stack, STRESSOR):
            log = stack.process_log(PROCESS).strip()
            return Readback(False, f"nothing drops the cache; log: {log or '(empty)'}")
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

    def heal(self, stack: Stack) -> None:
        stop_stressor(stack, PROCESS)

    def read_back_healed(self, stack: Stack) -> Readback:
        """The process is gone; the next read fills the cache."""
        living = living_stressors(stack, STRESSOR)
        return Readback(not living, f"{len(living)} processes drop the cache")


def _drops(client: redis.Redis) -> int:
    return int(information(client, "commandstats").get("cmdstat_unlink", {}).get("calls", 0))
