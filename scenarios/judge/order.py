"""Whether alerts that must come one after the other did."""

from collections.abc import Iterator
from typing import Literal

from scenarios.judge.evidence import Evidence, Life, cause_of
from scenarios.judge.expectation import Fires
from scenarios.judge.timeline import Declaration

Found = tuple[Literal["error", "warning"], str, str]


def overtaken_seconds(evidence: Evidence, expectation: Fires, notified_at: float) -> float:
    """By how much it arrived before the alert that it must come after; 0 where it did not.

    Where that alert never arrived its own expectation says so. One that had resolved before the
    fault of this was injected, of an earlier fault, came before something else.
    """
    fault = cause_of(evidence.timeline, expectation)
    told = [
        life.notified_at
        for life in evidence.lives_of(expectation.after)
        if life.notified_at is not None
        and not evidence.was_over_before_watch(life)
        and (fault is None or not _was_over_before(life, fault.injecting))
    ]
    return max(0.0, min(told, default=notified_at) - notified_at)


def _was_over_before(life: Life, time: float) -> bool:
    ends = [sighting.alert.ends_at for sighting in life.resolved]
    return any(end is not None and end < time for end in ends)


def order_problems(declaration: Declaration) -> Iterator[Found]:
    """An order that says nothing, as nothing in the drill must raise the earlier alert."""
    expected = {e.alert for e in declaration.expects if isinstance(e, Fires)}
    for expectation in declaration.expects:
        if not isinstance(expectation, Fires) or not expectation.after:
            continue
        if expectation.after not in expected - {expectation.alert}:
            yield (
                "error",
                f"{expectation.alert} must come after {expectation.after}, which the drill does "
                "not expect beside it",
                f"expect {expectation.after} too, or leave out after=...",
            )
