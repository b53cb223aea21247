"""The route tree as it is written, with lines, everything inherited, and who can enter what."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from scenarios.judge.fireability.subject import Subject
from scenarios.judge.fireability.values import Values, matches, spelled
from scenarios.judge.matchers import Matcher, configured_matchers
from scenarios.judge.routing import GROUP_BY_ALL
from stack.run.speed import Place, Source, parse_duration
from stack.run.speed.alertmanager_config import ROOT_DEFAULTS
from stack.run.speed.settings import KeyPath

ValuesOf = Callable[[str], Values]


@dataclass(frozen=True, eq=False)
class Route:
    """One route. ``matchers`` are its own, ``path`` those of the routes above it too.

    ``group_by`` is None where it groups by all labels; ``waits_ms`` are group_wait,
    group_interval and repeat_interval. What a route does not say it inherits.
    """

    keys: KeyPath
    place: Place
    receiver: str
    matchers: tuple[Matcher, ...]
    path: tuple[Matcher, ...]
    group_by: tuple[str, ...] | None
    waits_ms: Mapping[str, int]
    own: frozenset[str]
    continues: bool
    children: tuple["Route", ...]

    def __str__(self) -> str:
        """How a person finds it: its receiver and its own matchers."""
        own = ", ".join(map(spelled, self.matchers))
        return f"the route to {self.receiver}" + (f" ({own})" if own else "")

    def below(self) -> Iterator["Route"]:
        """The route and all below it."""
        yield self
        for child in self.children:
            yield from child.below()


def route_tree(subject: Subject) -> Route | None:
    """The root route; None where there is no Alertmanager configuration."""
    root = (subject.alertmanager or {}).get("route")
    if not isinstance(root, Mapping):
        return None
    waits = {name: parse_duration(text) for name, text in ROOT_DEFAULTS.items()}
    return _route(root, ("route",), subject.alertmanager_source, "", (), (), waits)


def entered(root: Route, values_of: ValuesOf) -> Iterator[Route]:
    """The routes that an alert may enter; those before which it is certainly taken are left out."""
    if _all(root.matchers, values_of) is False:
        return
    yield root
    for child in root.children:
        answer = _all(child.matchers, values_of)
        if answer is False:
            continue
        yield from entered(child, values_of)
        if answer and not child.continues:
            return


def ending(root: Route, values_of: ValuesOf) -> Iterator[Route]:
    """The routes that may be an alert's last, whose receiver and groups it then has."""
    for route in entered(root, values_of):
        if not any(_all(child.matchers, values_of) for child in route.children):
            yield route


def _all(matchers: tuple[Matcher, ...], values_of: ValuesOf) -> bool | None:
    answers = [matches(matcher, values_of(matcher.name)) for matcher in matchers]
    if False in answers:
        return False
    return None if None in answers else True


def _route(
    written: Mapping[str, Any],
    keys: KeyPath,
    source: Source,
    receiver: str,
    above: tuple[Matcher, ...],
    group_by: tuple[str, ...] | None,
    waits_ms: Mapping[str, int],
) -> Route:
    matchers = configured_matchers(written)
    path = (*above, *matchers)
    receiver = str(written.get("receiver") or receiver)
    if written.get("group_by"):
        labels = tuple(written["group_by"])
        group_by = None if GROUP_BY_ALL in labels else labels
    waits_ms = {
        name: parse_duration(str(written[name])) if written.get(name) is not None else inherited
        for name, inherited in waits_ms.items()
    }
    return Route(
        keys=keys,
        place=source.place(keys),
        receiver=receiver,
        matchers=matchers,
        path=path,
        group_by=group_by,
        waits_ms=waits_ms,
        own=frozenset(name for name, value in written.items() if value is not None),
        continues=bool(written.get("continue")),
        children=tuple(
            _route(
                child or {},
                (*keys, "routes", index),
                source,
                receiver,
                path,
                group_by,
                waits_ms,
            )
            for index, child in enumerate(written.get("routes") or [])
        ),
    )
