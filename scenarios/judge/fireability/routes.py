"""Routes that no alert can take: at odds in themselves, or behind one that takes them all."""

from collections.abc import Iterator

from scenarios.judge.fireability.defect import Check, Defect
from scenarios.judge.fireability.route_tree import Route, route_tree
from scenarios.judge.fireability.subject import Subject
from scenarios.judge.fireability.values import contradiction, implies, spelled

CHECK = Check(
    "dead-route",
    "a route whose matchers exclude each other or those of the routes above it, or that stands "
    "behind one which takes every alert it could (without `continue`)",
    "no alert, whatever its labels, takes it: those it was written for go elsewhere",
)


def find(subject: Subject) -> Iterator[Defect]:
    root = route_tree(subject)
    if root is not None:
        yield from _below(root)


def dead_routes(root: Route) -> frozenset[Route]:
    """All routes that no alert can take, with those below them."""
    found: set[Route] = set()
    for parent in root.below():
        for index, child in enumerate(parent.children):
            if contradiction(child.path) or _taken_before(parent.children[:index], child):
                found |= set(child.below())
    return frozenset(found)


def _below(parent: Route) -> Iterator[Defect]:
    for index, child in enumerate(parent.children):
        at_odds = contradiction(child.path)
        earlier = _taken_before(parent.children[:index], child)
        if at_odds:
            yield CHECK.error(
                child.place,
                f"{child} takes no alert",
                f"{' and '.join(map(spelled, at_odds))} cannot both hold, a route's matchers and "
                "those of the routes above it",
                "correct the matchers, or move the route out of the one above it",
            )
        elif earlier is not None:
            yield CHECK.error(
                child.place,
                f"{child} takes no alert",
                f"{earlier} ({earlier.place.file_and_line}) stands before it and takes all that "
                "it could",
                "move it before that one, or let that one `continue: true`",
            )
        else:
            yield from _below(child)


def _taken_before(earlier: tuple[Route, ...], route: Route) -> Route | None:
    """The first of the routes before it that takes every alert that this one could."""
    for candidate in earlier:
        if not candidate.continues and all(
            implies(route.path, matcher) for matcher in candidate.matchers
        ):
            return candidate
    return None
