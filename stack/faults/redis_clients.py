"""Redis has many more clients than usual."""

from dataclasses import dataclass
from typing import ClassVar

import redis

from stack.faults.disturbance import EXPIRES_SECONDS, Disturbance
from stack.faults.fault import Readback
from stack.faults.parameters import require_seconds, require_whole_number
from stack.faults.redis_direct import direct_redis, information
from stack.faults.stressors import living_stressors, start_stressor, stop_stressor
from stack.run.stack import Stack

STRESSOR = "stack.faults.redis_client_stressor"
PROCESS = "redis_clients"
MOST_CLIENTS = 500


@dataclass(frozen=True)
class RedisClients(Disturbance):
    """``clients`` more connections to Redis, each of which has been answered and then idles.

    One process holds them; they end with it, after ``expires_seconds`` at the latest, whatever
    becomes of the harness. The exporter asks Redis at each scrape, so nothing lags.
    """

    name: ClassVar[str] = "redis_clients"

    clients: int
    expires_seconds: float = EXPIRES_SECONDS

    def __post_init__(self) -> None:
        require_whole_number(self, "clients", at_most=MOST_CLIENTS)
        require_seconds(self, "expires_seconds")

    def inject(self, stack: Stack) -> None:
        start_stressor(
            stack,
            PROCESS,
            STRESSOR,
            [
                *("--host", stack.addresses.redis_host),
                *("--port", str(stack.addresses.redis_port)),
                *("--clients", str(self.clients)),
                *("--expires-seconds", str(self.expires_seconds)),
            ],
        )

    def read_back(self, stack: Stack) -> Readback:
        """The process lives, and Redis itself counts at least as many clients."""
        if not living_stressors(stack, STRESSOR):
            log = stack.process_log(PROCESS).strip()
            return Readback(False, f"no process holds connections; log: {log or '(empty)'}")
        return self._counted(stack, wanted=True)

    def heal(self, stack: Stack) -> None:
        stop_stressor(stack, PROCESS)

    def read_back_healed(self, stack: Stack) -> Readback:
        """The process is gone, and Redis has noticed."""
        living = living_stressors(stack, STRESSOR)
        if living:
            return Readback(False, f"processes {living} still hold connections")
        return self._counted(stack, wanted=False)

    def _counted(self, stack: Stack, *, wanted: bool) -> Readback:
        try:
            with direct_redis(stack) as client:
                connected = int(information(client, "clients")["connected_clients"])
        except redis.RedisError as error:
            return Readback(False, f"Redis does not tell its clients: {error}")
        return Readback(
            (connected >= self.clients) is wanted,
            f"Redis has {connected} clients, {self.clients} are the fault's",
        )
