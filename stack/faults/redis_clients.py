"""Redis has many more clients than usual."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import redis

from stack.faults.fault import Readback
from stack.faults.parameters import require_whole_number
from stack.faults.redis_direct import direct_redis, information
from stack.faults.stressed import Stressed
from stack.run.stack import Stack

MOST_CLIENTS = 500


@dataclass(frozen=True)
class RedisClients(Stressed):
    """``clients`` more connections to Redis, each of which has been answered and then idles.

    One process holds them; they end with it, after ``expires_seconds`` at the latest, whatever
    becomes of the harness. The exporter asks Redis at each scrape, so nothing lags.
    """

    name: ClassVar[str] = "redis_clients"
    stressor: ClassVar[str] = "stack.faults.redis_client_stressor"

    clients: int

    def check(self) -> None:
        require_whole_number(self, "clients", at_most=MOST_CLIENTS)

    def arguments(self, stack: Stack, /) -> Sequence[str]:
        return [
            *("--host", stack.addresses.redis_host),
            *("--port", str(stack.addresses.redis_port)),
            *("--clients", str(self.clients)),
        ]

    def effect(self, stack: Stack, /) -> Readback:
        """Redis itself counts at least as many clients."""
        return self._counted(stack, wanted=True)

    def aftermath(self, stack: Stack, /) -> Readback:
        """Redis has noticed."""
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
