"""The cached catalogue dropped for real: reads through the app miss, and nothing else changes."""

from collections.abc import Callable
from dataclasses import astuple

import psutil
import pytest
import redis
import requests
from prometheus_client.parser import text_string_to_metric_families

from stack.app.catalogue import CACHE_KEY
from stack.faults.cache_dropper import CACHED_KEY
from stack.faults.cache_drops import CacheDrops
from stack.faults.stressors import living_stressors
from stack.run.waiting import wait_until
from tests.stack.faults.small_stack import SmallStack


def cache_counts(stack: SmallStack) -> dict[str, float]:
    text = requests.get(f"{stack.addresses.app_metrics}/metrics", timeout=5).text
    return {
        sample.name: sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name in ("cache_hits_total", "cache_misses_total")
    }


def test_the_key_is_that_of_the_app() -> None:
    """The fault may not import the app, so the name stands in two places."""
    assert CACHED_KEY == CACHE_KEY


@pytest.mark.engines
def test_reads_miss_while_it_drops_and_hit_after(start_stack: Callable[..., SmallStack]) -> None:
    """Misses go up only while the fault is in, and no other key of Redis is touched."""
    stack, fault = start_stack("redis", "toxiproxy", "app"), CacheDrops(50)

    def read() -> dict[str, float]:
        requests.get(f"{stack.addresses.app}/api/events", timeout=5).raise_for_status()
        return cache_counts(stack)

    with redis.Redis(port=stack.addresses.redis_port) as client:
        client.set("place", "7")
        cached = read()
        assert read()["cache_misses_total"] == cached["cache_misses_total"]

        fault.inject(stack)
        wait_until(
            "many misses",
            lambda: (read()["cache_misses_total"] >= cached["cache_misses_total"] + 5, "few"),
            within_seconds=30,
        )
        fault.heal(stack)
        hits = read()["cache_hits_total"]
        assert read()["cache_hits_total"] == hits + 1
        assert client.get("place") == b"7"


@pytest.mark.engines
def test_a_process_that_is_gone_is_noticed(start_stack: Callable[..., SmallStack]) -> None:
    """The readback says no once nothing drops any more."""
    stack, fault = start_stack("redis"), CacheDrops(20)
    fault.inject(stack)
    wait_until("the drops", lambda: astuple(fault.read_back(stack)), within_seconds=30)
    (pid,) = living_stressors(stack, CacheDrops.stressor)
    psutil.Process(pid).kill()
    wait_until("its end", lambda: astuple(fault.read_back_healed(stack)), within_seconds=30)
    readback = fault.read_back(stack)
    assert not readback.took_effect
    assert "the stressor does not live" in readback.observed


@pytest.mark.engines
def test_it_outlives_an_outage_of_redis(start_stack: Callable[..., SmallStack]) -> None:
    """A Redis that comes back has its cache dropped as before."""
    stack, fault = start_stack("redis"), CacheDrops(20)
    fault.inject(stack)
    wait_until("the drops", lambda: astuple(fault.read_back(stack)), within_seconds=30)
    stack.kill_service("redis")
    assert not fault.read_back(stack).took_effect
    stack.start_service("redis")
    wait_until("drops again", lambda: astuple(fault.read_back(stack)), within_seconds=30)


def test_it_ends_at_expiry(bare_stack: SmallStack) -> None:
    """A fault that nobody heals is over by itself, with Redis or without."""
    fault = CacheDrops(20, expires_seconds=0.5)
    fault.inject(bare_stack)
    wait_until(
        "expiry",
        lambda: ("its time is over" in bare_stack.process_log(fault.name), "not over"),
        within_seconds=30,
    )
    wait_until("its end", lambda: astuple(fault.read_back_healed(bare_stack)), within_seconds=30)
