"""Faults of the monitoring itself, on a whole stack: slow scrapes, added rules, no exporter."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import astuple

import pytest

from stack.faults.added_rule import AddedRule
from stack.faults.fault import Fault, FaultError
from stack.faults.redis_exporter_down import RedisExporterDown
from stack.faults.slow_scrape import SlowScrape, scrape_timeout_seconds
from stack.observe.prometheus import Prometheus
from stack.run.engines import require
from stack.run.local import ENGINES, LocalStack, new_name
from stack.run.waiting import wait_until

pytestmark = pytest.mark.engines

SPEED = 30.0
GOOD = "http_requests_total * on (instance) group_left () up"
AMBIGUOUS = "http_requests_total * on (instance) up"


@pytest.fixture(scope="module")
def stack() -> Iterator[LocalStack]:
    whole = LocalStack(require(ENGINES, print), name=new_name("test"), speed=SPEED)
    with closing(whole):
        whole.start()
        yield whole


def until_in(fault: Fault, stack: LocalStack) -> None:
    fault.inject(stack)
    wait_until("the effect", lambda: astuple(fault.read_back(stack)), within_seconds=30)


def until_healed(fault: Fault, stack: LocalStack) -> None:
    fault.heal(stack)
    wait_until("its end", lambda: astuple(fault.read_back_healed(stack)), within_seconds=30)


@pytest.mark.parametrize(
    "fault",
    [SlowScrape(0.5), AddedRule(GOOD), RedisExporterDown()],
    ids=["SlowScrape", "AddedRule", "RedisExporterDown"],
)
def test_takes_effect_and_is_over_when_healed(fault: Fault, stack: LocalStack) -> None:
    """A fault is read back while it is in, as healed while it is not, and heals twice."""
    fault.heal(stack)
    assert fault.read_back_healed(stack).took_effect
    assert not fault.read_back(stack).took_effect

    until_in(fault, stack)
    assert not fault.read_back_healed(stack).took_effect

    until_healed(fault, stack)
    assert not fault.read_back(stack).took_effect
    fault.heal(stack)
    assert fault.read_back_healed(stack).took_effect


def test_a_scrape_is_slower_by_a_share_of_its_divided_timeout(stack: LocalStack) -> None:
    """Prometheus itself sees the scrapes of the exporter last that long, and no other's."""
    timeout = scrape_timeout_seconds(stack)
    assert timeout == 15 / SPEED
    fault = SlowScrape(0.5)
    until_in(fault, stack)
    prometheus = Prometheus(stack.addresses.prometheus)

    def slow_jobs() -> list[str]:
        slow = prometheus.query(f"scrape_duration_seconds >= {0.5 * timeout}")
        return [series.labels["job"] for series in slow]

    wait_until(
        "a slow scrape", lambda: (slow_jobs() == ["redis"], str(slow_jobs())), within_seconds=10
    )
    until_healed(fault, stack)
    wait_until("a fast scrape", lambda: (slow_jobs() == [], str(slow_jobs())), within_seconds=10)


def test_a_rule_that_cannot_be_evaluated_is_loaded_and_fails(stack: LocalStack) -> None:
    """The readback tells of the failure, and all that was loaded before goes on."""
    before = {group["name"] for group in Prometheus(stack.addresses.prometheus).rule_groups()}
    fault = AddedRule(AMBIGUOUS)
    until_in(fault, stack)
    assert "multiple matches for labels" in fault.read_back(stack).observed
    groups = Prometheus(stack.addresses.prometheus).rule_groups()
    assert {group["name"] for group in groups} == before | {"added"}
    assert all(
        rule["health"] == "ok"
        for group in groups
        if group["name"] in before
        for rule in group["rules"]
    )
    until_healed(fault, stack)


def test_a_rule_that_cannot_be_parsed_is_refused_and_leaves_nothing(stack: LocalStack) -> None:
    """Prometheus goes on with what it had, and the file is gone."""
    fault = AddedRule("sum by (")
    with pytest.raises(FaultError, match="cannot be reloaded"):
        fault.inject(stack)
    assert not (stack.directory / "prometheus" / "rules" / "added.yml").exists()
    assert fault.read_back_healed(stack).took_effect


def test_an_exporter_that_is_down_fails_its_own_scrapes_only(stack: LocalStack) -> None:
    """The proxy in front of it does not answer in its place."""
    fault = RedisExporterDown()
    until_in(fault, stack)

    def down() -> list[str]:
        return [t.job for t in Prometheus(stack.addresses.prometheus).targets() if t.health != "up"]

    wait_until(
        "the target to be down", lambda: (down() == ["redis"], str(down())), within_seconds=10
    )
    until_healed(fault, stack)
    wait_until("the target to be up", lambda: (down() == [], str(down())), within_seconds=10)
