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
    """A fault to cause, a near miss to show harmless, or a quiet stretch to watch.

    ``events_per_second`` is how often the events come of which the fault makes a share fail, for
    each series of the rule; with few of them an alert waits for the next to fail.
    """

    kind: Literal["fault", "near miss", "quiet"]
    name: str
    fault: Fault | None = None
    alert: str = ""
    events_per_second: float | None = None


@dataclass(frozen=True)
class Drill:
    """One scenario: load, what is done to the stack, what must arrive.

    ``app_settings`` are environment variables of the ticket app (see stack/app/settings.py).
    ``largest_speed`` caps ``--speed`` where the drill's cause cannot be made faster, with the
    reason in ``why_slow``. ``name``, ``path`` and ``proves`` come from the file it stands in.
    """

    expects: Sequence[Expectation]
    steps: Sequence[Step] = ()
    load: Load = NORMAL
    allows: Sequence[Allowed] = ()
    app_settings: Mapping[str, str] = field(default_factory=dict)
    largest_speed: float | None = None
    why_slow: str = ""
    name: str = ""
    path: str = ""
    proves: str = ""

    @property
    def layer(self) -> str:
        return self.name.partition("/")[0]

    @property
    def disturbs_host(self) -> bool:
        """Whether every process of the host feels one of its faults."""
        return any(step.fault is not None and step.fault.disturbs_host for step in self.steps)

    def unavailable(self) -> str | None:
        """Why this host cannot run the drill, or None."""
        for step in self.steps:
            reason = step.fault.unavailable() if step.fault is not None else None
            if reason is not None:
                return reason
        return None

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
            near_misses={step.name: step.alert for step in self.steps if step.kind == "near miss"},
            required_rate_per_second=self.load.rate_per_second,
        )


def fault(cause: Fault, *, name: str = "", events_per_second: float | None = None) -> Step:
    """A fault that must raise what the drill expects."""
    return Step("fault", name or cause.name, cause, events_per_second=events_per_second)


def near_miss(cause: Fault, *, of: str, name: str = "") -> Step:
    """The same disturbance below the threshold of alert ``of``, held as long as it would take."""
    return Step("near miss", name or f"near miss of {of}", cause, of)


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
) -> Fires:
    """Expect the alert at receiver ``at`` within the team's promise (production time)."""
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
    )


def inhibited(alert: str, *, by: str, labels: Mapping[str, str] | None = None) -> Inhibited:
    """Expect the alert to fire and be muted by another."""
    return Inhibited(alert=alert, by=by, labels=dict(labels or {}))


def heartbeat(alert: str, *, every: str, at: str, group: Mapping[str, str]) -> Heartbeat:
    """Expect an alert that fires always to be repeated at its receiver."""
    return Heartbeat(alert=alert, every_seconds=promise(alert, every), at=at, group=dict(group))


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
