"""One panel: what it shows, in which unit, and the alerts it belongs to; and its JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from stack.grafana.alerts import Alert, Comparison, shown_by

DATASOURCE = {"type": "prometheus", "uid": "prometheus"}
COLOURS = {"critical": "red", "warning": "orange"}
CALM = "green"
SIZES = {"stat": (4, 4), "timeseries": (8, 8)}


class PanelError(Exception):
    """A panel and an alert do not fit; the text says which and what to do."""


@dataclass(frozen=True)
class Query:
    """One query; ``legend`` is Grafana's pattern for the names of its series."""

    expression: str
    legend: str


@dataclass(frozen=True)
class Panel:
    """One panel.

    One of its queries is what each of ``alerts`` compares with a constant, which is drawn;
    ``related`` alerts compare otherwise, and are linked only. ``unit`` is Grafana's name of it.
    """

    title: str
    tells: str
    unit: str
    queries: tuple[Query, ...]
    alerts: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    kind: Literal["stat", "timeseries"] = "timeseries"
    decimals: int | None = None
    is_stacked: bool = False

    def as_json(self, number: int, x: int, y: int, rules: Mapping[str, Alert]) -> dict[str, Any]:
        """The panel at a place of the grid. Raises PanelError where an alert does not fit it."""
        linked = [self._alert(name, rules) for name in (*self.alerts, *self.related)]
        drawn = [(alert, self._comparison(alert)) for alert in linked[: len(self.alerts)]]
        width, height = SIZES[self.kind]
        is_state = any(_is_state(comparison) for _, comparison in drawn)
        defaults: dict[str, Any] = {
            "unit": self.unit,
            "color": {"mode": "thresholds" if self.kind == "stat" else "palette-classic"},
            "thresholds": {"mode": "absolute", "steps": _steps(drawn)},
            "mappings": [_UP_OR_DOWN] if is_state else [],
        }
        if self.decimals is not None:
            defaults["decimals"] = self.decimals
        if self.kind == "timeseries":
            defaults["custom"] = {
                "drawStyle": "line",
                "lineWidth": 1,
                "fillOpacity": 30 if self.is_stacked else 5,
                "showPoints": "never",
                "spanNulls": False,
                "stacking": {"mode": "normal" if self.is_stacked else "none", "group": "A"},
                "thresholdsStyle": {"mode": "dashed" if drawn else "off"},
            }
        return {
            "id": number,
            "type": self.kind,
            "title": self.title,
            "description": "\n\n".join((self.tells, *map(_meaning, linked))),
            "datasource": DATASOURCE,
            "gridPos": {"h": height, "w": width, "x": x, "y": y},
            "links": [link(f"Runbook: {one.name}", one.runbook_url) for one in linked],
            "targets": [self._target(index, query) for index, query in enumerate(self.queries)],
            "fieldConfig": {"defaults": defaults, "overrides": []},
            "options": _STAT_OPTIONS if self.kind == "stat" else _TIME_SERIES_OPTIONS,
        }

    def _alert(self, name: str, rules: Mapping[str, Alert]) -> Alert:
        if name not in rules:
            raise PanelError(f"panel {self.title!r}: no rule is called {name}; correct the name")
        return rules[name]

    def _comparison(self, alert: Alert) -> Comparison:
        for query in self.queries:
            found = shown_by(query.expression, alert)
            if found is not None:
                return found
        raise PanelError(
            f"panel {self.title!r}: {alert.name} compares none of its queries with a constant; "
            "take the expression from the rule, or name the alert as related"
        )

    def _target(self, index: int, query: Query) -> dict[str, Any]:
        return {
            "refId": chr(ord("A") + index),
            "datasource": DATASOURCE,
            "editorMode": "code",
            "expr": query.expression,
            "legendFormat": query.legend,
            "instant": self.kind == "stat",
            "range": self.kind != "stat",
        }


def link(title: str, url: str, *, tags: Sequence[str] = ()) -> dict[str, Any]:
    """A link of a panel or a dashboard; with ``tags`` to the dashboards that have them."""
    return {
        "title": title,
        "type": "dashboards" if tags else "link",
        "url": url,
        "tags": list(tags),
        "icon": "external link",
        "tooltip": "",
        "asDropdown": False,
        "includeVars": False,
        "keepTime": bool(tags),
        "targetBlank": not tags,
    }


def _is_state(comparison: Comparison) -> bool:
    """Whether it asks for the 0 of a metric that is 0 or 1."""
    return comparison.operator == "==" and comparison.threshold == 0


def _steps(drawn: Sequence[tuple[Alert, Comparison]]) -> list[dict[str, Any]]:
    """Where the colours change: the first is the colour of all that is below the others."""
    base = CALM
    steps: dict[float, str] = {}
    for alert, comparison in drawn:
        colour = _colour(alert)
        if comparison.operator in (">", ">="):
            steps[comparison.threshold] = colour
        else:
            base = colour
            steps[1 if _is_state(comparison) else comparison.threshold] = CALM
    return [
        {"color": base, "value": None},
        *({"color": steps[value], "value": value} for value in sorted(steps)),
    ]


def _colour(alert: Alert) -> str:
    if alert.severity not in COLOURS:
        raise PanelError(
            f"{alert.name}: severity {alert.severity!r} has no colour; it is one of "
            f"{', '.join(COLOURS)}, or give it one beside them"
        )
    return COLOURS[alert.severity]


def _meaning(alert: Alert) -> str:
    return f"**{alert.name}** ({alert.severity}): {alert.description}"


_UP_OR_DOWN = {
    "type": "value",
    "options": {
        "0": {"text": "Down", "color": "red", "index": 0},
        "1": {"text": "Up", "color": "green", "index": 1},
    },
}
_STAT_OPTIONS = {
    "colorMode": "value",
    "graphMode": "none",
    "justifyMode": "auto",
    "orientation": "auto",
    "percentChangeColorMode": "standard",
    "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
    "showPercentChange": False,
    "textMode": "auto",
    "wideLayout": True,
}
_TIME_SERIES_OPTIONS = {
    "legend": {"calcs": [], "displayMode": "list", "placement": "bottom", "showLegend": True},
    "tooltip": {"mode": "multi", "sort": "desc"},
}
