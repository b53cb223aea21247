"""What a drill did, as annotations: what they say, and that the dashboards find them."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import requests

from scenarios.judge.timeline import Arrival, FaultRecord, NotifiedAlert, Timeline
from scenarios.report.annotations import annotations
from scenarios.report.grafana import Grafana
from stack.grafana.__main__ import FOLDER
from tests.scenarios.report.grafana_double import TOKEN, GrafanaDouble, running

DASHBOARDS = [json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.json"))]


def firing(name: str, status: Any = "firing", **labels: str) -> NotifiedAlert:
    return NotifiedAlert({"alertname": name, **labels}, {}, status, 1.0, None, name)


@pytest.fixture
def eventful(quiet_timeline: Timeline) -> Timeline:
    """A near miss, then a fault of which two alerts of one group are told; and a heartbeat."""
    began = quiet_timeline.clock.started
    fault = FaultRecord(
        name="slow cache",
        fault="redis_latency",
        near_miss=False,
        wanted={"latency_seconds": 0.25, "of": "Redis <cache>"},
        injecting=began + 21.25,
        confirmed=began + 21.5,
        observed="an answer took 251 ms",
        healing=began + 27,
        healed=began + 27.5,
    )
    notification = Arrival(
        sequence=2,
        at=began + 25.125,
        receiver="platform-pager",
        group_key="g",
        group_labels={"service": "redis"},
        status="firing",
        alerts=(
            firing("RedisLatencyHigh", severity="critical"),
            firing("RedisLatencyHigh", severity="warning"),
            firing("RedisDown", "resolved", severity="critical"),
        ),
        identity="b",
    )
    return replace(
        quiet_timeline,
        faults=(*quiet_timeline.faults, fault),
        arrivals=(*quiet_timeline.arrivals, notification),
    )


def test_a_fault_is_a_region_from_inject_to_heal_that_says_what_was_wanted_and_seen(
    eventful: Timeline,
) -> None:
    (region,) = [one for one in annotations(eventful) if "slow cache" in one.text]
    assert (region.time, region.time_end) == (1_800_000_021_250, 1_800_000_027_500)
    assert region.text == (
        "redis_latency (latency_seconds 0.25, of Redis &lt;cache&gt;); fault; "
        "an answer took 251 ms; drill delivery/quiet; step slow cache"
    )


def test_a_near_miss_says_what_it_is_a_near_miss_of(eventful: Timeline) -> None:
    (region,) = [one for one in annotations(eventful) if "near miss" in one.tags]
    assert region.text.startswith("redis_latency (latency_seconds 0.06, of Redis); near miss of")
    assert "near miss of RedisDown; 0.06 s; drill delivery/quiet" in region.text
    assert "fault" in region.tags


def test_a_fault_that_was_not_healed_lasts_to_the_end_of_the_drill(eventful: Timeline) -> None:
    faults = tuple(replace(fault, healing=None, healed=None) for fault in eventful.faults)
    ends = [one.time_end for one in annotations(replace(eventful, faults=faults))]
    assert {end for end in ends if end is not None} == {round(eventful.clock.ended * 1000)}


def test_a_fault_that_took_no_effect_or_lost_it_says_so(eventful: Timeline) -> None:
    unseen, lost = eventful.faults
    faults = (replace(unseen, confirmed=None, observed=""), replace(lost, lost="took 1 ms"))
    texts = [one.text for one in annotations(replace(eventful, faults=faults))]
    assert any("; its effect was never seen; drill" in text for text in texts)
    assert any("; gone before it was healed: took 1 ms; drill" in text for text in texts)


def test_a_notification_is_a_mark_that_says_who_was_told_what(eventful: Timeline) -> None:
    (mark,) = [one for one in annotations(eventful) if "platform-pager" in one.text]
    assert (mark.time, mark.time_end) == (1_800_000_025_125, None)
    assert mark.text == (
        "platform-pager: RedisLatencyHigh firing (2), RedisDown resolved; group (service redis); "
        "drill delivery/quiet"
    )
    assert {"firing", "receiver:platform-pager", "drill:delivery/quiet"} <= set(mark.tags)


def test_there_is_one_for_each_fault_and_notification_in_the_order_of_their_times(
    eventful: Timeline,
) -> None:
    made = annotations(eventful)
    assert len(made) == len(eventful.faults) + len(eventful.arrivals)
    assert [one.time for one in made] == sorted(one.time for one in made)


@pytest.fixture
def told(eventful: Timeline) -> Iterator[GrafanaDouble]:
    """A double that was given the annotations of the drill, and one of somebody else's."""
    with running(GrafanaDouble()) as double:
        grafana = Grafana(double.url, f"Bearer {TOKEN}")
        for annotation in annotations(eventful):
            grafana.add(annotation)
        other = annotations(eventful)[-1]
        grafana.add(replace(other, text="deployed", tags=("notification", "fault", "deploy")))
        yield double


def shown(double: GrafanaDouble, mark: Any, timeline: Timeline) -> list[str]:
    """The texts that a dashboard gets of Grafana for one of its marks."""
    target = mark["target"]
    # What Grafana asks itself of a target by tags: all of them where none is enough.
    assert target["type"] == "tags"
    assert target["matchAny"] is False
    answer = requests.get(
        f"{double.url}/api/annotations",
        params={
            "from": round(timeline.clock.started * 1000),
            "to": round(timeline.clock.ended * 1000),
            "tags": target["tags"],
            "limit": target["limit"],
        },
        timeout=10,
    )
    return [one["text"] for one in answer.json()]


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda dashboard: dashboard["uid"])
def test_each_dashboard_shows_the_faults_and_notifications_that_are_posted_and_no_others(
    told: GrafanaDouble, dashboard: Any, eventful: Timeline
) -> None:
    marks = {mark["name"]: mark for mark in dashboard["annotations"]["list"]}
    faults = shown(told, marks["Faults"], eventful)
    assert sorted(text.partition(" ")[0] for text in faults) == ["redis_latency"] * 2
    (notification,) = shown(told, marks["Notifications received"], eventful)
    assert notification.startswith("platform-pager: RedisLatencyHigh firing")
