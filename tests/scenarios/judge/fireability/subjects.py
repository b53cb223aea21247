"""Small configurations written as text, as a team would write them, for the fireability tests."""

from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from scenarios.judge.fireability.defect import Defect
from scenarios.judge.fireability.subject import Subject, of_production, of_rules
from stack.run.speed import Production

PROMETHEUS: Mapping[str, Any] = {
    "global": {"scrape_interval": "15s", "external_labels": {"cluster": "east"}},
    "scrape_configs": [
        {"job_name": "api"},
        {"job_name": "slow", "scrape_interval": "1m"},
    ],
}


def alert(name: str, expr: str, **more: Any) -> dict[str, Any]:
    """An alerting rule."""
    return {"alert": name, "expr": expr, **more}


def record(name: str, expr: str, **labels: str) -> dict[str, Any]:
    """A recording rule."""
    return {"record": name, "expr": expr, "labels": labels}


def rules_text(rules: Sequence[Mapping[str, Any]], **group: Any) -> str:
    """A rule file with one group."""
    return yaml.safe_dump({"groups": [{"name": "all", **group, "rules": list(rules)}]})


def rules_alone(*rules: Mapping[str, Any], **group: Any) -> Subject:
    """A rule file, and nothing known of what is around it."""
    return of_rules({"rules.yml": rules_text(rules, **group)})


def configured(
    *rules: Mapping[str, Any],
    prometheus: Mapping[str, Any] = PROMETHEUS,
    alertmanager: Mapping[str, Any] | None = None,
    **group: Any,
) -> Subject:
    """A rule file between a prometheus.yml and an alertmanager.yml."""
    return of_production(
        Production(
            prometheus,
            alertmanager or {"route": {"receiver": "chat"}, "receivers": [{"name": "chat"}]},
            {"rules.yml": rules_text(rules, **group)},
        )
    )


def said(defects: Sequence[Defect]) -> list[tuple[str, str]]:
    """Severity and text of each."""
    return [
        (defect.severity, f"{defect.what}: {defect.why}; {defect.remedy}") for defect in defects
    ]
