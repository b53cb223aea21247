"""What is wrong with a drill as it is written, before any configuration is looked at."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import get_args

from scenarios.drill import Drill, Step
from scenarios.judge.expectation import Expectation
from scenarios.load import LOCUSTFILES, Load

EXPECTATIONS = "fires(...), inhibited(...), heartbeat(...) or silent()"
STEPS = "fault(...), near_miss(...) or quiet()"


def problems(drill: Drill) -> Iterator[str]:
    """Each with what to write instead; nothing checks a drill file's types before it is run."""
    yield from _entries("expects", drill.expects, get_args(Expectation), EXPECTATIONS)
    if not drill.expects:
        yield f"a drill with no expectation proves nothing; add {EXPECTATIONS} to expects"
    yield from _entries("steps", drill.steps, (Step,), STEPS)
    if not drill.steps:
        yield f"a drill without steps does nothing; add {STEPS} to steps"
    names = Counter(step.name for step in drill.steps if step.fault is not None)
    for name, count in names.items():
        if count > 1:
            yield f"{count} steps are called {name!r}; tell them apart with name=..."
    if not isinstance(drill.load, Load):
        yield f"load is {drill.load!r}; write Load(profile, rate_per_second)"
    elif not (LOCUSTFILES / f"{drill.load.profile}.py").is_file():
        yield f"there is no load profile {drill.load.profile!r} in {LOCUSTFILES}"


def _entries(
    field: str, entries: object, kinds: tuple[type, ...], what_to_write: str
) -> Iterator[str]:
    if not isinstance(entries, Sequence) or isinstance(entries, str):
        yield f"{field} is {entries!r}; write a list of {what_to_write}"
        return
    for entry in entries:
        if not isinstance(entry, kinds):
            yield f"{field} holds {entry!r}; write {what_to_write}"
