"""What a fault is: injected, read back, healed, with the lags that no window may forget."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from stack.run.stack import Service, Stack
from stack.run.way import Feature


class FaultError(Exception):
    """A fault could not be injected or healed; the text says what, where and what to do."""


@dataclass(frozen=True)
class Readback:
    """What was seen when looking whether a fault, or its healing, took effect."""

    took_effect: bool
    observed: str


class Fault(Protocol):
    """A reversible disturbance of a running stack.

    ``needs`` is what not every stack has. ``lag_seconds`` is how long after the readback the
    symptom may take to stand in what is scraped (a slow request's own duration, a queue's fill);
    ``heal_lag_seconds`` the same after healing. They are real seconds, never divided by the speed.
    ``disturbs_jobs`` names the scrape jobs whose failing scrapes the fault explains, ``stops`` the
    services that are gone while it is in. ``symptom_ratio`` is what a ratio rises to where the
    fault sets one. ``ramps`` marks a fault that grows until it is confirmed: a promise counts from
    then. ``holds_up_receivers`` names the receivers that take no notification while it is in; with
    ``ends_flushes`` they refuse for good (4xx). ``restarts_groups`` marks one after which
    Alertmanager begins every group anew. ``confirm_within_seconds`` is how long it may take until
    the readback sees the injection, or the healing. ``disturbs_host`` marks a fault that every
    process of the host feels.
    """

    @property
    def name(self) -> str: ...

    @property
    def needs(self) -> frozenset[Feature]: ...

    @property
    def wanted(self) -> Mapping[str, float | str]: ...

    @property
    def lag_seconds(self) -> float: ...

    @property
    def heal_lag_seconds(self) -> float: ...

    @property
    def disturbs_jobs(self) -> tuple[str, ...]: ...

    @property
    def stops(self) -> tuple[Service, ...]: ...

    @property
    def symptom_ratio(self) -> float | None: ...

    @property
    def slow_seconds(self) -> float: ...

    @property
    def ramps(self) -> bool: ...

    @property
    def holds_up_receivers(self) -> tuple[str, ...]: ...

    @property
    def ends_flushes(self) -> bool: ...

    @property
    def restarts_groups(self) -> bool: ...

    @property
    def confirm_within_seconds(self) -> float: ...

    @property
    def disturbs_host(self) -> bool: ...

    def unavailable(self) -> str | None:
        """Why this host cannot have the fault (too little memory, missing rights), or None."""

    def inject(self, stack: Stack) -> None:
        """Begin the disturbance. Raises FaultError; must leave nothing behind when it does."""

    def read_back(self, stack: Stack) -> Readback:
        """Look, from outside the fault's own control surface where possible, at its effect."""

    def heal(self, stack: Stack) -> None:
        """End the disturbance. Healing what is not injected does nothing, and never fails."""

    def read_back_healed(self, stack: Stack) -> Readback:
        """Look whether the disturbance is over."""
