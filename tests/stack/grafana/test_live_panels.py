"""Every panel shows something of a stack that runs: its query is asked of a real Prometheus."""

import json
import math
from collections.abc import Iterator

import pytest

from scenarios.load import NORMAL
from stack.faults.payment_failures import PaymentFailures
from stack.grafana.__main__ import FOLDER
from stack.observe.prometheus import Prometheus
from stack.run.engines import require
from stack.run.local import ENGINES, LocalStack, new_name
from stack.run.speed.promql import divide_expression
from stack.run.waiting import wait_until
from tests.stack.grafana.checks import expressions

SPEED = 60
# The longest look back is 10 minutes; then an alert has to fire.
SHOWN_WITHIN_SECONDS = 45
# Without containers there is no cAdvisor.
NOT_ON_A_LOCAL_STACK = {
    ("infrastructure", "Container started"),
    ("infrastructure", "Container last seen"),
    ("infrastructure", "Restarts"),
    ("infrastructure", "Container CPU"),
    ("infrastructure", "Container memory"),
    ("infrastructure", "Container network"),
    ("infrastructure", "Container disk"),
}

# A dashboard, a panel or mark of it, and a query of that one in PromQL.
Asked = tuple[str, str, str]


@pytest.fixture
def stack() -> Iterator[LocalStack]:
    """One in which people buy, and payments fail: what is marked needs something to mark."""
    stack = LocalStack(
        require(ENGINES, print), name=new_name("panels"), speed=SPEED, observes_host=True
    )
    try:
        stack.start()
        NORMAL.start(stack, "load")
        PaymentFailures(failure_ratio=0.3).inject(stack)
        yield stack
    finally:
        stack.close()


@pytest.mark.engines
def test_every_panel_and_mark_shows_data_of_a_live_stack(stack: LocalStack) -> None:
    prometheus = Prometheus(stack.addresses.prometheus)
    asked = set(all_queries())
    containers = {one for one in asked if one[:2] in NOT_ON_A_LOCAL_STACK}
    assert {one[:2] for one in containers} == NOT_ON_A_LOCAL_STACK
    waited_for = asked - containers

    def shown() -> tuple[bool, str]:
        waited_for.difference_update({one for one in waited_for if has_data(prometheus, one)})
        return not waited_for, f"without data: {sorted(waited_for)}"

    wait_until("data of every panel", shown, within_seconds=SHOWN_WITHIN_SECONDS, every_seconds=0.5)
    assert [one for one in sorted(containers) if has_data(prometheus, one)] == []


def all_queries() -> Iterator[Asked]:
    """Every query of the dashboards, with its durations divided as the rules' are."""
    for path in sorted(FOLDER.glob("*.json")):
        for place, expression in expressions(json.loads(path.read_text())):
            yield path.stem, place, divide_expression(expression, SPEED)


def has_data(prometheus: Prometheus, asked: Asked) -> bool:
    """Whether a query gives a number at all; what is not one, or has no end, is not drawn."""
    return any(
        math.isfinite(value) for series in prometheus.query(asked[2]) for _, value in series.samples
    )
