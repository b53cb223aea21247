"""docs/METRICS.md is what the catalogue and the rules give, and its metrics are really there."""

import pytest

from scenarios.collect import ROOT
from scenarios.report.metric_catalogue import LAYERS
from scenarios.report.metric_guide import HISTOGRAM_ENDINGS, metric_guide
from stack.observe.prometheus import Prometheus
from stack.observe.session import session_for
from stack.run.configuration import PRODUCTION
from stack.run.engines import require
from stack.run.local import ENGINES, LocalStack, new_name
from stack.run.waiting import wait_until
from tests.stack.grafana.live import OF_CONTAINERS

SEEN_WITHIN_SECONDS = 60


def test_the_guide_is_current() -> None:
    assert (ROOT.parent / "docs" / "METRICS.md").read_text() == metric_guide(PRODUCTION)


def test_the_guide_names_the_alerts_that_read_a_metric() -> None:
    text = metric_guide(PRODUCTION)
    (row,) = [line for line in text.splitlines() if line.startswith("| `redis_up`")]
    assert row.endswith("| RedisDown |")
    (row,) = [line for line in text.splitlines() if "`http_request_duration_seconds`" in line]
    assert "ApiResponseSlow, ApiEndpointSlow" in row


@pytest.mark.engines
def test_every_metric_of_the_guide_is_scraped_from_the_collector_it_stands_under() -> None:
    """Those that only containers have: tests/stack/grafana/test_container_panels.py."""
    expected = {
        (metric.name, metric.job)
        for layer in LAYERS
        for metric in layer.metrics
        if metric.job not in OF_CONTAINERS
    }
    stack = LocalStack(
        require(ENGINES, print), name=new_name("metrics"), speed=60, observes_host=True
    )
    try:
        stack.start()
        # The catalogue is then cached: Redis holds keys that expire.
        with session_for(stack.addresses.app) as session:
            session.get(f"{stack.addresses.app}/api/events", timeout=10).raise_for_status()
        prometheus = Prometheus(stack.addresses.prometheus)

        def missing() -> list[tuple[str, str]]:
            series = prometheus.query("count by (__name__, job) ({job=~'.+'})")
            seen = {(one.labels["__name__"], one.labels["job"]) for one in series}
            return sorted(
                (name, job)
                for name, job in expected
                if not any((name + ending, job) in seen for ending in HISTOGRAM_ENDINGS)
            )

        wait_until(
            "every metric of the guide",
            lambda: (not missing(), f"missing: {missing()}"),
            within_seconds=SEEN_WITHIN_SECONDS,
        )
    finally:
        stack.close()
