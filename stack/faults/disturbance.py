"""What most faults have in common: they are their parameters, and disturb only what they name."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import ClassVar

from stack.run.stack import Service
from stack.run.way import Feature

# At production speed a fault is held for a quarter of an hour; the guardian of the stack ends what
# the harness cannot, so that this is only the last resort.
EXPIRES_SECONDS = 3600.0
CONFIRM_WITHIN_SECONDS = 30.0


@dataclass(frozen=True)
class Disturbance:
    """Defaults for the Fault protocol (fault.py); a fault overrides what is true of it.

    A subclass sets ``name``, has its parameters as fields, and gives the four steps: inject,
    read back, heal, read back healed.
    """

    name: ClassVar[str]
    needs: ClassVar[frozenset[Feature]] = frozenset({"flash-tickets"})

    @property
    def wanted(self) -> Mapping[str, float | str]:
        return asdict(self)

    @property
    def lag_seconds(self) -> float:
        return 0.0

    @property
    def heal_lag_seconds(self) -> float:
        return 0.0

    @property
    def disturbs_jobs(self) -> tuple[str, ...]:
        return ()

    @property
    def stops(self) -> tuple[Service, ...]:
        return ()

    @property
    def symptom_ratio(self) -> float | None:
        return None

    @property
    def slow_seconds(self) -> float:
        return 0.0

    @property
    def ramps(self) -> bool:
        return False

    @property
    def holds_up_receivers(self) -> tuple[str, ...]:
        return ()

    @property
    def ends_flushes(self) -> bool:
        return False

    @property
    def restarts_groups(self) -> bool:
        return False

    @property
    def confirm_within_seconds(self) -> float:
        return CONFIRM_WITHIN_SECONDS

    @property
    def disturbs_host(self) -> bool:
        return False

    def unavailable(self) -> str | None:
        return None
