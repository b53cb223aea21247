"""Customers' uploads do not come to an end, and the API's process holds what it has of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from stack.faults.app_memory import resident_bytes, why_untold
from stack.faults.fault import Readback
from stack.faults.parameters import require_positive
from stack.faults.stressed import Stressed
from stack.run.stack import Stack

MOST_BYTES = 500_000_000
TOLERANCE = 0.1


@dataclass(frozen=True)
class SlowUploads(Stressed):
    """The API's process grows to ``resident_bytes``, by as many requests as that takes.

    Each has sent half a megabyte of its body and never sends the rest, as from phones in a crowd.
    They hold memory and a connection of the API, and none of its workers. Nothing lags: the
    readback sees what is scraped. No scrape may fail. The uploads end after ``expires_seconds``,
    whatever becomes of the harness.
    """

    name: ClassVar[str] = "slow_uploads"
    stressor: ClassVar[str] = "stack.faults.upload_stressor"

    resident_bytes: float

    def check(self) -> None:
        require_positive(self, "resident_bytes")
        if self.resident_bytes > MOST_BYTES:
            raise ValueError(
                f"SlowUploads.resident_bytes must be at most {MOST_BYTES:g}, "
                f"not {self.resident_bytes!r}: that many uploads the API cannot hold"
            )

    @property
    def ramps(self) -> bool:
        return True

    def unavailable(self) -> str | None:
        return why_untold()

    def arguments(self, stack: Stack, /) -> Sequence[str]:
        return [
            *("--app-url", stack.addresses.app),
            *("--metrics-url", stack.addresses.app_metrics),
            *("--resident-bytes", str(self.resident_bytes)),
        ]

    def effect(self, stack: Stack, /) -> Readback:
        """The API holds what they should make it hold."""
        return self._held(stack, grown=True)

    def aftermath(self, stack: Stack, /) -> Readback:
        """The API has let go of its memory."""
        return self._held(stack, grown=False)

    def _held(self, stack: Stack, *, grown: bool) -> Readback:
        try:
            held = resident_bytes(stack.addresses.app_metrics)
        except OSError as error:
            return Readback(False, f"the API does not tell its memory: {error}")
        observed = f"the API holds {held / 1e6:.0f} MB, {self.resident_bytes / 1e6:.0f} MB wanted"
        if grown:
            return Readback(abs(held / self.resident_bytes - 1) <= TOLERANCE, observed)
        return Readback(held < self.resident_bytes * (1 - TOLERANCE), observed)
