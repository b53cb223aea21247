"""What is checked: rules with their lines, and what scrapes, routes and inhibits around them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import yaml

from scenarios.judge.fireability.label_values import Recorded, Recordings, label_values
from scenarios.judge.fireability.templates import whole_label
from scenarios.judge.fireability.values import ANYTHING, Values, exactly
from scenarios.judge.lookup import ALERT_NAME
from stack.run.speed import Place, Production, Source
from stack.run.speed.durations import parse_duration
from stack.run.speed.prometheus_config import DEFAULT_EVALUATION_INTERVAL
from stack.run.speed.rules import Rule, read_rules


@dataclass(frozen=True)
class Group:
    """What a rule group says for all of its rules."""

    labels: Mapping[str, str]
    interval_ms: int


@dataclass(frozen=True)
class Subject:
    """The rules of a configuration, with its two configuration files where there are any.

    Without prometheus.yml nothing is known of jobs and intervals, without alertmanager.yml nothing
    of routes: the checks that need them find nothing.
    """

    rules: tuple[Rule, ...]
    groups: Mapping[tuple[str, str], Group]
    prometheus: Mapping[str, Any] | None = None
    alertmanager: Mapping[str, Any] | None = None
    prometheus_source: Source = field(default_factory=lambda: Source("prometheus.yml"))
    alertmanager_source: Source = field(default_factory=lambda: Source("alertmanager.yml"))

    @property
    def alerts(self) -> tuple[Rule, ...]:
        return tuple(rule for rule in self.rules if rule.kind == "alert")

    @cached_property
    def recordings(self) -> Recordings:
        found: dict[str, list[Recorded]] = {}
        for rule in self.rules:
            if rule.kind == "record":
                found.setdefault(rule.name, []).append(
                    Recorded(rule.expression.tree, self.own_labels(rule))
                )
        return found

    def group_of(self, rule: Rule) -> Group:
        return self.groups[rule.path, rule.group]

    def own_labels(self, rule: Rule) -> dict[str, str]:
        """The labels that its file gives a rule, as written; its own go before its group's."""
        own = {name: text.text for name, text in rule.labels.items()}
        return {**self.group_of(rule).labels, **own}

    def result(self, rule: Rule, label: str) -> Values:
        """What a label of the expression's own result may hold: ``$labels`` of a template."""
        return label_values(rule.expression.tree, label, self.recordings)

    def alert(self, rule: Rule, label: str) -> Values:
        """What a label may hold when the alert reaches Alertmanager."""
        alerting = (self.prometheus or {}).get("alerting") or {}
        if alerting.get("alert_relabel_configs"):
            return ANYTHING
        values = self._given(rule, label)
        external = str(self.external_labels.get(label, ""))
        if not external or values.is_present:
            return values
        return exactly(external) if values.is_missing else values.join(exactly(external))

    @property
    def external_labels(self) -> Mapping[str, Any]:
        common = (self.prometheus or {}).get("global") or {}
        found: Mapping[str, Any] = common.get("external_labels") or {}
        return found

    def _given(self, rule: Rule, label: str) -> Values:
        if label == ALERT_NAME:
            return exactly(rule.name)
        own = self.own_labels(rule)
        if label not in own:
            return self.result(rule, label)
        if "{{" not in own[label]:
            return exactly(own[label])
        copied = whole_label(own[label])
        return ANYTHING if copied is None else self.result(rule, copied)

    def labels_written(self) -> frozenset[str]:
        """The names of all labels that some rule sets itself."""
        return frozenset(label for rule in self.alerts for label in self.own_labels(rule))


def of_production(production: Production, rules: Mapping[str, str] | None = None) -> Subject:
    """A whole configuration as it stands in its files, or with other rule files (texts by path).

    Raises SpeedError with file and line.
    """
    texts = production.rules if rules is None else rules
    common = production.prometheus.get("global") or {}
    default = str(common.get("evaluation_interval") or DEFAULT_EVALUATION_INTERVAL)
    return Subject(
        rules=_rules(texts),
        groups=dict(_groups(texts, default)),
        prometheus=production.prometheus,
        alertmanager=production.alertmanager,
        prometheus_source=production.prometheus_source,
        alertmanager_source=production.alertmanager_source,
    )


def of_rules(texts: Mapping[str, str]) -> Subject:
    """Rule files alone, by path. Raises SpeedError with file and line."""
    return Subject(_rules(texts), dict(_groups(texts, DEFAULT_EVALUATION_INTERVAL)))


def place_of(rule: Rule) -> Place:
    """Where a rule's expression stands."""
    return Place(rule.path, rule.name, rule.expr.line)


def _rules(texts: Mapping[str, str]) -> tuple[Rule, ...]:
    return tuple(rule for path, text in texts.items() for rule in read_rules(text, path).rules)


def _groups(texts: Mapping[str, str], default: str) -> Iterator[tuple[tuple[str, str], Group]]:
    for path, text in texts.items():
        for group in (yaml.safe_load(text) or {}).get("groups") or []:
            labels = {name: str(value) for name, value in (group.get("labels") or {}).items()}
            interval = group.get("interval") or default
            yield (str(path), str(group["name"])), Group(labels, parse_duration(str(interval)))
