"""What tells of Redis is gone; Redis itself is well."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import urlsplit

from stack.faults.fault import Readback
from stack.faults.http_probe import answers_well
from stack.faults.service_down import ServiceDown
from stack.run.stack import Service, Stack


@dataclass(frozen=True)
class RedisExporterDown(ServiceDown):
    """redis_exporter's process is killed: nobody would see if Redis were down."""

    name: ClassVar[str] = "redis_exporter_down"
    service: ClassVar[Service] = "redis_exporter"

    @property
    def disturbs_jobs(self) -> tuple[str, ...]:
        return ("redis",)

    def endpoints(self, stack: Stack) -> Sequence[tuple[str, int]]:
        url = urlsplit(stack.addresses.redis_exporter)
        return [(url.hostname or "127.0.0.1", url.port or 80)]

    def read_back_healed(self, stack: Stack) -> Readback:
        """The exporter answers."""
        return answers_well(f"{stack.addresses.redis_exporter}/health")
