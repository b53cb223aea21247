"""What the alerting rules tell a dashboard: thresholds, severity, meaning and runbook."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from stack.run.speed import Place, SpeedError, read_rules
from stack.run.speed.constants import constant_value
from stack.run.speed.promql import read_expression
from stack.run.speed.rules import Rule
from stack.run.speed.tree import Binary, Node, walk

COMPARISONS = frozenset({"==", ">", "<", ">=", "<="})
# A matcher that a person sets at the top of the dashboard, which no rule has.
_CHOSEN = re.compile(r'\s*,?\s*\w+\s*=~\s*"\$\w+"')
FILLED_IN = {"$__rate_interval": "1m", "$__range": "1h"}


@dataclass(frozen=True)
class Comparison:
    """One comparison with a constant in a rule."""

    compared: Node
    operator: str
    threshold: float


@dataclass(frozen=True)
class Alert:
    """One alerting rule, as far as a dashboard shows it."""

    name: str
    severity: str
    description: str
    runbook_url: str
    comparisons: tuple[Comparison, ...]


def read_alerts(rules_folder: Path) -> Mapping[str, Alert]:
    """The alerting rules of a folder by name. Raises SpeedError with file and line."""
    return {
        rule.name: Alert(
            name=rule.name,
            severity=_text(rule, "labels", "severity"),
            description=_text(rule, "annotations", "description"),
            runbook_url=_text(rule, "annotations", "runbook_url"),
            comparisons=tuple(_comparisons(rule.expression.tree)),
        )
        for path in sorted(rules_folder.glob("*.yml"))
        for rule in read_rules(path.read_text(), path).rules
        if rule.kind == "alert"
    }


def shown_by(expression: str, alert: Alert) -> Comparison | None:
    """The comparison of an alert whose left side a panel's expression is, choices aside."""
    tree = read_expression(_CHOSEN.sub("", as_promql(expression))).tree
    return next((found for found in alert.comparisons if found.compared == tree), None)


def as_promql(expression: str) -> str:
    """An expression with what Grafana fills in itself: the least at a scrape every 15 seconds."""
    for name, duration in FILLED_IN.items():
        expression = expression.replace(name, duration)
    return expression


def _comparisons(tree: Node) -> Iterator[Comparison]:
    for node in walk(tree):
        if isinstance(node, Binary) and node.operator in COMPARISONS:
            threshold = constant_value(node.right)
            if threshold is not None:
                yield Comparison(node.left, node.operator, threshold)


def _text(rule: Rule, part: str, key: str) -> str:
    placed = (rule.labels if part == "labels" else rule.annotations).get(key)
    if placed is None:
        place = Place(rule.path, rule.name, rule.line)
        raise SpeedError(f"give it {key}, under {part}", place=place)
    return placed.text
