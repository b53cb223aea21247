"""The marks over every panel: faults, alerts that fire, notifications; and the tags they go by."""

from collections.abc import Iterator, Sequence
from typing import Any

from stack.grafana.panel import DATASOURCE

# Whoever injects a fault or receives a notification tells Grafana so with these.
FAULT_TAGS = ("alert-drill", "fault")
NOTIFICATION_TAGS = ("alert-drill", "notification")
# A notification of nothing but severity none, every few minutes: there to be found, not shown.
HEARTBEAT_TAGS = ("alert-drill", "heartbeat")
# Of an hour with all drills in it, side by side.
MOST_MARKS = 1000
GRAFANAS_OWN = {"type": "grafana", "uid": "-- Grafana --"}


def marks() -> Iterator[dict[str, Any]]:
    """What is marked over every panel.

    A fault is no series, and which alerts arrived where is known at the receiver alone: both are
    told to Grafana itself, and Prometheus knows nothing of them. The heartbeat fires always and is
    left out of the alerts.
    """
    yield {
        "builtIn": 1,
        "name": "Annotations & Alerts",
        "type": "dashboard",
        "datasource": GRAFANAS_OWN,
        "enable": True,
        "hide": True,
        "iconColor": "rgba(0, 211, 255, 1)",
    }
    yield _told("Faults", "purple", FAULT_TAGS)
    yield {
        "name": "Alerts",
        "datasource": DATASOURCE,
        "enable": True,
        "hide": False,
        "iconColor": "red",
        "expr": 'ALERTS{alertstate="firing", severity!="none"}',
        "titleFormat": "{{alertname}}",
        "textFormat": "{{severity}}, {{team}}: {{service}}",
        "tagKeys": "alertname,severity,service",
        "step": "15s",
    }
    yield {
        "name": "Notifications",
        "datasource": DATASOURCE,
        "enable": True,
        "hide": False,
        "iconColor": "blue",
        "expr": "sum by (integration) (rate(alertmanager_notifications_total[1m])) > 0",
        "titleFormat": "Alertmanager notifies",
        "textFormat": "by {{integration}}",
        "tagKeys": "integration",
        "step": "15s",
    }
    yield _told("Notifications received", "super-light-blue", NOTIFICATION_TAGS)


def _told(name: str, colour: str, tags: Sequence[str]) -> dict[str, Any]:
    """Annotations that Grafana was told, and that have all of these tags."""
    return {
        "name": name,
        "datasource": GRAFANAS_OWN,
        "enable": True,
        "hide": False,
        "iconColor": colour,
        "target": {"type": "tags", "tags": list(tags), "matchAny": False, "limit": MOST_MARKS},
    }
