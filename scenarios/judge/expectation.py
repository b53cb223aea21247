"""What must arrive after a fault, as plain data: alert, receiver, group, promise."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Message:
    """What a person must read in a chat: ``title`` and each ``text`` are parts of the message's,
    ``link`` and ``colour`` are the message's own (see sink/message.py)."""

    service: Literal["slack", "discord"]
    title: str
    link: str
    colour: str
    text: tuple[str, ...] = ()


@dataclass(frozen=True)
class Fires:
    """The alert must reach this receiver, in this group, within the team's promise, and resolve.

    ``within_seconds`` and ``resolves_within_seconds`` are promises in production time (they are
    divided by the speed when judged), counted from the moment the fault's injection, or healing,
    began; of a fault that ramps, from the moment it was confirmed. ``group`` is the exact set of
    group labels; ``labels`` a subset of the alert's labels; ``annotations`` maps an annotation to a
    text it must contain. ``together_with`` names alerts of which one notification must carry all,
    firing, with this one. ``after`` names an alert that must have arrived before it. ``fault`` is
    the name of the fault step that causes it. ``restarts`` maps the step of a fault that takes
    Prometheus down to the state in which it must find the alert: what becomes of the alert is what
    Prometheus' rules of restoring it say. ``message`` must come to the receiver's chat beside the
    first notification, ``resolved_message`` beside that of its resolve.
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
    after: str = ""
    restarts: Mapping[str, Literal["pending", "firing"]] = field(default_factory=dict)
    message: Message | None = None
    resolved_message: Message | None = None
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
class Muted:
    """The alert must fire in Prometheus while step ``by`` is in, a silence or a maintenance window.

    It must reach no receiver until that is over, and then, if it still fires, within a group
    interval. ``fault`` is the name of the fault step that causes it.
    """

    alert: str
    by: str
    labels: Mapping[str, str] = field(default_factory=dict)
    fault: str = ""
    kind: Literal["muted"] = "muted"


@dataclass(frozen=True)
class Lost:
    """The alert must fire and resolve while receiver ``at`` fails, so that nobody is told of it.

    Alertmanager forgets an alert at the flush that finds it resolved, told or not. ``group`` is the
    group in which it would have been told.
    """

    alert: str
    at: str
    group: Mapping[str, str]
    labels: Mapping[str, str] = field(default_factory=dict)
    fault: str = ""
    kind: Literal["lost"] = "lost"


@dataclass(frozen=True)
class Heartbeat:
    """The alert fires always and must be repeated at this receiver for as long as it does.

    ``every_seconds`` is the promise, in production time: the longest gap between two arrivals.
    ``stops`` maps the step of a fault that takes Prometheus or Alertmanager down to a promise of
    its own: how long after the fault the last notification comes. It is back once they are.
    """

    alert: str
    every_seconds: float
    at: str
    group: Mapping[str, str]
    labels: Mapping[str, str] = field(default_factory=dict)
    stops: Mapping[str, float] = field(default_factory=dict)
    kind: Literal["heartbeat"] = "heartbeat"


@dataclass(frozen=True)
class Repeats:
    """While its fault holds, the alert must be told again and again at this receiver.

    ``every_seconds`` is the promise, in production time: the longest gap between two arrivals that
    list it as firing. ``fault`` is the name of the fault step that causes it.
    """

    alert: str
    every_seconds: float
    at: str
    group: Mapping[str, str]
    labels: Mapping[str, str] = field(default_factory=dict)
    fault: str = ""
    kind: Literal["repeats"] = "repeats"


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


Expectation = Fires | Inhibited | Muted | Lost | Heartbeat | Repeats | Silent
