"""The host's cores are busy."""

import os
import time
from dataclasses import dataclass
from typing import ClassVar

import psutil

from stack.faults.cgroup import cpu_limit_cores
from stack.faults.cpu_stressor import BURNS_FROM_RATIO, LOWEST_PRIORITY
from stack.faults.cpu_usage import BusyMeter
from stack.faults.disturbance import EXPIRES_SECONDS, Disturbance
from stack.faults.fault import FaultError, Readback
from stack.faults.parameters import require_ratio, require_seconds
from stack.faults.stressors import living_stressors, start_stressor, stop_stressor
from stack.run.stack import Stack

STRESSOR = "stack.faults.cpu_stressor"
MEASURED_SECONDS = 0.5
TOLERANCE = 0.04


@dataclass(frozen=True)
class HostCpu(Disturbance):
    """All cores together are busy to ``busy_ratio``, whatever else runs; from 0.97 on, entirely.

    The stressors have the lowest priority, so that the pipeline is not starved and no scrape may
    fail; a service that works harder makes them work less. What a target cannot do is make a
    host idle: one that is busier by itself stays so, and the readback says it. Nothing lags: the
    readback sees what node_exporter will. Of ``symptom_ratio`` the truth is within 0.04, and
    above it where everything is burnt. The stressors end after ``expires_seconds``, whatever
    becomes of the harness.
    """

    name: ClassVar[str] = "host_cpu"

    busy_ratio: float
    expires_seconds: float = EXPIRES_SECONDS

    def __post_init__(self) -> None:
        require_ratio(self, "busy_ratio")
        require_seconds(self, "expires_seconds")

    @property
    def symptom_ratio(self) -> float | None:
        return self.busy_ratio

    @property
    def disturbs_host(self) -> bool:
        return True

    def unavailable(self) -> str | None:
        return why_out_of_reach(self.busy_ratio, _cores(), _usable_cores())

    def inject(self, stack: Stack) -> None:
        try:
            for name in _stressor_names():
                start_stressor(
                    stack,
                    name,
                    STRESSOR,
                    [
                        *("--busy-ratio", str(self.busy_ratio)),
                        *("--expires-seconds", str(self.expires_seconds)),
                    ],
                    nice=LOWEST_PRIORITY,
                )
        except FaultError:
            self.heal(stack)
            raise

    def read_back(self, stack: Stack) -> Readback:
        """Every stressor lives, and the host's ratio over half a second is on the target."""
        living, wanted = len(living_stressors(stack, STRESSOR)), len(_stressor_names())
        if living != wanted:
            log = stack.process_log(_stressor_names()[0]).strip()
            return Readback(False, f"{living} of {wanted} stressors live; log: {log or '(empty)'}")
        busy_ratio = _measured()
        return Readback(
            on_target(busy_ratio, self.busy_ratio),
            f"the host is {busy_ratio:.1%} busy, {self.busy_ratio:.1%} wanted",
        )

    def heal(self, stack: Stack) -> None:
        for name in _stressor_names():
            stop_stressor(stack, name)

    def read_back_healed(self, stack: Stack) -> Readback:
        """No stressor lives; what others do is not this fault's."""
        living = living_stressors(stack, STRESSOR)
        return Readback(
            not living, f"{len(living)} stressors live, the host is {_measured():.1%} busy"
        )


def on_target(busy_ratio: float, target_ratio: float) -> bool:
    """Whether a measured ratio is what was wanted: near it or, where all is burnt, not below."""
    if target_ratio >= BURNS_FROM_RATIO:
        return busy_ratio >= target_ratio - TOLERANCE
    return abs(busy_ratio - target_ratio) <= TOLERANCE


def why_out_of_reach(busy_ratio: float, cores: int, usable_cores: float) -> str | None:
    """Why processes that may use this much of a host cannot make it so busy, or None."""
    if busy_ratio <= usable_cores / cores:
        return None
    return (
        f"a busy ratio of {busy_ratio:g} needs all {cores} cores of the host, and its processes "
        f"may use {usable_cores:g} (affinity or a container's CPU limit): "
        f"at most {usable_cores / cores:.2f} can be reached"
    )


def _measured() -> float:
    meter = BusyMeter()
    time.sleep(MEASURED_SECONDS)
    return meter.busy_ratio()


def _cores() -> int:
    return psutil.cpu_count() or 1


def _usable_cores() -> float:
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else _cores()
    return min(allowed, cpu_limit_cores() or allowed)


def _stressor_names() -> list[str]:
    return [f"host_cpu-{core}" for core in range(_cores())]
