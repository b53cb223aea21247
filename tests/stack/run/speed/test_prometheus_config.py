"""prometheus.yml and its flags are divided where the pipeline waits, and nowhere else."""

import copy
from typing import Any

import pytest
import yaml

from stack.run.speed import (
    Source,
    SpeedError,
    compress_prometheus,
    prometheus_flags,
    scrape_intervals_ms,
)

CONFIG: dict[str, Any] = yaml.safe_load("""
global:
  scrape_interval: 15s
  scrape_timeout: 5s
  evaluation_interval: 30s
  rule_query_offset: 1m
  external_labels: {site: 5m}
rule_files: [rules/*.yml]
scrape_configs:
  - job_name: api
    scrape_interval: 10s
    scrape_timeout: 10s
    static_configs: [{targets: ["api:4000"]}]
  - job_name: node
    file_sd_configs: [{files: [nodes.json], refresh_interval: 5m}]
alerting:
  alertmanagers:
    - timeout: 4s
      static_configs: [{targets: ["alertmanager:9093"]}]
    - static_configs: [{targets: ["second:9093"]}]
remote_write: [{url: "http://storage", remote_timeout: 30s}]
storage: {tsdb: {out_of_order_time_window: 30m}}
""")


def test_divides_the_durations_of_the_pipeline_and_nothing_else() -> None:
    """Discovery, remote storage and labels keep what they say."""
    expected = copy.deepcopy(CONFIG)
    expected["global"] |= {
        "scrape_interval": "750ms",
        "scrape_timeout": "250ms",
        "evaluation_interval": "1s500ms",
        "rule_query_offset": "3s",
    }
    expected["scrape_configs"][0] |= {"scrape_interval": "500ms", "scrape_timeout": "500ms"}
    expected["alerting"]["alertmanagers"][0]["timeout"] = "200ms"
    expected["alerting"]["alertmanagers"][1]["timeout"] = "500ms"
    assert compress_prometheus(CONFIG, 20) == expected


@pytest.mark.parametrize(
    ("common", "divided"),
    [
        (None, {"scrape_interval": "6s", "scrape_timeout": "1s", "evaluation_interval": "6s"}),
        ({}, {"scrape_interval": "6s", "scrape_timeout": "1s", "evaluation_interval": "6s"}),
        (
            {"scrape_interval": "5s"},
            {"scrape_interval": "500ms", "scrape_timeout": "500ms", "evaluation_interval": "6s"},
        ),
        (
            {"scrape_interval": "0s", "scrape_timeout": 0, "evaluation_interval": "20s"},
            {"scrape_interval": "6s", "scrape_timeout": "1s", "evaluation_interval": "2s"},
        ),
    ],
)
def test_writes_out_what_is_left_to_prometheus_defaults(
    common: dict[str, Any] | None, divided: dict[str, str]
) -> None:
    """A default of one minute would otherwise stay one minute at any speed."""
    assert compress_prometheus({"global": common}, 10)["global"] == divided


def test_at_speed_one_it_is_an_equal_copy() -> None:
    """Nothing is written out either; changing the copy leaves the original alone."""
    before = copy.deepcopy(CONFIG)
    config = compress_prometheus(CONFIG, 1)
    assert config == CONFIG
    config["scrape_configs"][0]["job_name"] = "changed"
    config["global"]["scrape_interval"] = "changed"
    assert before == CONFIG


def test_what_one_yaml_anchor_shares_is_divided_once() -> None:
    """Two jobs of one anchor are one object in the loaded file."""
    config = yaml.safe_load("""
scrape_configs:
  - &job {job_name: a, scrape_interval: 20s}
  - *job
alerting:
  alertmanagers: [&am {timeout: 20s}, *am]
""")
    divided = compress_prometheus(config, 10)
    assert [job["scrape_interval"] for job in divided["scrape_configs"]] == ["2s", "2s"]
    assert [manager["timeout"] for manager in divided["alerting"]["alertmanagers"]] == ["2s", "2s"]
    assert divided["scrape_configs"][0] is not divided["scrape_configs"][1]


def test_a_scrape_interval_below_100_ms_is_refused_with_the_largest_speed() -> None:
    """The job that is scraped most often decides: 10 s make 100 ms at speed 100."""
    compress_prometheus(CONFIG, 100)
    with pytest.raises(SpeedError) as refused:
        compress_prometheus(CONFIG, 101)
    assert refused.value.largest_speed == 100
    assert str(refused.value).startswith(
        "prometheus.yml: scrape_configs[0].scrape_interval: at speed 101 the scrape interval of "
        "10s would be 99.01 ms; below 100 ms"
    )
    assert "windows hold too few of them" in str(refused.value)


def test_the_speed_named_for_short_scrapes_also_keeps_the_ratios() -> None:
    """At speed 11 the scrape interval would do, but a timeout of 1 s would become 91 ms."""
    config = {"global": {"scrape_interval": "1100ms", "scrape_timeout": "1s"}}
    with pytest.raises(SpeedError) as refused:
        compress_prometheus(config, 12)
    assert refused.value.largest_speed == 11
    tight = {"global": {"scrape_interval": "1100ms", "scrape_timeout": "5ms"}}
    with pytest.raises(SpeedError) as refused:
        compress_prometheus(tight, 12)
    assert refused.value.largest_speed == 5


def test_rounding_that_bends_a_ratio_is_refused() -> None:
    """1 s at speed 90 is 11.1 ms, and 11 ms are 1 % less."""
    config = {"global": {"scrape_interval": "15s", "scrape_timeout": "1s"}}
    with pytest.raises(SpeedError, match=r"prometheus.yml: global.scrape_timeout: at speed 90, 1s"):
        compress_prometheus(config, 90)


@pytest.mark.parametrize(
    ("config", "error"),
    [
        ({"global": {"scrape_interval": "15"}}, "p.yml:3: global.scrape_interval: '15' is not"),
        ({"global": {"scrape_interval": True}}, "p.yml:3: global.scrape_interval: True is not"),
        ({"global": []}, "p.yml:2: global: a mapping belongs here"),
        ({"scrape_configs": {}}, "p.yml: scrape_configs: a list belongs here"),
        ({"scrape_configs": ["a"]}, r"p.yml: scrape_configs\[0\]: a mapping belongs here"),
        ({"scrape_config_files": ["a.yml"]}, "p.yml: scrape_config_files: jobs in other files"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_place(config: dict[str, Any], error: str) -> None:
    """File, line where it is known, and key."""
    source = Source("p.yml", {("global",): 2, ("global", "scrape_interval"): 3})
    with pytest.raises(SpeedError, match=f"^{error}"):
        compress_prometheus(config, 20, source)


def test_flags_are_divided_from_prometheus_defaults() -> None:
    """Lookback, resend delay, grace period and outage tolerance run faster too."""
    assert prometheus_flags(20) == {
        "query.lookback-delta": "15s",
        "rules.alert.resend-delay": "3s",
        "rules.alert.for-grace-period": "30s",
        "rules.alert.for-outage-tolerance": "3m",
    }
    assert prometheus_flags(1)["rules.alert.resend-delay"] == "1m"


def test_scrape_intervals_are_told_by_job() -> None:
    """A job without its own, or with zero, has the global one."""
    config = copy.deepcopy(CONFIG)
    config["scrape_configs"].append({"job_name": "zero", "scrape_interval": "0s"})
    assert scrape_intervals_ms(config) == {
        "api": 10_000,
        "node": 15_000,
        "zero": 15_000,
    }
