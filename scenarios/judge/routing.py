"""Where Alertmanager sends an alert: a walk of its route tree, with everything a route inherits."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from scenarios.judge.errors import ConfigurationError
from scenarios.judge.matchers import Matcher, all_match, configured_matchers
from stack.run.speed import SpeedError, parse_duration

GROUP_BY_ALL = "..."


@dataclass(frozen=True)
class Destination:
    """One route that takes an alert. ``group_by`` is None where it groups by all labels.

    ``group_labels`` are those of the alert itself: a label of ``group_by`` that it lacks is left
    out. Time intervals are names, and belong to this route alone: they are not inherited. ``path``
    is what Alertmanager begins the group key with: the matchers of the route and of all above it.
    """

    receiver: str
    group_by: tuple[str, ...] | None
    group_labels: Mapping[str, str]
    group_wait_seconds: float
    group_interval_seconds: float
    repeat_interval_seconds: float
    mute_time_intervals: tuple[str, ...] = ()
    active_time_intervals: tuple[str, ...] = ()
    path: str = ""


@dataclass(frozen=True)
class _Options:
    """What a route hands down to its children; Alertmanager's own defaults (dispatch/route.go)."""

    receiver: str = ""
    group_by: tuple[str, ...] = ()
    group_by_all: bool = False
    waits: Mapping[str, float] = field(
        default_factory=lambda: {
            "group_wait": 30.0,
            "group_interval": 300.0,
            "repeat_interval": 14400.0,
        }
    )
    path: str = ""


def destinations(
    alertmanager: Mapping[str, Any], labels: Mapping[str, str]
) -> tuple[Destination, ...]:
    """Every route that takes an alert with these labels, in the order of the tree."""
    route = alertmanager.get("route")
    if not isinstance(route, Mapping):
        raise ConfigurationError("Alertmanager's configuration has no route; give it one")
    return tuple(_taken(route, _Options(), labels))


def every_route(alertmanager: Mapping[str, Any]) -> tuple[Destination, ...]:
    """The whole tree in its order, each route before those below it; without group labels."""

    def below(route: Mapping[str, Any], inherited: _Options) -> Iterator[Destination]:
        options = _options(route, inherited)
        yield _destination(route, options, {})
        for child in route.get("routes") or []:
            yield from below(child, options)

    root = alertmanager.get("route")
    return tuple(below(root, _Options())) if isinstance(root, Mapping) else ()


def receivers(alertmanager: Mapping[str, Any]) -> tuple[str, ...]:
    """The names of all receivers."""
    return tuple(receiver["name"] for receiver in alertmanager.get("receivers") or [])


def _taken(
    route: Mapping[str, Any], inherited: _Options, labels: Mapping[str, str]
) -> Iterator[Destination]:
    """Depth first, left to right; a child that takes the alert ends it unless it continues."""
    if not all_match(configured_matchers(route), labels):
        return
    options = _options(route, inherited)
    taken = False
    for child in route.get("routes") or []:
        found = tuple(_taken(child, options, labels))
        yield from found
        taken = taken or bool(found)
        if found and not child.get("continue", False):
            break
    if not taken:
        yield _destination(route, options, labels)


def _options(route: Mapping[str, Any], inherited: _Options) -> _Options:
    options = inherited
    if route.get("receiver"):
        options = replace(options, receiver=route["receiver"])
    group_by = tuple(route.get("group_by") or ())
    if GROUP_BY_ALL in group_by:
        options = replace(options, group_by_all=True)
    elif group_by:
        options = replace(options, group_by=group_by, group_by_all=False)
    own = {
        name: _seconds(name, route[name]) for name in options.waits if route.get(name) is not None
    }
    return replace(
        options,
        waits={**options.waits, **own},
        path=_path(inherited.path, configured_matchers(route)),
    )


def _path(above: str, matchers: tuple[Matcher, ...]) -> str:
    """As dispatch/route.go writes a route's key: the matchers in order of name, then value."""
    ordered = sorted(matchers, key=lambda matcher: (matcher.name, matcher.value, matcher.operator))
    own = f"{{{','.join(map(str, ordered))}}}"
    return f"{above}/{own}" if above else own


def _destination(
    route: Mapping[str, Any], options: _Options, labels: Mapping[str, str]
) -> Destination:
    group_by = None if options.group_by_all else options.group_by
    return Destination(
        receiver=options.receiver,
        group_by=group_by,
        group_labels={
            name: value for name, value in labels.items() if group_by is None or name in group_by
        },
        group_wait_seconds=options.waits["group_wait"],
        group_interval_seconds=options.waits["group_interval"],
        repeat_interval_seconds=options.waits["repeat_interval"],
        mute_time_intervals=tuple(route.get("mute_time_intervals") or ()),
        active_time_intervals=tuple(route.get("active_time_intervals") or ()),
        path=options.path,
    )


def _seconds(name: str, value: object) -> float:
    try:
        return parse_duration(str(value)) / 1000
    except SpeedError as error:
        raise ConfigurationError(
            f"Alertmanager's {name} {value!r} is not a duration such as 30s or 5m"
        ) from error
