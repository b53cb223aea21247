"""What is wrong with a drill as it is written, before any configuration is looked at."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import get_args

from scenarios.drill import Drill, Step
from scenarios.judge.expectation import Expectation
from scenarios.load import LOCUSTFILES, Load
from scenarios.mistyped import wrong_fields, wrong_members

EXPECTATIONS = (
    "fires(...), inhibited(...), muted(...), lost(...), heartbeat(...), repeats(...) or silent()"
)
STEPS = (
    "fault(...), near_miss(...), begin(...), until_notified(...), end(...), together(...) or "
    "quiet()"
)
AT_ONCE = "fault(...) or near_miss(...)"
OTHER_FIELDS = ("allows", "app_settings", "largest_speed", "why_slow", "alertmanagers")


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
    for expectation in drill.expects:
        for wrong in wrong_fields(expectation):
            yield f"{expectation.kind}({expectation.alert!r}, ...): {wrong}"
    yield from wrong_fields(drill, OTHER_FIELDS)
    if drill.largest_speed is not None and drill.largest_speed < 1:
        yield f"largest_speed is {drill.largest_speed:g}; write 1, which is production's, or more"
    if drill.load is not None:
        yield from _load(drill.load)


def _load(load: object) -> Iterator[str]:
    if not isinstance(load, Load):
        yield f"load is {load!r}; write Load(profile, rate_per_second), or None"
        return
    for wrong in wrong_fields(load):
        yield f"Load({load.profile!r}, ...): {wrong}"
    if not load.locustfile.is_file():
        yield f"there is no load profile {load.profile!r} in {LOCUSTFILES}"
    if load.rate_per_second <= 0:
        yield (
            f"Load({load.profile!r}, ...): rate_per_second is {load.rate_per_second:g}; write a "
            "number above 0, or load=None where nobody is to visit"
        )


def _steps(steps: Sequence[Step]) -> Iterator[str]:
    for step in steps:
        kinds = {getattr(one, "kind", repr(one)) for one in step.steps}
        if step.kind == "together" and (not kinds or kinds - {"fault", "near miss"}):
            yield f"together(...) takes {AT_ONCE}, at least one, and nothing else"
    each = [one for step in steps for one in (step.steps or (step,)) if isinstance(one, Step)]
    for step in each:
        yield from _step(step)
    causes = [of for step in each if step.fault is not None for of in (step, *step.also)]
    for name, count in Counter(step.name for step in causes).items():
        if count > 1:
            yield f"{count} steps are called {name!r}; tell them apart with name=..."
    yield from _overlaps(steps)


def _step(step: Step) -> Iterator[str]:
    for wrong in wrong_fields(step):
        yield f"step {step.name!r}: {wrong}"
    if step.fault is not None:
        for wrong in wrong_members(step.fault):
            yield f"step {step.name!r}: {wrong}"
    if step.events_per_second is not None and step.events_per_second <= 0:
        yield (
            f"step {step.name!r}: events_per_second is {step.events_per_second:g}; write how many "
            "come in a second, above 0"
        )


def _overlaps(steps: Sequence[Step]) -> Iterator[str]:
    """What is begun must be ended, later and once."""
    open_: list[str] = []
    for step in steps:
        if step.kind == "begin":
            open_.append(step.name)
        if step.kind == "end" and not step.ends:
            yield "end() names no fault; write end(NAME) with the name of a begin(...) before it"
        if step.kind == "notified" and not step.ends:
            yield "until_notified() names no fault; write the name of a begin(...) before it"
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
