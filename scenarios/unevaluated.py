"""Rules that Prometheus fails to evaluate: such an alert is silent whatever happens."""

import re

from scenarios.judge.expectation import Inhibited
from scenarios.judge.timeline import Configuration, Declaration
from stack.observe.prometheus import Prometheus, ReadError


def not_evaluated(
    prometheus: Prometheus, configuration: Configuration, declaration: Declaration
) -> list[str]:
    """Of the alerts that a drill names, and of what they read: which failed when last evaluated."""
    named = {e.alert for e in declaration.expects} | set(declaration.near_misses.values())
    named |= {e.by for e in declaration.expects if isinstance(e, Inhibited)}
    read = _read_by(named, configuration)
    try:
        groups = prometheus.rule_groups()
    except ReadError as error:
        return [f"whether rules are evaluated cannot be read: {error}"]
    return [
        f"the rule {rule['name']} in {group['file']} cannot be evaluated, so its silence proves "
        f"nothing: {rule.get('lastError') or 'Prometheus does not say why'}"
        for group in groups
        for rule in group["rules"]
        if rule.get("health") == "err" and rule["name"] in read
    ]


def _read_by(alerts: set[str], configuration: Configuration) -> set[str]:
    """These alerts, and every recording rule that they read, directly or through others."""
    expressions: dict[str, list[str]] = {}
    for rule in configuration.rules:
        expressions.setdefault(rule.name, []).append(rule.expression)
    found: set[str] = set()
    left = set(alerts)
    while left:
        name = left.pop()
        found.add(name)
        words = {
            word
            for expression in expressions.get(name, ())
            for word in re.findall(r"[\w:]+", expression)
        }
        left |= (words & expressions.keys()) - found
    return found
