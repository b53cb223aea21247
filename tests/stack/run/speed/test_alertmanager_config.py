"""alertmanager.yml and its flags are divided where the pipeline waits, and nowhere else."""

import copy
from typing import Any

import pytest
import yaml

from stack.run.speed import Source, SpeedError, alertmanager_flags, compress_alertmanager

CONFIG: dict[str, Any] = yaml.safe_load("""
global:
  resolve_timeout: 10m
  smtp_smarthost: "mail:25"
route:
  receiver: chat
  group_by: [alertname]
  group_wait: 1m
  routes:
    - receiver: pager
      group_interval: 2m
      mute_time_intervals: [nights]
      routes:
        - {receiver: pager, matchers: ['wait="5m"'], group_wait: 0s, repeat_interval: 1h}
    - {receiver: chat}
receivers:
  - name: chat
    slack_configs: [{channel: 5m, timeout: 20s}]
  - name: pager
    webhook_configs:
      - {url: "http://sink/5m", timeout: 10s, max_alerts: 20}
      - {url: "http://sink"}
    pushover_configs: [{retry: 1m, expire: 1h}]
inhibit_rules:
  - {source_matchers: [a=b], target_matchers: [c=d], equal: [e]}
time_intervals:
  - name: nights
    time_intervals: [{times: [{start_time: "22:00", end_time: "24:00"}]}]
""")


def test_divides_the_durations_of_the_pipeline_and_nothing_else() -> None:
    """Each level of the routes; mute times and what a provider is told stay real."""
    expected = copy.deepcopy(CONFIG)
    expected["global"]["resolve_timeout"] = "30s"
    expected["route"] |= {"group_wait": "3s", "group_interval": "15s", "repeat_interval": "12m"}
    expected["route"]["routes"][0]["group_interval"] = "6s"
    expected["route"]["routes"][0]["routes"][0]["repeat_interval"] = "3m"
    expected["receivers"][0]["slack_configs"][0]["timeout"] = "1s"
    expected["receivers"][1]["webhook_configs"][0]["timeout"] = "500ms"
    assert compress_alertmanager(CONFIG, 20) == expected


@pytest.mark.parametrize("config", [{"route": {"receiver": "a"}}, {"global": None, "route": {}}])
def test_writes_out_what_is_left_to_alertmanagers_defaults(config: dict[str, Any]) -> None:
    """30 s, 5 m, 4 h and 5 m would otherwise stay real at any speed."""
    divided = compress_alertmanager(config, 20)
    waits = {key: divided["route"][key] for key in divided["route"] if key != "receiver"}
    assert waits == {"group_wait": "1s500ms", "group_interval": "15s", "repeat_interval": "12m"}
    assert divided["global"] == {"resolve_timeout": "15s"}


def test_children_inherit_and_get_nothing_written_out() -> None:
    """A child's default is its parent's value, not Alertmanager's."""
    config = {"route": {"receiver": "a", "group_wait": "1m", "routes": [{"receiver": "b"}]}}
    assert compress_alertmanager(config, 20)["route"]["routes"] == [{"receiver": "b"}]


def test_at_speed_one_it_is_an_equal_copy() -> None:
    """Nothing is written out either; changing the copy leaves the original alone."""
    before = copy.deepcopy(CONFIG)
    config = compress_alertmanager(CONFIG, 1.0)
    assert config == CONFIG
    config["route"]["routes"][0]["receiver"] = "changed"
    assert before == CONFIG


def test_routes_of_one_anchor_are_divided_once() -> None:
    """Two routes of one anchor are one object in the loaded file."""
    config = yaml.safe_load("""
route:
  receiver: a
  routes:
    - {receiver: a, routes: &below [{receiver: b, group_wait: 40s}]}
    - {receiver: c, routes: *below}
""")
    routes = compress_alertmanager(config, 20)["route"]["routes"]
    assert [route["routes"][0]["group_wait"] for route in routes] == ["2s", "2s"]


@pytest.mark.parametrize(
    ("config", "error"),
    [
        ({"route": {"group_wait": "30"}}, "a.yml:7: route.group_wait: '30' is not a duration"),
        (
            {"route": {"routes": [{}, {"group_interval": "x"}]}},
            r"a.yml:4: route.routes\[1\].group_interval: 'x' is not a duration",
        ),
        ({"route": {"routes": {}}}, "a.yml:4: route.routes: a list belongs here"),
        (
            {"receivers": [{"name": "a", "webhook_configs": [{"timeout": 5}]}]},
            r"a.yml: receivers\[0\].webhook_configs\[0\].timeout: '5' is not a duration",
        ),
    ],
)
def test_what_cannot_be_read_is_told_with_its_place(config: dict[str, Any], error: str) -> None:
    """File, line of the nearest key that is known, and key."""
    source = Source("a.yml", {("route",): 4, ("route", "group_wait"): 7})
    with pytest.raises(SpeedError, match=f"^{error}"):
        compress_alertmanager(config, 20, source)


def test_rounding_that_bends_a_ratio_is_refused() -> None:
    """A group_wait of one second is the shortest here, and the first to suffer."""
    config = {"route": {"receiver": "a", "group_wait": "1s"}}
    with pytest.raises(SpeedError, match=r"alertmanager.yml: route.group_wait: at speed 90, 1s is"):
        compress_alertmanager(config, 90)


def test_the_peer_timeout_is_divided_as_a_flag() -> None:
    """How long a second Alertmanager waits for the first runs faster too."""
    assert alertmanager_flags(20) == {"cluster.peer-timeout": "750ms"}
    assert alertmanager_flags(1) == {"cluster.peer-timeout": "15s"}
