"""Alertmanager's inhibition rules: which alert is muted while which others fire."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from scenarios.judge.matchers import Matcher, all_match, configured_matchers

Labels = Mapping[str, str]


@dataclass(frozen=True)
class Source:
    """What must fire, and which labels it must share with the target (both missing is equal)."""

    matchers: tuple[Matcher, ...]
    equal: tuple[str, ...]


@dataclass(frozen=True)
class InhibitionRule:
    """While every source fires, the targets are muted."""

    sources: tuple[Source, ...]
    target: tuple[Matcher, ...]

    def mutes(self, target: Labels, firing: Iterable[Labels]) -> bool:
        """Whether the target is muted while these alerts fire."""
        alerts = tuple(firing)
        return all_match(self.target, target) and all(
            any(self._holds(source, alert, target) for alert in alerts) for source in self.sources
        )

    def _holds(self, source: Source, alert: Labels, target: Labels) -> bool:
        """An alert on both sides of the rule is not muted by another for which that is true too."""
        both_sides = all_match(source.matchers, target) and all_match(self.target, alert)
        return (
            all_match(source.matchers, alert)
            and not both_sides
            and all(alert.get(name, "") == target.get(name, "") for name in source.equal)
        )


def inhibition_rules(alertmanager: Mapping[str, Any]) -> tuple[InhibitionRule, ...]:
    """The rules of a configuration, in either syntax."""
    return tuple(
        InhibitionRule(tuple(_sources(rule)), configured_matchers(rule, "target_"))
        for rule in alertmanager.get("inhibit_rules") or []
    )


def is_muted(alertmanager: Mapping[str, Any], target: Labels, firing: Iterable[Labels]) -> bool:
    """Whether any rule mutes the target while these alerts fire."""
    alerts = tuple(firing)
    return any(rule.mutes(target, alerts) for rule in inhibition_rules(alertmanager))


def _sources(rule: Mapping[str, Any]) -> Iterator[Source]:
    for source in rule.get("sources") or []:
        yield Source(configured_matchers(source), tuple(source.get("equal") or ()))
    if not rule.get("sources"):
        yield Source(configured_matchers(rule, "source_"), tuple(rule.get("equal") or ()))
