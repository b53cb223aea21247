"""What heartbeats and repeats have in common: the gaps between one notification and the next."""

import itertools
from collections.abc import Iterator, Sequence

from scenarios.judge.evidence import SAME_MOMENT_SECONDS, Evidence, into_drill
from scenarios.judge.expectation import Heartbeat, Repeats
from scenarios.judge.finding import NOTHING, Finding, FindingKind, Reason
from scenarios.judge.outcome import WindowResult
from scenarios.judge.window import ALLOWANCE_SECONDS, Part, Window


def longest_gap(arrivals: Sequence[float]) -> tuple[float | None, float | None]:
    """What the table shows: the notification that was longest in coming, and the one before."""
    gaps = itertools.pairwise(arrivals)
    return max(gaps, key=lambda gap: gap[1] - gap[0], default=(None, None))


def repeat_windows(arrivals: Sequence[float], longest: float) -> tuple[WindowResult, ...]:
    """Each gap as a window in which the next notification had to come."""
    parts = (
        Part("repeat interval to a tick", longest - ALLOWANCE_SECONDS),
        Part("allowance", ALLOWANCE_SECONDS),
    )
    return tuple(
        WindowResult("repeated", Window(began, began + longest, parts), following)
        for began, following in itertools.pairwise(arrivals)
    )


def gap_findings(
    evidence: Evidence,
    index: int,
    expectation: Heartbeat | Repeats,
    moments: Sequence[float],
    longest: float,
    kind: FindingKind,
    why: str,
) -> Iterator[Finding]:
    """Each stretch between two of these moments in which too long nothing came."""
    for previous, following in itertools.pairwise(moments):
        gap = following - previous
        if gap > longest:
            yield Finding(
                kind,
                f"{expectation.alert} did not arrive between {into_drill(evidence, previous)} and "
                f"{into_drill(evidence, following)}, for {gap:.2f} s; {why} {longest:.2f} s",
                expectation.alert,
                previous,
                following,
                expectation=index,
                fault=expectation.fault if isinstance(expectation, Repeats) else "",
                overrun_seconds=gap - longest,
            )


def never_repeated(alert: str, arrivals: Sequence[float], shortest: float) -> Iterator[Reason]:
    """A duplicate, which comes at once, is no repeat."""
    if len(arrivals) < 2 or arrivals[-1] - arrivals[0] < shortest - SAME_MOMENT_SECONDS:
        yield Reason("too short", f"the drill ended before {alert} was due to be repeated", NOTHING)
