"""Two Alertmanagers of a stack are one cluster: what both are sent is told once."""

from collections.abc import Iterator, Mapping
from contextlib import closing

import pytest

from sink.client import SinkClient
from stack.faults.alertmanager_down import AlertmanagerDown
from stack.faults.prometheus_down import PrometheusDown
from stack.observe.alertmanager import Alertmanager, Cluster
from stack.observe.prometheus import Prometheus
from stack.run.alertmanager_pair import gossip_milliseconds
from stack.run.engines import Engine
from stack.run.local import LocalStack, new_name
from stack.run.waiting import wait_until

SPEED = 60.0
WITHIN_SECONDS = 20.0


@pytest.fixture(scope="module")
def stack(engines: Mapping[str, Engine]) -> Iterator[LocalStack]:
    stack = LocalStack(engines, name=new_name("test"), speed=SPEED, alertmanagers=2)
    with closing(stack):
        stack.start()
        yield stack


@pytest.mark.parametrize(("speed", "milliseconds"), [(1, 200), (5, 40), (10, 20), (60, 20)])
def test_gossip_is_quicker_at_a_higher_speed_as_far_as_it_pays(
    speed: float, milliseconds: int
) -> None:
    assert gossip_milliseconds(speed) == milliseconds


def names(url: str) -> list[str]:
    return [alert["labels"]["alertname"] for alert in Alertmanager(url).alerts()]


@pytest.mark.engines
def test_when_it_has_started_both_have_settled_and_both_get_alerts(stack: LocalStack) -> None:
    at = stack.addresses
    for url in (at.alertmanager, at.alertmanager_2):
        assert Alertmanager(url).cluster() == Cluster("ready", 2)
        # Sent again within the resend delay to one that was found after it began to fire.
        wait_until(
            f"the Watchdog at {url}",
            lambda url=url: ((held := names(url)) == ["Watchdog"], str(held)),  # type: ignore[misc]
            within_seconds=WITHIN_SECONDS,
        )
    prometheus = Prometheus(at.prometheus)
    assert len(prometheus.active_alertmanagers()) == 2

    def both_up() -> tuple[bool, str]:
        seen = {t.instance: t.health for t in prometheus.targets() if t.job == "alertmanager"}
        return seen == {"alertmanager:9093": "up", "alertmanager-2:9093": "up"}, str(seen)

    # A host that stalls may have cost one of them its latest scrape.
    wait_until("both to be scraped", both_up, within_seconds=WITHIN_SECONDS)


@pytest.mark.engines
def test_what_both_have_is_told_once(stack: LocalStack) -> None:
    """Alertmanager promises at least once: of a pair that is none, each beat would come twice."""
    sink = SinkClient(stack.addresses.sink, stack.secrets.sink_token)
    told = [sink.wait(lambda n: n.receiver == "dead-mans-switch", 10.0, after=0)]
    gaps: list[float] = []
    while len(gaps) < 2 or min(gaps[-2:]) <= 300 / SPEED - 0.1:
        assert len(gaps) < 6, f"told again after {gaps} s"
        told.append(sink.wait(lambda n: n.receiver == "dead-mans-switch", 15.0, after=told[-1].seq))
        gaps.append(told[-1].received_at - told[-2].received_at)


@pytest.mark.engines
@pytest.mark.parametrize("which", ["first", "second"])
def test_one_that_was_killed_comes_back_into_the_cluster(stack: LocalStack, which: str) -> None:
    fault = AlertmanagerDown(which)  # type: ignore[arg-type]
    fault.inject(stack)
    assert fault.read_back(stack).took_effect
    assert not fault.read_back_healed(stack).took_effect
    assert stack.dead_services() == {}
    other = AlertmanagerDown("second" if which == "first" else "first")
    assert not other.read_back(stack).took_effect
    fault.heal(stack)
    wait_until(
        "the cluster",
        lambda: (
            fault.read_back_healed(stack).took_effect,
            fault.read_back_healed(stack).observed,
        ),
        within_seconds=30,
    )


@pytest.mark.engines
def test_prometheus_comes_back_with_its_data_and_both_alertmanagers(stack: LocalStack) -> None:
    fault = PrometheusDown()
    assert fault.read_back_healed(stack).took_effect
    fault.inject(stack)
    assert fault.read_back(stack).took_effect
    assert not fault.read_back_healed(stack).took_effect
    fault.heal(stack)
    wait_until(
        "Prometheus to be back",
        lambda: (
            fault.read_back_healed(stack).took_effect,
            fault.read_back_healed(stack).observed,
        ),
        within_seconds=30,
    )
    (oldest, *_) = Prometheus(stack.addresses.prometheus).query("ALERTS[10m]")[0].samples
    (start,) = (
        series.samples[-1][1]
        for series in Prometheus(stack.addresses.prometheus).query(
            'process_start_time_seconds{job="prometheus"}'
        )
    )
    assert oldest[0] < start, "nothing is left of what was before"


@pytest.mark.engines
def test_a_stack_of_one_has_no_second_to_kill(engines: Mapping[str, Engine]) -> None:
    with closing(LocalStack(engines, name=new_name("test"), speed=SPEED)) as alone:
        assert alone.addresses.alertmanager_2 == ""
