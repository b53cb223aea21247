"""Routes that no loaded rule's alert can enter, and receivers that no live route names."""

from collections.abc import Iterator
from functools import partial

from scenarios.judge.fireability.defect import Check, Defect, did_you_mean, listed
from scenarios.judge.fireability.route_tree import Route, entered, route_tree
from scenarios.judge.fireability.routes import dead_routes
from scenarios.judge.fireability.subject import Subject
from scenarios.judge.fireability.values import literals, matches, spelled
from scenarios.judge.lookup import ALERT_NAME
from scenarios.judge.matchers import Matcher
from scenarios.judge.routing import receivers

CHECK = Check(
    "unreached",
    "a receiver that no route names, or a route that no alert of a loaded rule can enter",
    "nobody is told through it: a name or label value is misspelt, a label is aggregated away, or "
    "it is left over. A warning, as the rules may be loaded elsewhere",
    ("warning",),
)


def find(subject: Subject) -> Iterator[Defect]:
    root = route_tree(subject)
    if root is None:
        return
    dead = dead_routes(root)
    yield from _receivers(subject, root, dead)
    if subject.alerts:
        yield from _routes(subject, root, dead)


def _receivers(subject: Subject, root: Route, dead: frozenset[Route]) -> Iterator[Defect]:
    named = {route.receiver for route in root.below() if route not in dead}
    for index, name in enumerate(receivers(subject.alertmanager or {})):
        if name not in named:
            yield CHECK.warning(
                subject.alertmanager_source.place(("receivers", index)),
                f"no route leads to the receiver {name}",
                "no live route names it",
                f"add a route, or leave the receiver out; routes lead to {listed(named)}",
            )


def _routes(subject: Subject, root: Route, dead: frozenset[Route]) -> Iterator[Defect]:
    reached = {
        route for rule in subject.alerts for route in entered(root, partial(subject.alert, rule))
    }
    for parent in root.below():
        for child in parent.children:
            if child in reached or child in dead or parent not in reached:
                continue
            unmet = next(
                (m for m in child.matchers if not _is_met(subject, m)),
                None,
            )
            yield CHECK.warning(
                child.place,
                f"no loaded rule's alert enters {child}",
                "each is taken before, or lacks one of the labels"
                if unmet is None
                else f"no rule has {spelled(unmet)}",
                "correct the matchers or the rules' labels, or leave the route out"
                if unmet is None
                else _remedy(subject, unmet),
            )


def _is_met(subject: Subject, matcher: Matcher) -> bool:
    return any(
        matches(matcher, subject.alert(rule, matcher.name)) is not False for rule in subject.alerts
    )


def _remedy(subject: Subject, matcher: Matcher) -> str:
    """The values that rules do give the label, or what became of it."""
    if matcher.name == ALERT_NAME:
        known = {rule.name for rule in subject.alerts}
    else:
        held = [subject.alert(rule, matcher.name) for rule in subject.alerts]
        known = {text for values in held for text in values.listed or () if text}
    if not known:
        return (
            f"no rule has a label {matcher.name}: keep it in the expressions or set it under labels"
        )
    return did_you_mean(next(iter(literals(matcher) or [matcher.value])), known)
