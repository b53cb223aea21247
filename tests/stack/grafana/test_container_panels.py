"""What only containers have, on a stack in containers: their panels and their metrics."""

from collections.abc import Iterator

import pytest

from scenarios.load import NORMAL
from scenarios.report.metric_catalogue import LAYERS
from stack.observe.prometheus import Prometheus
from stack.run.compose.project import ComposeStack
from stack.run.compose.way import ComposeWay
from stack.run.configuration import PRODUCTION
from stack.run.local import new_name
from stack.run.waiting import wait_until
from stack.run.way import Wanted
from tests.docker import need_docker, overrides
from tests.stack.grafana.live import OF_CONTAINERS, all_queries, has_data

pytestmark = pytest.mark.containers
SPEED = 60.0
# The longest look back is 10 minutes; cAdvisor measures what a container wrote each half a minute.
SHOWN_WITHIN_SECONDS = 90


@pytest.fixture(scope="module")
def prometheus() -> Iterator[Prometheus]:
    """That of a stack in containers in which people buy."""
    need_docker()
    way = ComposeWay(overrides())
    way.prepare(print)
    features = frozenset({"flash-tickets", "containers", "postgresql"})
    stack: ComposeStack = way.stack(Wanted(new_name("panels"), SPEED, PRODUCTION, features))
    try:
        stack.start()
        NORMAL.start(stack, "load")
        yield Prometheus(stack.addresses.prometheus)
    finally:
        stack.close()


def test_every_panel_of_containers_shows_data_of_a_live_stack(prometheus: Prometheus) -> None:
    waited_for = {one for one in all_queries(SPEED) if one.is_of_containers}
    assert waited_for

    def shown() -> tuple[bool, str]:
        waited_for.difference_update({one for one in waited_for if has_data(prometheus, one)})
        return not waited_for, f"without data: {sorted(waited_for)}"

    wait_until("data of every panel", shown, within_seconds=SHOWN_WITHIN_SECONDS, every_seconds=1)


def test_every_metric_of_containers_in_the_guide_is_scraped_from_its_collector(
    prometheus: Prometheus,
) -> None:
    expected = {
        (metric.name, metric.job)
        for layer in LAYERS
        for metric in layer.metrics
        if metric.job in OF_CONTAINERS
    }
    assert len(expected) > 10

    def seen() -> tuple[bool, str]:
        series = prometheus.query("count by (__name__, job) ({job=~'.+'})")
        found = {(one.labels["__name__"], one.labels["job"]) for one in series}
        return expected <= found, f"missing: {sorted(expected - found)}"

    wait_until("every metric", seen, within_seconds=SHOWN_WITHIN_SECONDS, every_seconds=1)
