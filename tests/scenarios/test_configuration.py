"""The configuration read from files before anything runs: production's, divided by the speed."""

import dataclasses
from pathlib import Path

import pytest

from scenarios.configuration import from_files
from scenarios.judge.routing import destinations
from scenarios.judge.timeline import Configuration, Rule
from stack.run.configuration import PRODUCTION, layers_in

PROMETHEUS = """
global: {}
rule_files: [rules/*.yml]
scrape_configs:
  - job_name: usual
  - job_name: often
    scrape_interval: 20s
    scrape_timeout: 5s
"""
ALERTMANAGER = """
route: {receiver: everybody}
receivers: [{name: everybody}]
"""
RULES = """
groups:
  - name: quick
    interval: 30s
    rules:
      - record: job:up:sum
        expr: sum by (job) (up)
      - alert: Down
        expr: job:up:sum == 0
        for: 10m
        keep_firing_for: 5m
        labels: {severity: page}
        annotations: {summary: "{{ $labels.job }} is down"}
  - name: usual
    rules:
      - alert: Always
        expr: vector(1)
"""


def production(speed: float) -> Configuration:
    return from_files(PRODUCTION, speed=speed, layers=layers_in(PRODUCTION), layers_absent={})


@pytest.fixture
def small(tmp_path: Path) -> Path:
    (tmp_path / "prometheus" / "rules").mkdir(parents=True)
    (tmp_path / "alertmanager").mkdir()
    (tmp_path / "prometheus" / "prometheus.yml").write_text(PROMETHEUS)
    (tmp_path / "prometheus" / "rules" / "small.yml").write_text(RULES)
    (tmp_path / "alertmanager" / "alertmanager.yml").write_text(ALERTMANAGER)
    return tmp_path


def read(source: Path, speed: float = 1.0) -> Configuration:
    return from_files(source, speed=speed, layers=layers_in(source), layers_absent={})


def test_at_speed_60_every_duration_is_a_sixtieth_of_that_at_speed_1() -> None:
    slow, fast = production(1.0), production(60.0)
    assert len(fast.rules) == len(slow.rules) >= 12
    for before, after in zip(slow.rules, fast.rules, strict=True):
        assert after.for_seconds * 60 == pytest.approx(before.for_seconds, abs=0.001)
        assert after.interval_seconds * 60 == pytest.approx(before.interval_seconds)
        same = ("name", "kind", "group", "file", "labels", "annotations")
        assert [getattr(after, field) for field in same] == [
            getattr(before, field) for field in same
        ]
    assert fast.evaluation_interval_seconds * 60 == slow.evaluation_interval_seconds == 15
    assert fast.resend_delay_seconds * 60 == slow.resend_delay_seconds == 60
    assert [job.interval_seconds * 60 for job in fast.scrape_jobs] == [
        job.interval_seconds for job in slow.scrape_jobs
    ]
    assert fast.external_labels == slow.external_labels == {"cluster": "flash-tickets"}


def test_routes_wait_a_sixtieth_at_speed_60_and_lead_to_the_same_receivers() -> None:
    slow, fast = production(1.0), production(60.0)
    for rule in slow.rules:
        labels = {**rule.labels, "alertname": rule.name}
        (before,) = destinations(slow.alertmanager, labels)
        (after,) = destinations(fast.alertmanager, labels)
        assert (after.receiver, after.group_by) == (before.receiver, before.group_by)
        for wait in ("group_wait_seconds", "group_interval_seconds", "repeat_interval_seconds"):
            assert getattr(after, wait) * 60 == pytest.approx(getattr(before, wait)), rule.name


def test_what_a_file_leaves_out_has_prometheus_own_default(small: Path) -> None:
    configuration = read(small)
    assert configuration.evaluation_interval_seconds == 60
    assert configuration.resend_delay_seconds == 60
    assert configuration.query_offset_seconds == 0
    assert [dataclasses.astuple(job) for job in configuration.scrape_jobs] == [
        ("usual", 60.0, 10.0),
        ("often", 20.0, 5.0),
    ]


def test_rules_have_the_interval_of_their_group_and_keep_their_texts(small: Path) -> None:
    recording, down, always = read(small).rules
    assert (recording.name, recording.kind) == ("job:up:sum", "recording")
    assert down == Rule(
        name="Down",
        kind="alerting",
        group="quick",
        file="small.yml",
        expression="job:up:sum == 0",
        interval_seconds=30.0,
        for_seconds=600.0,
        keep_firing_for_seconds=300.0,
        labels={"severity": "page"},
        annotations={"summary": "{{ $labels.job }} is down"},
    )
    assert (always.interval_seconds, always.for_seconds) == (60.0, 0.0)
    assert read(small, 20.0).rules[1].keep_firing_for_seconds == 15.0


def test_layers_that_are_not_asked_for_are_not_read(small: Path) -> None:
    (small / "prometheus" / "rules" / "other.yml").write_text(
        RULES.replace("Down", "OtherDown").replace("job:up:sum", "job:other:sum")
    )
    configuration = from_files(
        small, speed=1.0, layers=("other",), layers_absent={"small": "not wanted"}
    )
    assert {rule.file for rule in configuration.rules} == {"other.yml"}
    assert configuration.rules_absent == {"small": "not wanted"}


@pytest.mark.parametrize(
    "text", ["", "# nothing\n", "groups:\n", "groups: []\n", "groups:\n  - name: x\n    rules:\n"]
)
def test_a_rule_file_without_rules_adds_none(small: Path, text: str) -> None:
    (small / "prometheus" / "rules" / "empty.yml").write_text(text)
    assert [rule.file for rule in read(small, 10.0).rules] == ["small.yml"] * 3
