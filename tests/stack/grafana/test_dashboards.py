"""The dashboards that Grafana is provisioned with are sound, and agree with rules and metrics."""

import copy
import dataclasses
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Collection
from pathlib import Path

import pytest
import yaml

from scenarios.report.metric_catalogue import LAYERS
from stack.grafana.__main__ import FOLDER, RULES, texts
from stack.grafana.alerts import read_alerts
from stack.grafana.marks import FAULT_TAGS, NOTIFICATION_TAGS
from stack.grafana.panel import Panel, PanelError, Query
from stack.run.configuration import PRODUCTION
from stack.run.speed import SpeedError, read_rules
from stack.run.speed.rules import Rule
from stack.run.supervisor import REPOSITORY
from tests.stack.grafana.checks import (
    Json,
    alerts_led_to,
    bad_expressions,
    expressions,
    metrics_in,
    overlaps,
    panels,
    unknown_datasources,
    wrong_links,
    wrong_shape,
    wrong_thresholds,
    wrong_variables,
)

PROVISIONING = PRODUCTION / "grafana" / "provisioning"
# Prometheus makes these itself of alerts and scrapes, or exposes them; the last are Alertmanager's.
OF_THE_MONITORING = {
    "ALERTS",
    "up",
    "scrape_duration_seconds",
    "scrape_timeout_seconds",
    "prometheus_rule_evaluation_failures_total",
    "alertmanager_notifications_total",
    "alertmanager_notifications_failed_total",
}
CATALOGUE = {metric.name for layer in LAYERS for metric in layer.metrics}
KNOWN = CATALOGUE | OF_THE_MONITORING
DASHBOARDS: dict[str, Json] = {
    path.stem: json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.json"))
}


def provisioned_uids() -> list[str]:
    file = yaml.safe_load((PROVISIONING / "datasources" / "prometheus.yml").read_text())
    return [source["uid"] for source in file["datasources"]]


def rules_by_name(folder: Path = RULES) -> dict[str, Rule]:
    return {
        rule.name: rule
        for path in sorted(folder.glob("*.yml"))
        for rule in read_rules(path.read_text(), path).rules
        if rule.kind == "alert"
    }


def faults_in(dashboard: Json) -> list[str]:
    """All that is wrong with one dashboard."""
    rules = rules_by_name()
    return [
        *wrong_shape(dashboard),
        *overlaps(dashboard),
        *unknown_datasources(dashboard, provisioned_uids()),
        *bad_expressions(dashboard, KNOWN),
        *wrong_variables(dashboard, KNOWN),
        *wrong_thresholds(dashboard, rules),
        *wrong_links(dashboard, rules),
    ]


def test_there_are_the_three_dashboards_of_the_mission() -> None:
    assert set(DASHBOARDS) == {"application", "business", "infrastructure"}
    assert len({dashboard["uid"] for dashboard in DASHBOARDS.values()}) == len(DASHBOARDS)


def test_the_files_are_what_the_panels_and_the_rules_give() -> None:
    found = {path.name: path.read_text() for path in FOLDER.glob("*.json")}
    assert found == texts(RULES), "run: python -m stack.grafana"


@pytest.mark.parametrize("name", sorted(DASHBOARDS))
def test_a_dashboard_is_sound(name: str) -> None:
    assert faults_in(DASHBOARDS[name]) == []


def panel_called(dashboard: Json, title: str) -> Json:
    (panel,) = [panel for panel in panels(dashboard) if panel["title"] == title]
    return panel


def same_id(dashboard: Json) -> None:
    dashboard["panels"][2]["id"] = dashboard["panels"][1]["id"]


def same_title(dashboard: Json) -> None:
    panels(dashboard)[1]["title"] = panels(dashboard)[0]["title"]


def no_description(dashboard: Json) -> None:
    panel_called(dashboard, "Requests now")["description"] = ""


def no_such_unit(dashboard: Json) -> None:
    panel_called(dashboard, "Requests now")["fieldConfig"]["defaults"]["unit"] = "percent_unit"


def no_query(dashboard: Json) -> None:
    panel_called(dashboard, "Requests now")["targets"] = []


def no_legend(dashboard: Json) -> None:
    panel_called(dashboard, "Requests now")["targets"][0]["legendFormat"] = ""


def long_uid(dashboard: Json) -> None:
    dashboard["uid"] = "x" * 41


def over_another(dashboard: Json) -> None:
    panels(dashboard)[1]["gridPos"] = panels(dashboard)[0]["gridPos"]


def over_the_edge(dashboard: Json) -> None:
    panels(dashboard)[1]["gridPos"]["x"] = 23


def other_datasource(dashboard: Json) -> None:
    panel_called(dashboard, "Requests now")["datasource"] = {"type": "prometheus", "uid": "P1"}


def mark_of_other_datasource(dashboard: Json) -> None:
    dashboard["annotations"]["list"][-1]["datasource"] = {"type": "grafana", "uid": "P1"}


def unparsable(dashboard: Json) -> None:
    panel_called(dashboard, "Requests now")["targets"][0]["expr"] = "sum(rate(up[1m])"


def unknown_metric(dashboard: Json) -> None:
    panel_called(dashboard, "Requests now")["targets"][0]["expr"] = "nodejs_heap_size_used_bytes"


def unknown_metric_in_a_mark(dashboard: Json) -> None:
    (mark,) = [one for one in dashboard["annotations"]["list"] if one["name"] == "Notifications"]
    mark["expr"] = "alertmanager_notification_total > 0"


def undeclared_variable(dashboard: Json) -> None:
    panel_called(dashboard, "Requests now")["targets"][0]["expr"] = 'up{instance="$instance"}'


def unread_variable(dashboard: Json) -> None:
    unread = copy.deepcopy(dashboard["templating"]["list"][0])
    dashboard["templating"]["list"].append(unread | {"name": "unread"})


def variable_of_unknown_metric(dashboard: Json) -> None:
    dashboard["templating"]["list"][0]["query"]["query"] = "label_values(http_requests, route)"


def steps(dashboard: Json, title: str) -> list[Json]:
    found: list[Json] = panel_called(dashboard, title)["fieldConfig"]["defaults"]["thresholds"][
        "steps"
    ]
    return found


def other_threshold(dashboard: Json) -> None:
    steps(dashboard, "Cache hits")[1]["value"] = 0.7


def other_colour(dashboard: Json) -> None:
    steps(dashboard, "Statements that fail")[1]["color"] = "orange"


def upside_down(dashboard: Json) -> None:
    low, high = steps(dashboard, "Cache hits")
    low["color"], high["color"] = high["color"], low["color"]


def no_threshold(dashboard: Json) -> None:
    del steps(dashboard, "Statements that fail")[1]


def threshold_of_no_alert(dashboard: Json) -> None:
    steps(dashboard, "Requests now").append({"value": 5, "color": "red"})


def other_range_than_the_alert(dashboard: Json) -> None:
    target = panel_called(dashboard, "Answer time (p95)")["targets"][0]
    target["expr"] = target["expr"].replace("[2m]", "[5m]")


def other_runbook(dashboard: Json) -> None:
    panel_called(dashboard, "Cache hits")["links"][0]["url"] += "Low"


def runbook_of_no_rule(dashboard: Json) -> None:
    panel_called(dashboard, "Cache hits")["links"][0]["title"] = "Runbook: CacheHits"


def silent_of_the_alert(dashboard: Json) -> None:
    panel_called(dashboard, "Cache hits")["description"] = "Share of the reads."


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (same_id, "panels have the id 2"),
        (same_title, "panels have the title 'API up'"),
        (no_description, "Requests now: no description"),
        (no_such_unit, "unit 'percent_unit' is none of Grafana's"),
        (no_query, "Requests now: no query"),
        (no_legend, "query A has no legend"),
        (long_uid, "is not of 1 to 40 characters"),
        (over_another, "Requests now lies over API up"),
        (over_the_edge, "Requests now reaches over the right edge"),
        (other_datasource, "Requests now: no data source has the uid 'P1'"),
        (mark_of_other_datasource, "Notifications received: no data source has the uid 'P1'"),
        (unparsable, "Requests now: cannot be parsed"),
        (unknown_metric, "nothing exposes nodejs_heap_size_used_bytes"),
        (unknown_metric_in_a_mark, "nothing exposes alertmanager_notification_total"),
        (undeclared_variable, "has a variable that the dashboard does not"),
        (unread_variable, "no query reads $unread"),
        (variable_of_unknown_metric, "reads no known metric"),
        (other_threshold, "Cache hits: draws"),
        (other_colour, "Statements that fail: draws"),
        (upside_down, "Cache hits: draws"),
        (no_threshold, "Statements that fail: draws"),
        (threshold_of_no_alert, "Requests now: draws"),
        (other_range_than_the_alert, "Answer time (p95): draws"),
        (other_runbook, "is not the runbook of CacheHitRatioLow"),
        (runbook_of_no_rule, "no rule is called CacheHits"),
        (silent_of_the_alert, "does not say what CacheHitRatioLow means"),
    ],
)
def test_what_is_wrong_with_a_dashboard_is_named(spoil: Callable[[Json], None], said: str) -> None:
    dashboard = copy.deepcopy(DASHBOARDS["application"])
    spoil(dashboard)
    assert [fault for fault in faults_in(dashboard) if said in fault] != []


def unshown(metrics: Collection[str], dashboards: Collection[Json]) -> set[str]:
    """Those of the metrics that no panel reads."""
    read = {
        metric
        for dashboard in dashboards
        for _, expression in expressions(dashboard)
        for metric in metrics_in(expression)
    }
    return set(metrics) - read


def test_every_metric_of_the_catalogue_is_on_a_panel() -> None:
    assert unshown(CATALOGUE, DASHBOARDS.values()) == set()


def test_a_metric_on_no_panel_is_named() -> None:
    dashboard = copy.deepcopy(DASHBOARDS["business"])
    dashboard["panels"] = [panel for panel in panels(dashboard) if panel["title"] != "Choosing"]
    metrics = {"orders_created_total", "node_load1"}
    assert unshown(metrics, [dashboard]) == {"node_load1"}


def selected_anonymously(expression: str) -> list[str]:
    """The metrics of containers that are read of what is no container too, such as their slices."""
    return [
        metric
        for metric, matchers in re.findall(r"(container_\w+)(\{[^}]*\})?", expression)
        if matchers not in ('{name="flash-tickets-api"}', '{name!=""}')
    ]


def test_what_cadvisor_is_asked_is_of_the_apis_container_or_of_each() -> None:
    asked = [
        found
        for _, expression in expressions(DASHBOARDS["infrastructure"])
        for found in selected_anonymously(expression)
    ]
    assert asked == []
    assert selected_anonymously('rate(container_a[1m]) / container_b{name!=""}') == ["container_a"]


def test_every_alert_is_led_to_by_a_panel() -> None:
    led_to = set().union(*map(alerts_led_to, DASHBOARDS.values()))
    assert set(rules_by_name()) - led_to == set()


def test_a_changed_rule_changes_the_files(tmp_path: Path) -> None:
    rules = shutil.copytree(RULES, tmp_path / "rules")
    business = rules / "business.yml"
    text = business.read_text()
    assert text.count(">= 1000") == 1
    business.write_text(text.replace(">= 1000", ">= 1200"))
    changed = texts(rules)
    assert changed["business.json"] != texts(RULES)["business.json"]
    waiting = panel_called(json.loads(changed["business.json"]), "People waiting")
    assert waiting["fieldConfig"]["defaults"]["thresholds"]["steps"] == [
        {"color": "green", "value": None},
        {"color": "orange", "value": 1200.0},
    ]


def panel_of(expression: str, alert: str) -> Panel:
    return Panel(
        title="A panel", tells="", unit="short", queries=(Query(expression, "x"),), alerts=(alert,)
    )


@pytest.mark.parametrize(
    ("panel", "said"),
    [
        (panel_of("redis_up", "RedisGone"), "no rule is called RedisGone; correct the name"),
        (panel_of("redis_connected_clients", "RedisDown"), "RedisDown compares none"),
    ],
)
def test_a_panel_that_does_not_fit_its_alert_is_refused(panel: Panel, said: str) -> None:
    with pytest.raises(PanelError, match=said):
        panel.as_json(1, 0, 0, read_alerts(RULES))


def test_a_severity_without_a_colour_is_refused() -> None:
    redis_memory_high = read_alerts(RULES)["RedisMemoryHigh"]
    rules = {"RedisMemoryHigh": dataclasses.replace(redis_memory_high, severity="page")}
    panel = panel_of("redis_memory_used_bytes / redis_memory_max_bytes", "RedisMemoryHigh")
    with pytest.raises(PanelError, match="RedisMemoryHigh: severity 'page' has no colour"):
        panel.as_json(1, 0, 0, rules)


def test_a_rule_without_a_runbook_is_refused_with_its_place(tmp_path: Path) -> None:
    rules = tmp_path / "rules.yml"
    rules.write_text("groups: [{name: g, rules: [{alert: Bare, expr: up, labels: {severity: x}}]}]")
    with pytest.raises(SpeedError, match=r"rules.yml:1: Bare: give it description"):
        read_alerts(tmp_path)


def test_the_command_writes_the_files_as_they_are() -> None:
    before = {path: path.read_bytes() for path in FOLDER.iterdir()}
    command = [sys.executable, "-m", "stack.grafana"]
    subprocess.run(command, cwd=REPOSITORY, check=True, timeout=60)
    assert {path: path.read_bytes() for path in FOLDER.iterdir()} == before


def test_the_data_source_is_the_stacks_prometheus() -> None:
    (source,) = yaml.safe_load((PROVISIONING / "datasources" / "prometheus.yml").read_text())[
        "datasources"
    ]
    prometheus = yaml.safe_load((PRODUCTION / "prometheus" / "prometheus.yml").read_text())
    targets = [
        target
        for job in prometheus["scrape_configs"]
        if job["job_name"] == "prometheus"
        for static in job["static_configs"]
        for target in static["targets"]
    ]
    assert [source["url"]] == [f"http://{target}" for target in targets]
    assert source["jsonData"]["timeInterval"] == prometheus["global"]["scrape_interval"]


def test_compose_mounts_the_dashboards_where_they_are_loaded_from() -> None:
    file = PROVISIONING / "dashboards" / "flash-tickets.yml"
    (provider,) = yaml.safe_load(file.read_text())["providers"]
    compose = yaml.safe_load((PRODUCTION / "compose.yaml").read_text())
    mounted = {
        place: (PRODUCTION / source).resolve()
        for source, place, *_ in (
            mount.split(":") for mount in compose["services"]["grafana"]["volumes"]
        )
        if source.startswith(".")
    }
    assert mounted[provider["options"]["path"]] == FOLDER
    assert mounted["/etc/grafana/provisioning"] == PROVISIONING


def test_every_dashboard_marks_faults_alerts_and_notifications() -> None:
    for dashboard in DASHBOARDS.values():
        marks = {mark["name"]: mark for mark in dashboard["annotations"]["list"]}
        assert marks["Faults"]["target"]["tags"] == list(FAULT_TAGS)
        assert marks["Notifications received"]["target"]["tags"] == list(NOTIFICATION_TAGS)
        assert metrics_in(marks["Alerts"]["expr"]) == {"ALERTS"}
        assert metrics_in(marks["Notifications"]["expr"]) == {"alertmanager_notifications_total"}
