"""What became of one expectation: its findings, its doubts, and what the table shows of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from scenarios.judge.finding import Finding, Reason
from scenarios.judge.window import Window


@dataclass(frozen=True)
class WindowResult:
    """One window of an expectation and the moment that fell into it, or did not.

    ``arrived`` is None where nothing did. ``what`` names it: notified, resolved, and so on.
    """

    what: str
    window: Window
    arrived: float | None

    @property
    def is_kept(self) -> bool:
        return (
            self.arrived is not None
            and self.arrived >= self.window.earliest
            and (self.window.latest is None or self.arrived <= self.window.latest)
        )


@dataclass(frozen=True)
class Outcome:
    """One row of the table. Times are in unix seconds, ``began`` is when the cause began.

    ``kind`` is that of the expectation, ``near miss``, or what became of an expectation when the
    monitoring itself broke, which ``title`` then says; ``expectation`` is its index in the
    declaration, None for a near miss. ``promised_from`` is when the promise begins to count, where
    that is not when the cause began.
    """

    kind: str
    alert: str
    expectation: int | None
    findings: tuple[Finding, ...] = ()
    reasons: tuple[Reason, ...] = ()
    windows: tuple[WindowResult, ...] = ()
    receiver: str = ""
    group: Mapping[str, str] = field(default_factory=dict)
    began: float | None = None
    notified_at: float | None = None
    promise_seconds: float | None = None
    promised_from: float | None = None
    title: str = ""
