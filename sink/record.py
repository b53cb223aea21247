"""What the sink hands to its readers, as typed values: notifications, alerts, refusals."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sink.rfc3339 import ZERO_TIME, unix_seconds


@dataclass(frozen=True)
class NotifiedAlert:
    """One alert of a notification, as it stood in the payload.

    Times are unix seconds. Where the payload has Go's zero time or nothing readable, ``ends_at`` is
    None, which is how a firing alert comes, and ``starts_at`` is 0.0.
    """

    status: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    starts_at: float
    ends_at: float | None
    fingerprint: str
    generator_url: str


@dataclass(frozen=True)
class Notification:
    """One arrival at the sink.

    ``receiver`` is the name in the path that was posted to. ``received_at`` is in unix seconds,
    ``received_monotonic`` in seconds of the host's monotonic clock; both are taken when the whole
    body was there, before it was stored. ``identity`` is equal for arrivals at one receiver that
    say the same (group key; each alert's fingerprint, status and start): repeats and Alertmanager's
    duplicates. ``raw`` is the parsed body with every field it had.
    """

    seq: int
    receiver: str
    received_at: float
    received_monotonic: float
    group_key: str
    group_labels: Mapping[str, str]
    common_labels: Mapping[str, str]
    common_annotations: Mapping[str, str]
    status: str
    alerts: tuple[NotifiedAlert, ...]
    reason: str | None
    truncated_alerts: int
    identity: str
    raw: Mapping[str, Any]

    def __str__(self) -> str:
        alerts = ", ".join(
            f"{alert.labels.get('alertname', '(no alertname)')} {alert.status}"
            for alert in self.alerts
        )
        return (
            f"#{self.seq} at receiver {self.receiver!r}, {self.status or '(no status)'}, "
            f"group {dict(self.group_labels)!r}, alerts [{alerts}]"
        )


@dataclass(frozen=True)
class Refusal:
    """A request that the sink refused; nothing of it was stored. ``at`` is in unix seconds."""

    at: float
    receiver: str
    method: str
    path: str
    status: int
    why: str
    first_bytes: str

    def __str__(self) -> str:
        return f"{self.method} {self.path} refused with {self.status}: {self.why}"


def notification_of(stored: Mapping[str, Any]) -> Notification:
    """The typed form of one element of the sink's answer to GET /notifications.

    A field of the body that is missing, or of another type than Alertmanager's webhook v4 gives
    it, reads as empty: the reader decides on what it means, and finds it as it was in ``raw``.
    """
    body = stored["body"]
    reason = body.get("notification_reason")
    truncated = body.get("truncatedAlerts")
    return Notification(
        seq=stored["seq"],
        receiver=stored["receiver"],
        received_at=stored["received_at"],
        received_monotonic=stored["received_monotonic"],
        group_key=_text(body.get("groupKey")),
        group_labels=_texts(body.get("groupLabels")),
        common_labels=_texts(body.get("commonLabels")),
        common_annotations=_texts(body.get("commonAnnotations")),
        status=_text(body.get("status")),
        alerts=tuple(_alert_of(alert) for alert in body.get("alerts") or []),
        reason=None if reason is None else _text(reason),
        truncated_alerts=truncated if isinstance(truncated, int) else 0,
        identity=stored["identity"],
        raw=body,
    )


def _alert_of(alert: Mapping[str, Any]) -> NotifiedAlert:
    return NotifiedAlert(
        status=_text(alert.get("status")),
        labels=_texts(alert.get("labels")),
        annotations=_texts(alert.get("annotations")),
        starts_at=_time(alert.get("startsAt")) or 0.0,
        ends_at=_time(alert.get("endsAt")),
        fingerprint=_text(alert.get("fingerprint")),
        generator_url=_text(alert.get("generatorURL")),
    )


def _time(value: object) -> float | None:
    try:
        seconds = unix_seconds(_text(value))
    except ValueError:
        return None
    return None if seconds == ZERO_TIME else seconds


def _text(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


def _texts(value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        return {}
    return {name: _text(text) for name, text in value.items()}
