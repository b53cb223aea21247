"""Whether what runs elsewhere is still what the drill was told at its beginning.

Windows, routes and rules are read once, before the drill. Where somebody reloads or restarts what
is drilled meanwhile, they are those of nobody: what arrived was sent by one configuration and would
be judged by another, and a restart begins ``for``, or all groups, anew.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from stack.observe.alertmanager import Alertmanager
from stack.observe.prometheus import Prometheus
from stack.run.external.deliveries import metric
from stack.run.external.settings import ExternalSettings

RELOADED = "alertmanager_config_last_reload_success_timestamp_seconds"
# What the rules API says of a rule and of a group beside what they are configured with.
OF_RUNNING = ("alerts", "evaluationTime", "health", "lastError", "lastEvaluation", "rules", "state")


@dataclass(frozen=True)
class Seen:
    """What runs, and since when. ``rules`` are the name and the text of each."""

    prometheus: str
    prometheus_started: str
    rules: frozenset[tuple[str, str]]
    alertmanager: str
    alertmanager_started: str
    alertmanager_reloaded: float | None


def see(settings: ExternalSettings) -> Seen:
    """Raises ReadError."""
    prometheus = Prometheus(settings.prometheus.url)
    alertmanager = Alertmanager(settings.alertmanager.url)
    return Seen(
        prometheus=prometheus.configuration(),
        prometheus_started=prometheus.started(),
        rules=frozenset(
            (str(rule["name"]), _configured(group) + _configured(rule))
            for group in prometheus.rule_groups()
            for rule in group["rules"]
        ),
        alertmanager=json.dumps(alertmanager.configuration(), sort_keys=True),
        alertmanager_started=alertmanager.started(),
        alertmanager_reloaded=metric(settings.alertmanager.url, RELOADED),
    )


def changes(settings: ExternalSettings, before: Seen, now: Seen) -> Iterator[str]:
    """What is not as it was, in words."""
    prometheus = f"Prometheus at {settings.prometheus.address}"
    alertmanager = f"Alertmanager at {settings.alertmanager.address}"
    if now.prometheus_started != before.prometheus_started:
        yield f"{prometheus} was restarted"
    if now.alertmanager_started != before.alertmanager_started:
        yield f"{alertmanager} was restarted"
    elif _differ(now.alertmanager_reloaded, before.alertmanager_reloaded):
        yield f"{alertmanager} was reloaded, which begins every group anew"
    yield from configured_otherwise(settings, before, now)


def configured_otherwise(settings: ExternalSettings, before: Seen, now: Seen) -> Iterator[str]:
    """The same of what stands in files, whenever it was loaded."""
    prometheus = f"Prometheus at {settings.prometheus.address}"
    if now.rules != before.rules:
        names = sorted({name for name, _ in now.rules ^ before.rules})
        yield f"{prometheus} has other rules: {', '.join(names)} came, went or changed"
    if now.prometheus != before.prometheus:
        yield f"{prometheus} has another configuration"
    if now.alertmanager != before.alertmanager:
        yield f"Alertmanager at {settings.alertmanager.address} has another configuration"


def _differ(now: float | None, before: float | None) -> bool:
    """Whether both are known, and are not the same."""
    return now is not None and before is not None and now != before


def _configured(entry: Mapping[str, Any]) -> str:
    said = {name: value for name, value in entry.items() if name not in OF_RUNNING}
    return json.dumps(said, sort_keys=True)
