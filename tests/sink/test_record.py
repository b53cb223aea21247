"""A stored notification reads as typed values, whatever fields its body had."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sink.record import Notification, notification_of
from sink.rfc3339 import unix_seconds


def stored(body: dict[str, Any]) -> dict[str, Any]:
    return {
        "seq": 7,
        "receiver": "pages",
        "received_at": 1795368844.5,
        "received_monotonic": 1715.25,
        "identity": "the same",
        "body": body,
    }


def test_every_field_of_the_payload_is_found(payload: Callable[..., bytes]) -> None:
    body = json.loads(payload(truncatedAlerts=3))
    found = notification_of(stored(body))
    alert = found.alerts[0]

    assert (found.seq, found.receiver, found.identity) == (7, "pages", "the same")
    assert (found.received_at, found.received_monotonic) == (1795368844.5, 1715.25)
    assert found.group_key == '{}/{severity="page"}:{alertname="PaymentFailureRatioHigh"}'
    assert found.group_labels == {"alertname": "PaymentFailureRatioHigh"}
    assert found.common_labels == {"alertname": "PaymentFailureRatioHigh", "severity": "page"}
    assert found.common_annotations == {"summary": "Payments fail"}
    assert (found.status, found.reason) == ("firing", "first notification")
    assert found.truncated_alerts == 3
    assert found.raw == body
    assert alert.status == "firing"
    assert alert.labels == {"alertname": "PaymentFailureRatioHigh", "method": "card"}
    assert alert.annotations == {"summary": "Payments fail"}
    assert alert.starts_at == unix_seconds("2026-11-22T17:00:00.123456789Z")
    assert alert.ends_at is None
    assert alert.fingerprint == "c1f2d3e4a5b60718"
    assert alert.generator_url == "http://prometheus.test/graph"


def test_an_end_that_is_a_time_is_in_unix_seconds() -> None:
    found = notification_of(stored({"alerts": [{"endsAt": "1970-01-01T01:00:10.5+01:00"}]}))
    assert found.alerts[0].ends_at == 10.5


def test_missing_fields_read_as_empty() -> None:
    assert notification_of(stored({})) == Notification(
        seq=7,
        receiver="pages",
        received_at=1795368844.5,
        received_monotonic=1715.25,
        group_key="",
        group_labels={},
        common_labels={},
        common_annotations={},
        status="",
        alerts=(),
        reason=None,
        truncated_alerts=0,
        identity="the same",
        raw={},
    )
    bare = notification_of(stored({"alerts": [{}]})).alerts[0]
    assert (bare.starts_at, bare.ends_at) == (0.0, None)


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00Z", "soon"])
def test_a_start_that_is_not_known_is_0(text: str) -> None:
    assert notification_of(stored({"alerts": [{"startsAt": text}]})).alerts[0].starts_at == 0.0


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
ALERT_FIELDS = ["status", "labels", "annotations", "startsAt", "endsAt", "fingerprint"]
FIELDS = ["groupKey", "groupLabels", "commonLabels", "status", "truncatedAlerts"]


@given(
    fields=st.dictionaries(st.sampled_from([*FIELDS, "notification_reason"]), JSON_VALUES),
    alerts=st.lists(st.dictionaries(st.sampled_from(ALERT_FIELDS), JSON_VALUES), max_size=3),
)
def test_no_type_of_a_field_stops_the_reading(
    fields: dict[str, Any], alerts: list[dict[str, Any]]
) -> None:
    """What a reader gets has the declared types, and the body as it was beside them."""
    body = {**fields, "alerts": alerts}
    found = notification_of(stored(body))
    assert found.raw is body
    assert len(found.alerts) == len(alerts)
    assert isinstance(found.truncated_alerts, int)
    for alert in found.alerts:
        assert isinstance(alert.starts_at, float)
        assert all(isinstance(text, str) for text in alert.labels.values())
    assert str(found).startswith("#7 at receiver 'pages'")
