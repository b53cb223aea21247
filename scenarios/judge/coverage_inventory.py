"""What a configuration holds that drills can prove, named so that it is the same at every speed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scenarios.judge.coverage_degree import has_degree
from scenarios.judge.inhibition import InhibitionRule, inhibition_rules
from scenarios.judge.lookup import ALERT_NAME, Labels
from scenarios.judge.matchers import Matcher
from scenarios.judge.routing import Destination, every_route, receivers
from scenarios.judge.timeline import Configuration, Rule
from stack.run.speed import analyse


@dataclass(frozen=True)
class RuleKey:
    """One rule. ``labels`` are those that the rule itself sets, in order of their names."""

    name: str
    file: str
    group: str
    labels: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class RouteKey:
    """One route. ``path`` is as Alertmanager begins a group key: the matchers down to the route.

    ``group_by`` is None where it groups by all labels.
    """

    path: str
    receiver: str
    group_by: tuple[str, ...] | None


@dataclass(frozen=True)
class Inventory:
    """All that is there to be proven, each in the order of its files.

    ``gradual`` are the alerts with a degree, which a near miss can be a miss of.
    """

    alerts: tuple[RuleKey, ...] = ()
    gradual: frozenset[RuleKey] = frozenset()
    recordings: tuple[RuleKey, ...] = ()
    routes: tuple[RouteKey, ...] = ()
    receivers: tuple[str, ...] = ()
    inhibitions: tuple[str, ...] = ()


def inventory_of(configuration: Configuration) -> Inventory:
    """What the configuration holds. Raises ConfigurationError."""
    alerts = [rule for rule in configuration.rules if rule.kind == "alerting"]
    recordings = [rule for rule in configuration.rules if rule.kind == "recording"]
    manager: Mapping[str, Any] = configuration.alertmanager
    return Inventory(
        alerts=tuple(dict.fromkeys(key_of(rule) for rule in alerts)),
        gradual=frozenset(key_of(rule) for rule in alerts if has_degree(rule.expression)),
        recordings=tuple(dict.fromkeys(key_of(rule) for rule in recordings)),
        routes=tuple(dict.fromkeys(route_key(route) for route in every_route(manager))),
        receivers=receivers(manager),
        inhibitions=tuple(dict.fromkeys(map(inhibition_text, inhibition_rules(manager)))),
    )


def key_of(rule: Rule) -> RuleKey:
    labels = sorted((name, str(value)) for name, value in rule.labels.items())
    return RuleKey(rule.name, rule.file, rule.group, tuple(labels))


def route_key(route: Destination) -> RouteKey:
    group_by = None if route.group_by is None else tuple(sorted(route.group_by))
    return RouteKey(route.path, route.receiver, group_by)


def inhibition_text(rule: InhibitionRule) -> str:
    """``alertname="A" (equal instance) mutes alertname="B"``."""
    sources = " and ".join(
        _side(source.matchers)
        + (f" (equal {', '.join(sorted(source.equal))})" if source.equal else "")
        for source in rule.sources
    )
    return f"{sources} mutes {_side(rule.target)}"


def alerting_rule(configuration: Configuration, labels: Labels) -> Rule | None:
    """The rule that raised the alert with these labels; None where several may have.

    Of rules with one name it is the one whose own labels the alert has, and of those the one that
    sets the most.
    """
    named = [
        rule
        for rule in configuration.rules
        if rule.kind == "alerting" and rule.name == labels.get(ALERT_NAME)
    ]
    if len(named) <= 1:
        return next(iter(named), None)
    fitting = [rule for rule in named if _could_raise(rule, labels)]
    most = max((len(rule.labels) for rule in fitting), default=0)
    chosen = [rule for rule in fitting if len(rule.labels) == most]
    return chosen[0] if len(chosen) == 1 else None


def recordings_of(configuration: Configuration, rule: Rule) -> tuple[RuleKey, ...]:
    """The recording rules that an alert reads, directly or through one another."""
    found: dict[RuleKey, None] = {}
    unread = [rule.expression]
    while unread:
        metrics = analyse(unread.pop()).metrics
        for recording in configuration.rules:
            is_read = recording.kind == "recording" and recording.name in metrics
            if is_read and key_of(recording) not in found:
                found[key_of(recording)] = None
                unread.append(recording.expression)
    return tuple(found)


def _could_raise(rule: Rule, labels: Labels) -> bool:
    """A label of a template may have any value, and is left out where it is empty."""
    return all(
        "{{" in str(value) or labels.get(name) == str(value) for name, value in rule.labels.items()
    )


def _side(matchers: tuple[Matcher, ...]) -> str:
    return ", ".join(sorted(map(str, matchers))) or "any alert"
