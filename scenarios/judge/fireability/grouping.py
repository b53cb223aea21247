"""Labels to group by that no alert of the route has, and waits that undo each other."""

from collections.abc import Iterator
from functools import partial

from scenarios.judge.fireability.defect import Check, Defect
from scenarios.judge.fireability.route_tree import Route, ending, route_tree
from scenarios.judge.fireability.subject import Subject
from stack.run.speed import format_duration
from stack.run.speed.rules import Rule

CHECK = Check(
    "grouping",
    "a label in group_by that no alert of the route ever has; a repeat_interval shorter than "
    "group_interval; a group_wait longer than group_interval",
    "without the label all fall into one group; repeats are decided only at each group_interval; "
    "who joins a live group would be told sooner than who begins one",
    ("warning",),
)


def find(subject: Subject) -> Iterator[Defect]:
    root = route_tree(subject)
    if root is None:
        return
    ends: dict[Route, list[Rule]] = {}
    for rule in subject.alerts:
        for route in ending(root, partial(subject.alert, rule)):
            ends.setdefault(route, []).append(rule)
    for route in root.below():
        yield from _labels(subject, route, ends.get(route, []))
        yield from _waits(route)


def _labels(subject: Subject, route: Route, rules: list[Rule]) -> Iterator[Defect]:
    for label in route.group_by or () if rules else ():
        if all(subject.alert(rule, label).is_missing for rule in rules):
            names = ", ".join(rule.name for rule in rules[:3]) + (", ..." if rules[3:] else "")
            yield CHECK.warning(
                subject.alertmanager_source.place((*route.keys, "group_by")),
                f"{route} groups by {label}",
                f"none of its alerts has that label ({names}): the expressions aggregate it away "
                "or never had it",
                f"keep {label} in the expressions, set it under labels, or group by another",
            )


def _waits(route: Route) -> Iterator[Defect]:
    """Told where the route itself says one of the two."""
    wait, interval, repeat = (
        route.waits_ms[name] for name in ("group_wait", "group_interval", "repeat_interval")
    )
    if wait > interval and route.own & {"group_wait", "group_interval"}:
        yield CHECK.warning(
            route.place,
            f"{route} has group_wait {format_duration(wait)}, group_interval "
            f"{format_duration(interval)}",
            "an alert that joins a live group is told sooner than one that begins it",
            "make group_interval at least as long as group_wait",
        )
    if repeat < interval and route.own & {"repeat_interval", "group_interval"}:
        yield CHECK.warning(
            route.place,
            f"{route} has repeat_interval {format_duration(repeat)}, group_interval "
            f"{format_duration(interval)}",
            "whether to repeat is asked only at each group_interval",
            f"let repeat_interval be {format_duration(interval)} or longer",
        )
