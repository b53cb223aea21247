"""What a dashboard's queries give on a stack that runs."""

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass

from scenarios.report.metric_catalogue import LAYERS
from stack.grafana.__main__ import FOLDER
from stack.observe.prometheus import Prometheus
from stack.run.speed.promql import divide_expression
from tests.stack.grafana.checks import expressions, metrics_in

# Jobs of collectors that only containers have beside them.
OF_CONTAINERS = frozenset({"cadvisor", "postgres"})
METRICS_OF_CONTAINERS = frozenset(
    metric.name for layer in LAYERS for metric in layer.metrics if metric.job in OF_CONTAINERS
)


@dataclass(frozen=True, order=True)
class Asked:
    """A query of a panel or mark, in PromQL, its durations divided as the rules' are."""

    dashboard: str
    place: str
    expression: str

    @property
    def is_of_containers(self) -> bool:
        """Whether it reads what is there only with containers."""
        return bool(metrics_in(self.expression) & METRICS_OF_CONTAINERS)


def all_queries(speed: float) -> Iterator[Asked]:
    """Every query of the dashboards."""
    for path in sorted(FOLDER.glob("*.json")):
        for place, expression in expressions(json.loads(path.read_text())):
            yield Asked(path.stem, place, divide_expression(expression, speed))


def has_data(prometheus: Prometheus, asked: Asked) -> bool:
    """Whether a query gives a number at all; what is not one, or has no end, is not drawn."""
    return any(
        math.isfinite(value)
        for series in prometheus.query(asked.expression)
        for _, value in series.samples
    )
