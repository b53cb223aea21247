"""The words a drill is written in: load, steps, expectations. A drill is data; nothing runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from scenarios.expected import (
    EVERYTHING,
    DrillError,
    discord,
    fires,
    heartbeat,
    inhibited,
    lost,
    muted,
    repeats,
    silent,
    slack,
)
from scenarios.judge.expectation import Allowed, Expectation, Heartbeat, Silent
from scenarios.judge.timeline import Declaration
from scenarios.load import NORMAL, Load
from stack.faults.fault import Fault
from stack.run.way import Feature

# All that the file of a drill needs, but for its load and its faults.
__all__ = [
    "Drill",
    "DrillError",
    "begin",
    "discord",
    "end",
    "fault",
    "fires",
    "heartbeat",
    "inhibited",
    "lost",
    "muted",
    "near_miss",
    "quiet",
    "repeats",
    "silent",
    "slack",
    "together",
    "until_notified",
]

# Fires in every stack by design; each drill's judge lets it pass, one drill judges it.
STANDING = (Allowed(alert="Watchdog", at="dead-mans-switch", reason="the heartbeat fires always"),)


@dataclass(frozen=True)
class Step:
    """One thing to do to the stack, or a quiet stretch to watch.

    A ``fault`` and a ``near miss`` are begun, waited for and healed; ``begin`` leaves the fault in
    until the ``end`` step that names it in ``ends``; ``together`` does all of ``steps`` at once.
    ``also`` are more near misses of one disturbance, each of another alert. ``until`` is what a
    ``begin`` waits for: that all it must raise was notified, is pending in Prometheus, would have
    been notified by now (due), or only that the fault is in. ``events_per_second`` is how often the
    events come of which the fault makes a share fail, for each series of the rule; with few of them
    an alert waits for the next to fail.
    """

    kind: Literal["fault", "near miss", "quiet", "begin", "notified", "end", "together"]
    name: str
    fault: Fault | None = None
    alert: str = ""
    events_per_second: float | None = None
    until: Literal["notified", "pending", "due", "in"] = "notified"
    ends: tuple[str, ...] = ()
    steps: tuple["Step", ...] = ()
    also: tuple["Step", ...] = ()


@dataclass(frozen=True)
class Drill:
    """One scenario: load, what is done to the stack, what must arrive.

    ``load`` is None where what is drilled has a load of its own, as a staging may have.
    ``app_settings`` are environment variables of the ticket app (see stack/app/settings.py).
    ``largest_speed`` caps ``--speed`` where the drill's cause cannot be made faster, with the
    reason in ``why_slow``. Two ``alertmanagers`` are one cluster. ``name``, ``path`` and ``proves``
    come from the file it stands in.
    """

    expects: Sequence[Expectation]
    steps: Sequence[Step] = ()
    load: Load | None = NORMAL
    allows: Sequence[Allowed] = ()
    app_settings: Mapping[str, str] = field(default_factory=dict)
    largest_speed: float | None = None
    why_slow: str = ""
    alertmanagers: Literal[1, 2] = 1
    name: str = ""
    path: str = ""
    proves: str = ""

    @property
    def layer(self) -> str:
        return self.name.rpartition("/")[0]

    @property
    def causes(self) -> tuple[tuple[Step, Fault], ...]:
        """Every step that causes something, with what it causes, in their order."""
        each = [one for step in self.steps for one in (step.steps or (step,))]
        each = [one for step in each for one in (step, *step.also)]
        return tuple((step, step.fault) for step in each if step.fault is not None)

    @property
    def disturbs_host(self) -> bool:
        """Whether every process of the host feels one of its faults."""
        return any(cause.disturbs_host for _, cause in self.causes)

    @property
    def features(self) -> frozenset[Feature]:
        """What its stack must have."""
        needs: set[Feature] = set() if self.load is None else set(self.load.needs)
        for _, cause in self.causes:
            needs |= cause.needs
        if self.disturbs_host:
            needs.add("host")
        if self.alertmanagers > 1:
            needs.add("two-alertmanagers")
        return frozenset(needs)

    def unavailable(self, lacks: Mapping[Feature, str] = MappingProxyType({})) -> str | None:
        """Why it cannot be run here and what that leaves unproven, or None.

        That is what its stack ``lacks``, or each fault that this host cannot have. A drill is run
        whole or not at all.
        """
        told = {str(feature): lacks[feature] for feature in self.features if feature in lacks}
        for _, cause in self.causes:
            reason = None if told.keys() & cause.needs else cause.unavailable()
            if reason is not None:
                told.setdefault(cause.name, reason)
        if not told:
            return None
        why = "; ".join(f"{name}: {reason}" for name, reason in told.items())
        alerts = {e.alert for e in self.expects} | {step.alert for step, _ in self.causes}
        alerts -= {EVERYTHING, ""}
        return f"{why}; so it proves nothing of {', '.join(sorted(alerts))}" if alerts else why

    def declaration(self, alerts: Sequence[str] = ()) -> Declaration:
        """The drill as plain data for the judge; ``alerts`` is what EVERYTHING stands for."""
        expects: list[Expectation] = []
        standing = {allowed.alert for allowed in STANDING}
        for expectation in self.expects:
            if isinstance(expectation, Silent) and expectation.alert == EVERYTHING:
                expects += [Silent(alert) for alert in alerts if alert not in standing]
            else:
                expects.append(expectation)
        judged = {e.alert for e in expects if isinstance(e, Heartbeat)}
        return Declaration(
            name=self.name,
            layer=self.layer,
            proves=self.proves,
            path=self.path,
            expects=tuple(expects),
            allows=(
                *self.allows,
                *(
                    allowed
                    for allowed in STANDING
                    if allowed.alert not in judged and (not alerts or allowed.alert in alerts)
                ),
            ),
            near_misses={step.name: step.alert for step, _ in self.causes if step.alert},
            required_rate_per_second=0.0 if self.load is None else self.load.rate_per_second,
        )


def fault(cause: Fault, *, name: str = "", events_per_second: float | None = None) -> Step:
    """A fault that must raise what the drill expects."""
    return Step("fault", name or cause.name, cause, events_per_second=events_per_second)


def near_miss(cause: Fault, *, of: str, also: Sequence[str] = (), name: str = "") -> Step:
    """The same disturbance below the threshold of alert ``of``, held as long as it would take.

    ``also`` names other alerts that it is a miss of, held as long as the slowest takes.
    """
    others = (Step("near miss", f"near miss of {alert}", cause, alert) for alert in also)
    return Step("near miss", name or f"near miss of {of}", cause, of, also=tuple(others))


def begin(
    cause: Fault,
    *,
    name: str = "",
    until: Literal["notified", "pending", "due", "in"] = "notified",
    events_per_second: float | None = None,
) -> Step:
    """A fault that stays in while later steps are done, until ``end`` names it."""
    return Step(
        "begin", name or cause.name, cause, until=until, events_per_second=events_per_second
    )


def until_notified(*names: str) -> Step:
    """Wait for what these faults must raise, and leave them in."""
    return Step("notified", f"until {' and '.join(names)} is notified", ends=names)


def end(*names: str) -> Step:
    """Wait for what these faults must raise, heal them all, and wait until it is resolved."""
    return Step("end", f"end of {' and '.join(names)}", ends=names)


def together(*steps: Step) -> Step:
    """Faults and near misses that are in at the same time and healed at the same time."""
    names = [str(getattr(step, "name", step)) for step in steps]
    return Step("together", " and ".join(names), steps=steps)


def quiet() -> Step:
    """A stretch without any fault, as long as the slowest rule needs to fire and be notified."""
    return Step("quiet", "quiet")


def name_of(path: Path, root: Path) -> str:
    """A drill's name from its file: ``business/payment_failures``."""
    return path.relative_to(root).with_suffix("").as_posix()
