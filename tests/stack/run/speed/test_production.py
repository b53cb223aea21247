"""The whole configuration is read from its files, checked as one, and divided as one."""

from pathlib import Path

import pytest
import yaml

import stack
from stack.run.speed import (
    Cause,
    SpeedError,
    check_production,
    compress_production,
    lint_production,
    read_production,
)

PROMETHEUS = """\
# What we scrape.
global:
  scrape_interval: 15s
  evaluation_interval: 15s
rule_files:
  - rules/*.yml
  - extra.yml
scrape_configs:
  - job_name: api
    scrape_interval: 10s
"""
ALERTMANAGER = """\
route:
  receiver: chat
  group_wait: 20s
  routes:
    - receiver: chat
      group_interval: 1m
receivers:
  - name: chat
"""
RULES = """\
groups:
  - name: g
    rules:
      - {{alert: {0}, expr: 'rate(x[1m]) > 1', for: {1}}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "rules").mkdir()
    (tmp_path / "prometheus.yml").write_text(PROMETHEUS)
    (tmp_path / "alertmanager.yml").write_text(ALERTMANAGER)
    (tmp_path / "rules" / "a.yml").write_text(RULES.format("A", "5m"))
    (tmp_path / "rules" / "b.yml").write_text(RULES.format("B", "10m"))
    (tmp_path / "extra.yml").write_text(RULES.format("C", "1m"))
    return tmp_path


def paths(folder: Path) -> tuple[Path, Path]:
    return folder / "prometheus.yml", folder / "alertmanager.yml"


def test_reads_both_configurations_and_the_rule_files_they_name(folder: Path) -> None:
    """Patterns are taken from the folder of prometheus.yml."""
    production = read_production(*paths(folder))
    assert production.prometheus == yaml.safe_load(PROMETHEUS)
    assert production.alertmanager == yaml.safe_load(ALERTMANAGER)
    assert [Path(path).relative_to(folder).as_posix() for path in production.rules] == [
        "rules/a.yml",
        "rules/b.yml",
        "extra.yml",
    ]


def test_compresses_all_of_it_with_flags(folder: Path) -> None:
    """Everything a stack needs to run twenty times faster."""
    faster = compress_production(read_production(*paths(folder)), 20)
    assert faster.prometheus["scrape_configs"][0]["scrape_interval"] == "500ms"
    assert faster.alertmanager["route"]["group_wait"] == "1s"
    assert faster.rules[str(folder / "extra.yml")] == RULES.format("C", "3s").replace("1m", "3s")
    assert faster.prometheus_flags["query.lookback-delta"] == "15s"
    assert faster.alertmanager_flags == {"cluster.peer-timeout": "750ms"}


def test_at_speed_one_everything_is_as_it_was(folder: Path) -> None:
    """Production's own files, and flags at the engines' defaults."""
    production = read_production(*paths(folder))
    same = compress_production(production, 1)
    assert (same.prometheus, same.alertmanager, same.rules) == (
        production.prometheus,
        production.alertmanager,
        production.rules,
    )
    assert same.prometheus_flags["rules.alert.resend-delay"] == "1m"


def test_ratios_are_checked_across_files(folder: Path) -> None:
    """Each file alone would do at speed 90; a rule of 100 ms beside the others does not."""
    (folder / "extra.yml").write_text(RULES.format("C", "1s").replace("[1m]", "[1s]"))
    production = read_production(*paths(folder))
    with pytest.raises(SpeedError) as refused:
        check_production(production, 90)
    assert str(refused.value).startswith(f"{folder / 'extra.yml'}:4: ")
    assert refused.value.largest_speed == 84
    check_production(production, 84)


def test_a_speed_with_too_many_scrapes_a_second_is_refused_with_its_line(folder: Path) -> None:
    """File and line of the job that is scraped most often, and the largest speed."""
    with pytest.raises(SpeedError) as refused:
        check_production(read_production(*paths(folder)), 101)
    assert str(refused.value).startswith(
        f"{folder / 'prometheus.yml'}:10: scrape_configs[0].scrape_interval: at speed 101 "
    )
    assert refused.value.largest_speed == 100


@pytest.mark.parametrize(
    ("file", "text", "error"),
    [
        ("alertmanager.yml", "route:\n  group_wait: 30\n", "alertmanager.yml:2: route.group_wait"),
        ("alertmanager.yml", "a: [\n", "alertmanager.yml:2: not YAML"),
        ("alertmanager.yml", "a: !secret b\n", "alertmanager.yml:1: not YAML: could not determine"),
        (
            "prometheus.yml",
            "global:\n  scrape_interval: 5s\n  scrape_interval: 9s\n",
            "prometheus.yml:3: scrape_interval: this key stands twice",
        ),
        ("prometheus.yml", "- a\n", "prometheus.yml:1: a mapping of settings belongs here"),
        ("prometheus.yml", "", "prometheus.yml:1: a mapping of settings belongs here"),
        (
            "prometheus.yml",
            "rule_files:\n- rules/*.yml\n- rulez/*.yml\n",
            r"prometheus.yml:3: rule_files\[1\]: no rule file is named 'rulez/\*.yml'",
        ),
        ("rules/a.yml", "groups:\n- name: [\n", "rules/a.yml:3: not YAML"),
    ],
)
def test_what_cannot_be_read_is_told_with_file_and_line(
    folder: Path, file: str, text: str, error: str
) -> None:
    """Whichever of the files it is in."""
    (folder / file).write_text(text)
    with pytest.raises(SpeedError) as refused:
        check_production(read_production(*paths(folder)), 20)
    assert refused.match(error)


def test_a_file_that_is_not_there_is_told_by_name(tmp_path: Path) -> None:
    """No traceback for a path that is wrong."""
    with pytest.raises(SpeedError, match=r"prometheus.yml: cannot be read: .*No such file"):
        read_production(*paths(tmp_path))


def test_the_lints_see_all_rule_files_and_the_scrape_intervals(folder: Path) -> None:
    """A recorded count in one file, compared in another; a range of three scrapes."""
    (folder / "extra.yml").write_text(
        "groups:\n- name: g\n  rules:\n"
        "  - {record: counted, expr: 'increase(x[1h])'}\n"
        "  - {alert: Short, expr: 'rate(x[30s]) > 1'}\n"
    )
    (folder / "rules" / "a.yml").write_text(
        RULES.format("A", "5m").replace("rate(x[1m])", "counted")
    )
    found = lint_production(read_production(*paths(folder)))
    assert [(finding.rule, finding.cause) for finding in found] == [
        ("A", Cause.COUNT),
        ("Short", Cause.FEW_SCRAPES),
    ]


def test_our_own_configuration_runs_twenty_times_faster_without_a_finding() -> None:
    """The rules, routes and receivers of this repository survive division."""
    home = Path(stack.__file__).parent
    production = read_production(
        home / "prometheus" / "prometheus.yml", home / "alertmanager" / "alertmanager.yml"
    )
    assert [str(finding) for finding in lint_production(production) if not finding.accepted] == []
    faster = compress_production(production, 20)
    assert set(faster.rules) == set(production.rules)
    assert all(faster.rules[path] != text for path, text in production.rules.items())
