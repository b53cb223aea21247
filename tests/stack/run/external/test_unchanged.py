"""What counts as a change of what is drilled: each that does, and what goes on anyway."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from stack.run.external.settings import ExternalSettings
from stack.run.external.unchanged import changes, configured_otherwise, see
from tests.stack.run.external.conftest import Remote

STATUS = "/api/v2/status"
RUNTIME = "/api/v1/status/runtimeinfo"
RELOADED = "alertmanager_config_last_reload_success_timestamp_seconds"


@pytest.fixture
def settings(settings_of: Callable[..., ExternalSettings], remote: Remote) -> ExternalSettings:
    remote.answers["/api/v1/rules"] = rules("a > 1")
    reload(remote, 1.7e9)
    return settings_of(prometheus=remote.url, alertmanager=remote.url)


def rules(expression: str, name: str = "Slow") -> dict[str, Any]:
    """What the rules API says of one rule, now: how it runs is different each time."""
    running = {"health": "ok", "lastEvaluation": str(time.monotonic()), "evaluationTime": 0.1}
    rule = {"name": name, "query": expression, "type": "alerting", "alerts": [], **running}
    return {"groups": [{"name": "a", "file": "a.yml", "interval": 15, "rules": [rule], **running}]}


def reload(remote: Remote, at: float) -> None:
    remote.text["/metrics"] = f"# TYPE {RELOADED} gauge\n{RELOADED} {at}\n"


def test_nothing_has_changed_where_only_evaluations_went_on(
    settings: ExternalSettings, remote: Remote
) -> None:
    before = see(settings)
    remote.answers["/api/v1/rules"] = rules("a > 1")
    assert list(changes(settings, before, see(settings))) == []


@pytest.mark.parametrize(
    ("path", "answer", "told"),
    [
        ("/api/v1/rules", rules("a > 2"), "Prometheus at {} has other rules: Slow came,"),
        ("/api/v1/rules", rules("a > 1", "Slower"), "Prometheus at {} has other rules: Slow, Sl"),
        ("/api/v1/status/config", {"yaml": "a: b"}, "Prometheus at {} has another configuration"),
        (
            STATUS,
            {"config": {"original": "a: b"}, "uptime": "2026-11-23T03:02:10Z"},
            "Alertmanager at {} has another configuration",
        ),
    ],
    ids=str,
)
def test_another_configuration_is_a_change_whenever_it_was_loaded(
    settings: ExternalSettings, remote: Remote, path: str, answer: dict[str, Any], told: str
) -> None:
    before = see(settings)
    remote.answers[path] = answer
    now = see(settings)
    for (found,) in (changes(settings, before, now), configured_otherwise(settings, before, now)):
        assert found.startswith(told.format(remote.url))


def test_a_restart_is_a_change_within_a_drill_only(
    settings: ExternalSettings, remote: Remote
) -> None:
    before = see(settings)
    remote.answers[RUNTIME] = {"startTime": "2026-11-23T04:00:00Z"}
    remote.answers[STATUS] = {**remote.answers[STATUS], "uptime": "2026-11-23T04:00:00Z"}
    reload(remote, 1.8e9)
    now = see(settings)
    assert list(changes(settings, before, now)) == [
        f"Prometheus at {remote.url} was restarted",
        f"Alertmanager at {remote.url} was restarted",
    ]
    assert list(configured_otherwise(settings, before, now)) == []


def test_a_reload_of_alertmanager_is_a_change_as_it_begins_every_group_anew(
    settings: ExternalSettings, remote: Remote
) -> None:
    before = see(settings)
    reload(remote, 1.8e9)
    (found,) = changes(settings, before, see(settings))
    assert "Alertmanager at" in found
    assert "was reloaded" in found


def test_metrics_that_are_not_always_answered_are_not_taken_for_a_reload(
    settings: ExternalSettings, remote: Remote
) -> None:
    before = see(settings)
    del remote.text["/metrics"]
    now = see(settings)
    assert list(changes(settings, before, now)) == []
    assert list(changes(settings, now, before)) == []
