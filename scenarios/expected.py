"""The words in which a drill says what must arrive, and what must not, in production time."""

from collections.abc import Mapping, Sequence
from typing import Literal

from scenarios.judge.expectation import (
    Fires,
    Heartbeat,
    Inhibited,
    Lost,
    Message,
    Muted,
    Repeats,
    Silent,
)
from stack.run.speed import SpeedError, parse_duration

EVERYTHING = "*"


class DrillError(Exception):
    """A drill is declared wrongly; the text says which, what, and what to do."""


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
