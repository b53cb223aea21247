"""Every panel shows something of a stack that runs: its query is asked of a real Prometheus."""

from collections.abc import Iterator

import pytest

from scenarios.load import NORMAL
from stack.faults.payment_failures import PaymentFailures
from stack.observe.prometheus import Prometheus
from stack.run.engines import require
from stack.run.local import ENGINES, LocalStack, new_name
from stack.run.waiting import wait_until
from tests.stack.grafana.live import all_queries, has_data

SPEED = 60
# The longest look back is 10 minutes; then an alert has to fire.
SHOWN_WITHIN_SECONDS = 45


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
def test_every_panel_and_mark_but_the_containers_shows_data_of_a_live_stack(
    stack: LocalStack,
) -> None:
    prometheus = Prometheus(stack.addresses.prometheus)
    asked = set(all_queries(SPEED))
    containers = {one for one in asked if one.is_of_containers}
    waited_for = asked - containers
    assert len(waited_for) > len(containers) > 0

    def shown() -> tuple[bool, str]:
        waited_for.difference_update({one for one in waited_for if has_data(prometheus, one)})
        return not waited_for, f"without data: {sorted(waited_for)}"

    wait_until("data of every panel", shown, within_seconds=SHOWN_WITHIN_SECONDS, every_seconds=0.5)
    assert [one for one in sorted(containers) if has_data(prometheus, one)] == []
