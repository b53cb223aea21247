"""What the judge finds: what is wrong, what makes it doubtful, and how the two are weighed."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

FindingKind = Literal[
    "missed",
    "early",
    "late",
    "promise broken",
    "misrouted",
    "misgrouped",
    "wrong labels",
    "wrong annotations",
    "wrong message",
    "not together",
    "out of order",
    "not resolved",
    "resolved early",
    "resolved late",
    "unexpected",
    "fired unseen",
    "near miss fired",
    "nothing to inhibit",
    "not inhibited",
    "nothing to mute",
    "not muted",
    "off tick",
    "repeated early",
    "left out",
    "refused",
    "not stopped",
    "not as restored",
    "duplicate",
]
Verdict = Literal["pass", "fail", "unknown"]

# What a pipeline that was held up can look like. Everything else is evidence whatever the host did.
DELAYED: frozenset[FindingKind] = frozenset(
    {
        "missed",
        "late",
        "promise broken",
        "not together",
        "out of order",
        "not resolved",
        "resolved late",
        "nothing to inhibit",
        "nothing to mute",
        "off tick",
        "left out",
        "duplicate",
    }
)
INTERRUPTED: frozenset[FindingKind] = DELAYED | {"resolved early", "not as restored"}
MISTIMED: frozenset[FindingKind] = INTERRUPTED | {"early", "repeated early"}
NOTHING: frozenset[FindingKind] = frozenset()
# What an alert is found to be that no part of the drill was to raise, or that a near miss was not.
FOREIGN: frozenset[FindingKind] = frozenset({"unexpected", "fired unseen", "near miss fired"})
# Kinds of reasons that are the host's doing: what was judged, or caused, has no part in them.
OF_HOST = frozenset({"stall", "saturated", "scrapes", "evaluations", "starved"})
# Said of any notification, whatever a drill expects.
OF_GROUPS: frozenset[FindingKind] = frozenset({"off tick", "repeated early", "left out"})
KINDS: tuple[FindingKind, ...] = get_args(FindingKind)


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong. ``expectation`` is its index in the declaration, if it is of one.

    It went wrong between ``began`` and ``ended``, by ``overrun_seconds`` where it is a delay.
    """

    kind: FindingKind
    text: str
    alert: str
    began: float
    ended: float
    expectation: int | None = None
    fault: str = ""
    overrun_seconds: float = 0.0


@dataclass(frozen=True)
class Reason:
    """Why the timeline cannot be trusted in full, and what that can account for.

    It accounts for findings of the kinds in ``explains`` that overlap it in time, that concern
    one of ``alerts`` (None: all), the ``fault`` ('': all) and the ``expectation`` (None: all),
    and that are delays of at most ``limit_seconds``. One that ``doubts`` makes a drill without any
    finding unknown too.
    """

    kind: str
    text: str
    explains: frozenset[FindingKind]
    began: float = -math.inf
    ended: float = math.inf
    limit_seconds: float = math.inf
    alerts: frozenset[str] | None = None
    fault: str = ""
    expectation: int | None = None
    doubts: bool = True

    def accounts_for(self, finding: Finding) -> bool:
        return (
            finding.kind in self.explains
            and self.began <= finding.ended
            and finding.began <= self.ended
            and finding.overrun_seconds <= self.limit_seconds
            and (self.alerts is None or finding.alert in self.alerts)
            and self.fault in {"", finding.fault}
            and self.expectation in {None, finding.expectation}
        )


def verdict_of(findings: Iterable[Finding], reasons: Iterable[Reason]) -> Verdict:
    """Fail where one finding stands by itself; else unknown where there is any doubt; else pass."""
    known = tuple(reasons)
    found = tuple(findings)
    if any(not any(reason.accounts_for(finding) for reason in known) for finding in found):
        return "fail"
    return "unknown" if found or any(reason.doubts for reason in known) else "pass"
