"""The Flash Tickets API is gone."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import urlsplit

from stack.faults.fault import Readback
from stack.faults.http_probe import answers_well
from stack.faults.service_down import ServiceDown
from stack.run.stack import Service, Stack


@dataclass(frozen=True)
class AppDown(ServiceDown):
    """The API's process is killed: nobody can buy, and its metrics cannot be scraped.

    Its counters begin at 0 when it returns; its orders are in the database and stay.
    """

    name: ClassVar[str] = "app_down"
    service: ClassVar[Service] = "app"

    @property
    def disturbs_jobs(self) -> tuple[str, ...]:
        return ("flash-tickets-api",)

    def endpoints(self, stack: Stack) -> Sequence[tuple[str, int]]:
        urls = (urlsplit(stack.addresses.app), urlsplit(stack.addresses.app_metrics))
        return [(url.hostname or "127.0.0.1", url.port or 80) for url in urls]

    def read_back_healed(self, stack: Stack) -> Readback:
        """The API answers, and so do its metrics, which have a listener of their own."""
        seen = []
        for url in (f"{stack.addresses.app}/health", f"{stack.addresses.app_metrics}/metrics"):
            answered = answers_well(url)
            if not answered.took_effect:
                return answered
            seen.append(answered.observed)
        return Readback(True, ", ".join(seen))
