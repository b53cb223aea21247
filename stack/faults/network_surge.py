"""An interface of the host carries much more than it did."""

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import psutil

from stack.faults.fault import Readback
from stack.faults.parameters import require_positive
from stack.faults.stressed import Stressed
from stack.run.stack import Stack

LOOPBACK = "lo" if sys.platform.startswith("linux") else "lo0"
MEASURED_SECONDS = 0.3
TOLERANCE_RATIO = 0.15
# The loopback counts each byte as sent and as received.
COUNTED_TWICE = 2


@dataclass(frozen=True)
class NetworkSurge(Stressed):
    """``bytes_per_second`` more through the loopback, sent and received taken together.

    It is the one interface that a host can load by itself, and its traffic reaches nobody. The
    readback measures what node_exporter will show, so nothing lags; no scrape may fail. The
    stressor ends after ``expires_seconds``, whatever becomes of the harness.
    """

    name: ClassVar[str] = "network_surge"
    stressor: ClassVar[str] = "stack.faults.network_stressor"

    bytes_per_second: float

    def check(self) -> None:
        require_positive(self, "bytes_per_second")

    @property
    def disturbs_host(self) -> bool:
        return True

    def unavailable(self) -> str | None:
        if LOOPBACK in psutil.net_io_counters(pernic=True):
            return None
        return f"this host counts no bytes of its loopback, {LOOPBACK}"

    def arguments(self, _stack: Stack, /) -> Sequence[str]:
        return ["--bytes-per-second", str(self.bytes_per_second / COUNTED_TWICE)]

    def effect(self, _stack: Stack, /) -> Readback:
        """The loopback carries as much as was asked, or more."""
        carried = measured_bytes_per_second()
        return Readback(
            abs(carried / self.bytes_per_second - 1) <= TOLERANCE_RATIO,
            f"{LOOPBACK} carries {carried / 1e6:.1f} MB a second, "
            f"{self.bytes_per_second / 1e6:g} wanted",
        )


def measured_bytes_per_second() -> float:
    """What the loopback carries now, both ways together."""
    began, before = time.monotonic(), _counted_bytes()
    time.sleep(MEASURED_SECONDS)
    return (_counted_bytes() - before) / (time.monotonic() - began)


def _counted_bytes() -> int:
    counters = psutil.net_io_counters(pernic=True)[LOOPBACK]
    return counters.bytes_sent + counters.bytes_recv
