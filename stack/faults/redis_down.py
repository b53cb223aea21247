"""Redis is gone, and with it the waiting room and the cache."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from stack.faults.fault import Readback
from stack.faults.redis_probe import ping_seconds
from stack.faults.service_down import ServiceDown
from stack.run.stack import Service, Stack

ANSWER_SECONDS = 2.0


@dataclass(frozen=True)
class RedisDown(ServiceDown):
    """Redis' process is killed. The loss of data is real: local stacks keep none on disk.

    Whoever waited in the queue has lost the place when Redis returns. redis_exporter goes on
    answering, with redis_up 0, so no scrape may fail; it and the app connect anew at their next
    scrape and command, so healing does not lag.
    """

    name: ClassVar[str] = "redis_down"
    service: ClassVar[Service] = "redis"

    def endpoints(self, stack: Stack) -> Sequence[tuple[str, int]]:
        return [(stack.addresses.redis_host, stack.addresses.redis_port)]

    def read_back_healed(self, stack: Stack) -> Readback:
        """Redis answers PING."""
        host, port = stack.addresses.redis_host, stack.addresses.redis_port
        try:
            ping_seconds(host, port, ANSWER_SECONDS)
        except OSError as error:
            return Readback(False, f"Redis on {host}:{port} does not answer: {error}")
        return Readback(True, f"Redis on {host}:{port} answers PING")
