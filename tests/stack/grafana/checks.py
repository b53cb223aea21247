"""What is asked of a dashboard's JSON. Each check gives what is wrong, and nothing where all is
right; it reads the JSON and the rules, and knows nothing of how the JSON was made."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from scenarios.report.metric_catalogue import LAYERS
from scenarios.report.metric_guide import HISTOGRAM_ENDINGS
from stack.run.speed import SpeedError
from stack.run.speed.constants import constant_value
from stack.run.speed.promql import read_expression
from stack.run.speed.rules import Rule
from stack.run.speed.tree import Binary, Node, Selector, walk

Json = dict[str, Any]

COLUMNS = 24
LONGEST_UID = 40
UNITS = {
    "Bps",
    "bytes",
    "dateTimeFromNow",
    "iops",
    "locale",
    "opm",
    "ops",
    "percentunit",
    "reqps",
    "s",
    "short",
}
GRAFANAS_OWN = "-- Grafana --"
# What Grafana fills in, with the least that it fills in at a scrape every 15 seconds.
FILLED_IN = {"$__rate_interval": "1m", "$__range": "1h"}
COLOURS = {"critical": "red", "warning": "orange"}
CALM = "green"
NAMED = frozenset(metric.name for layer in LAYERS for metric in layer.metrics)
OPERATORS = {"==", ">", "<", ">=", "<="}


def panels(dashboard: Json) -> list[Json]:
    """The panels that show something."""
    return [panel for panel in dashboard["panels"] if panel["type"] != "row"]


def expressions(dashboard: Json) -> Iterator[tuple[str, str]]:
    """Each query, those of marks too, with where it stands, as PromQL."""
    for panel in panels(dashboard):
        for target in panel["targets"]:
            yield panel["title"], filled_in(dashboard, target["expr"])
    for mark in dashboard["annotations"]["list"]:
        if "expr" in mark:
            yield f"mark {mark['name']}", filled_in(dashboard, mark["expr"])


def filled_in(dashboard: Json, expression: str) -> str:
    """The PromQL that Grafana sends of an expression while no choice is made."""
    for variable in dashboard["templating"]["list"]:
        expression = expression.replace(f"${variable['name']}", variable["allValue"])
    for name, value in FILLED_IN.items():
        expression = expression.replace(name, value)
    return expression


def wrong_shape(dashboard: Json) -> Iterator[str]:
    """Of a panel: its id, title, unit, description and queries."""
    if not 0 < len(dashboard["uid"]) <= LONGEST_UID:
        yield f"uid {dashboard['uid']!r} is not of 1 to {LONGEST_UID} characters"
    for key in ("id", "title"):
        for value, times in Counter(panel[key] for panel in dashboard["panels"]).items():
            if times > 1:
                yield f"{times} panels have the {key} {value!r}"
    for panel in panels(dashboard):
        title = panel["title"]
        if not title:
            yield f"panel {panel['id']} has no title"
        if not panel["description"]:
            yield f"{title}: no description"
        if panel["fieldConfig"]["defaults"]["unit"] not in UNITS:
            yield f"{title}: unit {panel['fieldConfig']['defaults']['unit']!r} is none of Grafana's"
        if not panel["targets"]:
            yield f"{title}: no query"
        for target in panel["targets"]:
            if not target["legendFormat"]:
                yield f"{title}: query {target['refId']} has no legend"


def overlaps(dashboard: Json) -> Iterator[str]:
    """Panels over each other, or outside the grid."""
    taken: dict[tuple[int, int], str] = {}
    for panel in dashboard["panels"]:
        place = panel["gridPos"]
        if place["x"] + place["w"] > COLUMNS:
            yield f"{panel['title']} reaches over the right edge"
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                if (x, y) in taken:
                    yield f"{panel['title']} lies over {taken[x, y]}"
                taken[x, y] = panel["title"]


def unknown_datasources(dashboard: Json, provisioned: Collection[str]) -> Iterator[str]:
    """Panels, queries, variables and marks that ask a data source which is not there."""
    asking = [
        *((panel["title"], panel) for panel in panels(dashboard)),
        *((panel["title"], target) for panel in panels(dashboard) for target in panel["targets"]),
        *((variable["name"], variable) for variable in dashboard["templating"]["list"]),
        *((mark["name"], mark) for mark in dashboard["annotations"]["list"]),
    ]
    for name, one in asking:
        uid = one["datasource"]["uid"]
        if uid not in {*provisioned, GRAFANAS_OWN}:
            yield f"{name}: no data source has the uid {uid!r}"


def bad_expressions(dashboard: Json, known: Collection[str]) -> Iterator[str]:
    """Queries that cannot be parsed, or read a metric that nobody exposes."""
    for place, expression in expressions(dashboard):
        if "$" in expression:
            yield f"{place}: {expression!r} has a variable that the dashboard does not"
            continue
        try:
            read = metrics_in(expression)
        except SpeedError as error:
            yield f"{place}: {error}"
            continue
        for metric in read - set(known):
            yield f"{place}: nothing exposes {metric}"


def wrong_variables(dashboard: Json, known: Collection[str]) -> Iterator[str]:
    """Variables that no query reads, or whose values are not those of a known metric's label."""
    texts = [target["expr"] for panel in panels(dashboard) for target in panel["targets"]]
    for variable in dashboard["templating"]["list"]:
        if not any(f"${variable['name']}" in text for text in texts):
            yield f"no query reads ${variable['name']}"
        found = re.fullmatch(r"label_values\((\w+), \w+\)", variable["query"]["query"])
        if found is None or found[1] not in known:
            yield f"${variable['name']}: {variable['query']['query']!r} reads no known metric"


def wrong_thresholds(dashboard: Json, rules: Mapping[str, Rule]) -> Iterator[str]:
    """Panels whose colours do not change where the alerts that they lead to do.

    What such an alert compares with a constant is drawn where the panel shows just that, in the
    colour of its severity, and nothing else is. Only that something is 0 at all may be left out.
    """
    for panel in panels(dashboard):
        drawn = {
            (step["value"], step["color"])
            for step in panel["fieldConfig"]["defaults"]["thresholds"]["steps"]
        }
        compared = list(_compared(dashboard, panel, rules))
        least = _steps(one for one in compared if one.threshold != 0)
        if drawn not in (least, _steps(compared)):
            yield f"{panel['title']}: draws {drawn}, its alerts want {least}"


def wrong_links(dashboard: Json, rules: Mapping[str, Rule]) -> Iterator[str]:
    """Links to a runbook that the rule does not give, and alerts the description is silent of."""
    for panel in panels(dashboard):
        for name, url in _runbooks(panel).items():
            if name not in rules:
                yield f"{panel['title']}: no rule is called {name}"
            elif rules[name].annotations["runbook_url"].text != url:
                yield f"{panel['title']}: {url} is not the runbook of {name}"
            elif rules[name].annotations["description"].text not in panel["description"]:
                yield f"{panel['title']}: does not say what {name} means"


def alerts_led_to(dashboard: Json) -> set[str]:
    return {name for panel in panels(dashboard) for name in _runbooks(panel)}


def metrics_in(expression: str) -> set[str]:
    """The metrics that an expression reads. Raises SpeedError where it cannot be parsed."""
    return {
        _family(node.metric)
        for node in walk(read_expression(expression).tree)
        if isinstance(node, Selector) and node.metric is not None
    }


def _family(metric: str) -> str:
    """The histogram that a metric is a part of, or the metric."""
    if metric in NAMED:
        return metric
    return re.sub(f"({'|'.join(HISTOGRAM_ENDINGS[1:])})$", "", metric)


def _runbooks(panel: Json) -> dict[str, str]:
    return {link["title"].removeprefix("Runbook: "): link["url"] for link in panel["links"]}


@dataclass(frozen=True)
class _Comparison:
    operator: str
    threshold: float
    colour: str


def _compared(dashboard: Json, panel: Json, rules: Mapping[str, Rule]) -> Iterator[_Comparison]:
    """What alerts that the panel leads to compare with a constant, and the panel shows."""
    shown = [tree for target in panel["targets"] for tree in _tree(dashboard, target["expr"])]
    for rule in (rules[name] for name in _runbooks(panel) if name in rules):
        for node in walk(rule.expression.tree):
            if isinstance(node, Binary) and node.operator in OPERATORS and node.left in shown:
                threshold = constant_value(node.right)
                if threshold is not None:
                    severity = rule.labels["severity"].text
                    yield _Comparison(node.operator, threshold, COLOURS[severity])


def _steps(compared: Iterable[_Comparison]) -> set[tuple[float | None, str]]:
    base = CALM
    steps: set[tuple[float | None, str]] = set()
    for one in compared:
        if one.operator in (">", ">="):
            steps.add((one.threshold, one.colour))
        else:
            base = one.colour
            # What is 0 when it is bad is 1 when it is well.
            steps.add((1 if one.operator == "==" else one.threshold, CALM))
    return steps | {(None, base)}


def _tree(dashboard: Json, expression: str) -> list[Node]:
    """The expression without the labels that a person may choose values of; none if it is bad."""
    for variable in dashboard["templating"]["list"]:
        chosen = re.escape(f'{variable["name"]}=~"${variable["name"]}"')
        expression = re.sub(f"(, *)?{chosen}", "", expression)
    try:
        return [read_expression(filled_in(dashboard, expression)).tree]
    except SpeedError:
        return []
