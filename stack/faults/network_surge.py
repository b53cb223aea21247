"""An interface of the host carries much more than it did."""

import sys
import time
from dataclasses import dataclass
from typing import ClassVar

import psutil

from stack.faults.disturbance import EXPIRES_SECONDS, Disturbance
from stack.faults.fault import Readback
from stack.faults.parameters import require_positive, require_seconds
from stack.faults.stressors import living_stressors, start_stressor, stop_stressor
from stack.run.stack import Stack

STRESSOR = "stack.faults.network_stressor"
PROCESS = "network_surge"
LOOPBACK = "lo" if sys.platform.startswith("linux") else "lo0"
MEASURED_SECONDS = 0.3
TOLERANCE_RATIO = 0.15
# The loopback counts each byte as sent and as received.
COUNTED_TWICE = 2


@dataclass(frozen=True)
class NetworkSurge(Disturbance):
    """``bytes_per_second`` more through the loopback, sent and received taken together.

    It is the one interface that a host can load by itself, and its traffic reaches nobody. The
    readback measures what node_exporter will show, so nothing lags; no scrape may fail. The
    stressor ends after ``expires_seconds``, whatever becomes of the harness.
    """

    name: ClassVar[str] = "network_surge"

    bytes_per_second: float
    expires_seconds: float = EXPIRES_SECONDS

    def __post_init__(self) -> None:
        require_positive(self, "bytes_per_second")
        require_seconds(self, "expires_seconds")

    @property
    def disturbs_host(self) -> bool:
        return True

    def unavailable(self) -> str | None:
        if LOOPBACK in psutil.net_io_counters(pernic=True):
            return None
        return f"this host counts no bytes of its loopback, {LOOPBACK}"

    def inject(self, stack: Stack) -> None:
        start_stressor(
            stack,
            PROCESS,
            STRESSOR,
            [
                *("--bytes-per-second", str(self.bytes_per_second / COUNTED_TWICE)),
                *("--expires-seconds", str(self.expires_seconds)),
            ],
        )

    def read_back(self, stack: Stack) -> Readback:
        """The stressor lives, and the loopback carries as much as was asked, or more."""
        if not living_stressors(stack, STRESSOR):
            log = stack.process_log(PROCESS).strip()
            return Readback(False, f"the stressor does not live; log: {log or '(empty)'}")
        carried = measured_bytes_per_second()
        return Readback(
            abs(carried / self.bytes_per_second - 1) <= TOLERANCE_RATIO,
            f"{LOOPBACK} carries {carried / 1e6:.1f} MB a second, "
            f"{self.bytes_per_second / 1e6:g} wanted",
        )

    def heal(self, stack: Stack) -> None:
        stop_stressor(stack, PROCESS)

    def read_back_healed(self, stack: Stack) -> Readback:
        """No stressor lives; what others send is not this fault's."""
        living = living_stressors(stack, STRESSOR)
        return Readback(not living, f"{len(living)} stressors live")


def measured_bytes_per_second() -> float:
    """What the loopback carries now, both ways together."""
    began, before = time.monotonic(), _counted_bytes()
    time.sleep(MEASURED_SECONDS)
    return (_counted_bytes() - before) / (time.monotonic() - began)


def _counted_bytes() -> int:
    counters = psutil.net_io_counters(pernic=True)[LOOPBACK]
    return counters.bytes_sent + counters.bytes_recv
