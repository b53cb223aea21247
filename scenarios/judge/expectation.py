"""What must arrive after a fault, as plain data: alert, receiver, group, promise."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Fires:
    """The alert must reach this receiver, in this group, within the team's promise, and resolve.

    ``within_seconds`` and ``resolves_within_seconds`` are promises in production time (they are
    divided by the speed when judged), counted from the moment the fault's injection, or healing,
    began; of a fault that ramps, from the moment it was confirmed. ``group`` is the exact set of
    group labels; ``labels`` a subset of the alert's labels; ``annotations`` maps an annotation to a
    text it must contain. ``together_with`` names alerts of which one notification must carry all,
    firing, with this one. ``fault`` is the name of the fault step that causes it.
    """

    alert: str
    within_seconds: float
    at: str
    group: Mapping[str, str]
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    together_with: tuple[str, ...] = ()
    resolves: bool = True
    resolves_within_seconds: float | None = None
    fault: str = ""
    kind: Literal["fires"] = "fires"


@dataclass(frozen=True)
class Inhibited:
    """The alert must fire in Prometheus while ``by`` holds, and must reach no receiver."""

    alert: str
    by: str
    labels: Mapping[str, str] = field(default_factory=dict)
    fault: str = ""
    kind: Literal["inhibited"] = "inhibited"


@dataclass(frozen=True)
class Heartbeat:
    """The alert fires always and must be repeated at this receiver for as long as it does.

    ``every_seconds`` is the promise, in production time: the longest gap between two arrivals.
    """

    alert: str
    every_seconds: float
    at: str
    group: Mapping[str, str]
    labels: Mapping[str, str] = field(default_factory=dict)
    kind: Literal["heartbeat"] = "heartbeat"


@dataclass(frozen=True)
class Silent:
    """This alert must reach no receiver in the whole drill; names what a near miss is a miss of.

    Everything that is not expected must stay silent anyway: this makes a silence that is the
    point of the drill visible in table and coverage.
    """

    alert: str
    kind: Literal["silent"] = "silent"


@dataclass(frozen=True)
class Allowed:
    """A notification that is neither expected nor wrong; counts for no coverage."""

    alert: str
    at: str
    reason: str
    kind: Literal["allowed"] = "allowed"


Expectation = Fires | Inhibited | Heartbeat | Silent
