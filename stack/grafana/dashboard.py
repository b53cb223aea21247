"""A dashboard: rows of panels, variables, and the marks that all dashboards have."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from stack.grafana.alerts import Alert
from stack.grafana.marks import marks
from stack.grafana.panel import DATASOURCE, Panel, link

COLUMNS = 24
ROW_HEIGHT = 1
# The schema of Grafana 11; a newer one migrates it when it loads it.
SCHEMA_VERSION = 39
TAG = "flash-tickets"


@dataclass(frozen=True)
class Row:
    """Panels under one heading, from left to right, as many in a line as there is room for."""

    title: str
    panels: tuple[Panel, ...]


@dataclass(frozen=True)
class Variable:
    """A label's values, of which a person may choose some; all of them at first."""

    name: str
    title: str
    tells: str
    query: str


@dataclass(frozen=True)
class Dashboard:
    """One dashboard; ``uid`` is its name in addresses and in its file's name."""

    uid: str
    title: str
    tells: str
    rows: tuple[Row, ...]
    variables: tuple[Variable, ...] = ()

    def as_json(self, rules: Mapping[str, Alert]) -> dict[str, Any]:
        """What Grafana loads. Raises PanelError where a panel names an alert that does not fit."""
        return {
            "description": self.tells,
            "uid": f"flash-tickets-{self.uid}",
            "title": self.title,
            "tags": [TAG],
            "schemaVersion": SCHEMA_VERSION,
            "editable": True,
            "graphTooltip": 1,
            "time": {"from": "now-1h", "to": "now"},
            "refresh": "15s",
            "timezone": "browser",
            "links": [link("Flash Tickets", "", tags=(TAG,))],
            "templating": {"list": [_variable(variable) for variable in self.variables]},
            "annotations": {"list": list(marks())},
            "panels": list(self._panels(rules)),
        }

    def _panels(self, rules: Mapping[str, Alert]) -> Iterator[dict[str, Any]]:
        number = 1
        top = 0
        for row in self.rows:
            yield {
                "id": number,
                "type": "row",
                "title": row.title,
                "collapsed": False,
                "gridPos": {"h": ROW_HEIGHT, "w": COLUMNS, "x": 0, "y": top},
                "panels": [],
            }
            number += 1
            top += ROW_HEIGHT
            left = tallest = 0
            for panel in row.panels:
                made = panel.as_json(number, left, top, rules)
                place = made["gridPos"]
                if left + place["w"] > COLUMNS or (left and place["h"] != tallest):
                    top += tallest
                    place["x"], place["y"] = 0, top
                left = place["x"] + place["w"]
                tallest = place["h"]
                number += 1
                yield made
            top += tallest


def _variable(variable: Variable) -> dict[str, Any]:
    return {
        "name": variable.name,
        "label": variable.title,
        "description": variable.tells,
        "type": "query",
        "datasource": DATASOURCE,
        "query": {"query": variable.query, "refId": variable.name},
        "refresh": 2,
        "sort": 1,
        "multi": True,
        "includeAll": True,
        "allValue": ".*",
        "current": {"selected": True, "text": ["All"], "value": ["$__all"]},
    }
