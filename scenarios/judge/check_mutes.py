"""Checks that what is to mute an alert is a step of the drill, and not the one that raises it."""

import difflib
from collections.abc import Iterator, Sequence
from typing import Literal

from scenarios.judge.expectation import Muted

Found = tuple[Literal["error", "warning"], str, str]


def mute_problems(expectation: Muted, steps: Sequence[str]) -> Iterator[Found]:
    alert, by = expectation.alert, expectation.by
    if by not in steps:
        nearest = difflib.get_close_matches(by, steps, cutoff=0.4) or list(steps)
        yield (
            "error",
            f"{alert} is to be muted by {by!r}, which is no step of the drill",
            f"begin a silence or a maintenance window of that name, or name {' or '.join(nearest)}",
        )
    elif by == expectation.fault:
        yield (
            "error",
            f"{alert} is to be muted by {by!r}, which is to raise it",
            "name the step of the silence or of the maintenance window",
        )
