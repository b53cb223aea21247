"""The words a drill is written in: load, steps, expectations. A drill is data; nothing runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from scenarios.judge.expectation import (
    Allowed,
    Expectation,
    Fires,
    Heartbeat,
    Inhibited,
    Lost,
    Message,
    Muted,
    Repeats,
    Silent,
)
from scenarios.judge.timeline import Declaration
from scenarios.load import NORMAL, Load
from stack.faults.fault import Fault
from stack.run.speed import SpeedError, parse_duration

EVERYTHING = "*"

# Fires in every stack by design; each drill's judge lets it pass, one drill judges it.
STANDING = (Allowed(alert="Watchdog", at="dead-mans-switch", reason="the heartbeat fires always"),)


class DrillError(Exception):
    """A drill is declared wrongly; the text says which, what, and what to do."""


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

    ``app_settings`` are environment variables of the ticket app (see stack/app/settings.py).
    ``largest_speed`` caps ``--speed`` where the drill's cause cannot be made faster, with the
    reason in ``why_slow``. Two ``alertmanagers`` are one cluster. ``name``, ``path`` and ``proves``
    come from the file it stands in.
    """

    expects: Sequence[Expectation]
    steps: Sequence[Step] = ()
    load: Load = NORMAL
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
        return self.name.partition("/")[0]

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

    def unavailable(self) -> str | None:
        """Why this host cannot run the drill, or None."""
        reasons = (cause.unavailable() for _, cause in self.causes)
        return next((reason for reason in reasons if reason is not None), None)

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
                *(allowed for allowed in STANDING if allowed.alert not in judged),
            ),
            near_misses={step.name: step.alert for step, _ in self.causes if step.alert},
            required_rate_per_second=self.load.rate_per_second,
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


def fires(
    alert: str,
    *,
    within: str,
    at: str,
    group: Mapping[str, str],
    labels: Mapping[str, str] | None = None,
    annotations: Mapping[str, str] | None = None,
    together_with: Sequence[str] = (),
    resolves_within: str | None = None,
    fault: str = "",
    after: str = "",
    message: Message | None = None,
    resolved_message: Message | None = None,
    restarts: Mapping[str, Literal["pending", "firing"]] | None = None,
) -> Fires:
    """Expect the alert at receiver ``at`` within the team's promise (production time).

    ``restarts`` names steps that take Prometheus down, and how they must find the alert.
    """
    return Fires(
        alert=alert,
        within_seconds=promise(alert, within),
        at=at,
        group=dict(group),
        labels=dict(labels or {}),
        annotations=dict(annotations or {}),
        together_with=tuple(together_with),
        resolves_within_seconds=(
            promise(alert, resolves_within) if resolves_within is not None else None
        ),
        fault=fault,
        after=after,
        message=message,
        resolved_message=resolved_message,
        restarts=dict(restarts or {}),
    )


def inhibited(
    alert: str, *, by: str, labels: Mapping[str, str] | None = None, fault: str = ""
) -> Inhibited:
    """Expect the alert to fire and be muted by another."""
    return Inhibited(alert=alert, by=by, labels=dict(labels or {}), fault=fault)


def muted(
    alert: str, *, by: str, labels: Mapping[str, str] | None = None, fault: str = ""
) -> Muted:
    """Expect the alert to fire and be muted while step ``by`` is in, and to arrive once it is over.

    The step is that of a silence or of a maintenance window.
    """
    return Muted(alert=alert, by=by, labels=dict(labels or {}), fault=fault)


def lost(
    alert: str,
    *,
    at: str,
    group: Mapping[str, str],
    labels: Mapping[str, str] | None = None,
    fault: str = "",
) -> Lost:
    """Expect the alert to resolve before receiver ``at``, which fails, is well: nobody is told."""
    return Lost(alert=alert, at=at, group=dict(group), labels=dict(labels or {}), fault=fault)


def slack(*, title: str, link: str, colour: str, text: Sequence[str] = ()) -> Message:
    """What a person must read in Slack; ``colour`` is good, warning, danger or #rrggbb."""
    return Message("slack", title, link, colour, tuple(text))


def discord(*, title: str, link: str, colour: str, text: Sequence[str] = ()) -> Message:
    """What a person must read in Discord; ``link`` is the first in its text."""
    return Message("discord", title, link, colour, tuple(text))


def heartbeat(
    alert: str,
    *,
    every: str,
    at: str,
    group: Mapping[str, str],
    stops: Mapping[str, str] | None = None,
) -> Heartbeat:
    """Expect an alert that fires always to be repeated at its receiver.

    ``stops`` names steps that take Prometheus or Alertmanager down, and promises how soon after
    each the last notification comes.
    """
    return Heartbeat(
        alert=alert,
        every_seconds=promise(alert, every),
        at=at,
        group=dict(group),
        stops={step: promise(alert, within) for step, within in (stops or {}).items()},
    )


def repeats(
    alert: str,
    *,
    every: str,
    at: str,
    group: Mapping[str, str],
    labels: Mapping[str, str] | None = None,
    fault: str = "",
) -> Repeats:
    """Expect the alert to be told again while its fault holds, this often at least (production)."""
    return Repeats(
        alert=alert,
        every_seconds=promise(alert, every),
        at=at,
        group=dict(group),
        labels=dict(labels or {}),
        fault=fault,
    )


def silent(alert: str = EVERYTHING) -> Silent:
    """Expect that this alert, or every loaded one, reaches nobody."""
    return Silent(alert)


def promise(alert: str, text: str) -> float:
    """A production duration such as ``8m`` in seconds."""
    try:
        seconds = parse_duration(text) / 1000
    except SpeedError as error:
        raise DrillError(f"{alert}: {text!r} is not a duration such as 90s or 8m") from error
    if seconds <= 0:
        raise DrillError(f"{alert}: a promise of {text!r} cannot be kept; write such as 8m")
    return seconds


def name_of(path: Path, root: Path) -> str:
    """A drill's name from its file: ``business/payment_failures``."""
    return path.relative_to(root).with_suffix("").as_posix()
