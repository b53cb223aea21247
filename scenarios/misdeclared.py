"""What is wrong with a drill as it is written, before any configuration is looked at."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import get_args

from scenarios.drill import Drill, Step
from scenarios.judge.expectation import Expectation
from scenarios.load import LOCUSTFILES, Load

EXPECTATIONS = (
    "fires(...), inhibited(...), muted(...), lost(...), heartbeat(...), repeats(...) or silent()"
)
STEPS = (
    "fault(...), near_miss(...), begin(...), until_notified(...), end(...), together(...) or "
    "quiet()"
)
AT_ONCE = "fault(...) or near_miss(...)"


def problems(drill: Drill) -> Iterator[str]:
    """Each with what to write instead; nothing checks a drill file's types before it is run."""
    yield from _entries("expects", drill.expects, get_args(Expectation), EXPECTATIONS)
    if not drill.expects:
        yield f"a drill with no expectation proves nothing; add {EXPECTATIONS} to expects"
    yield from _entries("steps", drill.steps, (Step,), STEPS)
    if not drill.steps:
        yield f"a drill without steps does nothing; add {STEPS} to steps"
    else:
        yield from _steps([step for step in drill.steps if isinstance(step, Step)])
    if drill.load is None:
        return
    if not isinstance(drill.load, Load):
        yield f"load is {drill.load!r}; write Load(profile, rate_per_second), or None"
    elif not drill.load.locustfile.is_file():
        yield f"there is no load profile {drill.load.profile!r} in {LOCUSTFILES}"


def _steps(steps: Sequence[Step]) -> Iterator[str]:
    for step in steps:
        kinds = {getattr(one, "kind", repr(one)) for one in step.steps}
        if step.kind == "together" and (not kinds or kinds - {"fault", "near miss"}):
            yield f"together(...) takes {AT_ONCE}, at least one, and nothing else"
    each = [one for step in steps for one in (step.steps or (step,)) if isinstance(one, Step)]
    causes = [of for step in each if step.fault is not None for of in (step, *step.also)]
    for name, count in Counter(step.name for step in causes).items():
        if count > 1:
            yield f"{count} steps are called {name!r}; tell them apart with name=..."
    yield from _overlaps(steps)


def _overlaps(steps: Sequence[Step]) -> Iterator[str]:
    """What is begun must be ended, later and once."""
    open_: list[str] = []
    for step in steps:
        if step.kind == "begin":
            open_.append(step.name)
        if step.kind == "end" and not step.ends:
            yield "end() names no fault; write end(NAME) with the name of a begin(...) before it"
        for name in step.ends:
            if name in open_ and step.kind == "end":
                open_.remove(name)
            elif name not in open_ and step.kind == "notified":
                yield f"until_notified({name!r}) waits for nothing: {name!r} is not in then"
            elif name not in open_:
                yield f"end({name!r}) ends nothing: no begin(..., name={name!r}) before it"
    for name in open_:
        yield f"{name!r} is begun and never ended; add end({name!r})"


def _entries(
    field: str, entries: object, kinds: tuple[type, ...], what_to_write: str
) -> Iterator[str]:
    if not isinstance(entries, Sequence) or isinstance(entries, str):
        yield f"{field} is {entries!r}; write a list of {what_to_write}"
        return
    for entry in entries:
        if not isinstance(entry, kinds):
            yield f"{field} holds {entry!r}; write {what_to_write}"
