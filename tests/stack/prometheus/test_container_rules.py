"""When the rules of the container layer fire, and what they leave alone, on hand-written series."""

from pathlib import Path

import pytest

from tests.stack.prometheus.promtool import SCRAPES_OF_20_MINUTES, constant, counter, fires

pytestmark = pytest.mark.engines

API = 'instance="cadvisor:8080",job="cadvisor",name="flash-tickets-api"'
OTHER = 'instance="cadvisor:8080",job="cadvisor",name="redis"'
# What is in no container: the host's own groups.
HOST = 'instance="cadvisor:8080",job="cadvisor",id="/"'
SCRAPES_OF_5_MINUTES = 20
SCRAPES_OF_A_MINUTE = 4
MIB = 1 << 20
LIMIT = 256 * MIB


def gauge(before: float, now: float, since: int = SCRAPES_OF_5_MINUTES) -> str:
    """A value that was another until so many scrapes ago."""
    scrapes = SCRAPES_OF_20_MINUTES - since
    return f"{before}+0x{scrapes} {now}+0x{since - 1}"


def quicker(before: float, now: float) -> str:
    """A counter that has grown by another number each scrape since five minutes ago."""
    scrapes = SCRAPES_OF_20_MINUTES - SCRAPES_OF_5_MINUTES
    return f"0+{before}x{scrapes} {scrapes * before + now}+{now}x{SCRAPES_OF_5_MINUTES - 1}"


@pytest.mark.parametrize(
    ("used", "caches", "expected"),
    [
        (gauge(80 * MIB, 190 * MIB), constant(10 * MIB), True),
        (constant(225 * MIB), constant(10 * MIB), True),
        (gauge(80 * MIB, 190 * MIB), gauge(10 * MIB, 120 * MIB), False),
        (gauge(140 * MIB, 190 * MIB), constant(0), False),
        (gauge(40 * MIB, 110 * MIB), constant(0), False),
        (constant(225 * MIB), constant(40 * MIB), False),
    ],
    ids=[
        "grown",
        "near its limit for long",
        "caches alone",
        "a third more",
        "little of its limit",
        "near its limit with caches",
    ],
)
def test_a_leak_is_memory_that_grew_and_is_no_cache(
    used: str, caches: str, expected: bool, tmp_path: Path
) -> None:
    series = {
        f"container_memory_usage_bytes{{{API}}}": used,
        f"container_memory_cache{{{API}}}": caches,
        f"container_spec_memory_limit_bytes{{{API}}}": constant(LIMIT),
    }
    assert fires("container.yml", "ApiContainerMemoryLeak", series, tmp_path) is expected


@pytest.mark.parametrize(
    ("cores", "quota", "expected"),
    [(0.9, 100_000, True), (0.7, 100_000, False), (0.9, None, False)],
)
def test_a_cpu_spike_is_one_against_the_containers_own_quota(
    cores: float, quota: int | None, expected: bool, tmp_path: Path
) -> None:
    series = {
        f'container_cpu_usage_seconds_total{{{OTHER},cpu="total"}}': counter(15 * cores),
        f"container_spec_cpu_period{{{OTHER}}}": constant(100_000),
        f'container_cpu_usage_seconds_total{{{HOST},cpu="total"}}': counter(30),
    }
    if quota is not None:
        series[f"container_spec_cpu_quota{{{OTHER}}}"] = constant(quota)
    assert fires("container.yml", "ContainerCpuHigh", series, tmp_path) is expected


@pytest.mark.parametrize(
    ("series", "expected"),
    [
        (
            {
                f'container_start_time_seconds{{{OTHER},id="/docker/a"}}': gauge(
                    1000, 2000, SCRAPES_OF_A_MINUTE
                )
            },
            True,
        ),
        (
            {
                f'container_start_time_seconds{{{OTHER},id="/docker/a"}}': "1000+0x75 stale",
                f'container_start_time_seconds{{{OTHER},id="/docker/b"}}': "_x76 2000+0x4",
            },
            True,
        ),
        ({f'container_start_time_seconds{{{OTHER},id="/docker/a"}}': gauge(1000, 2000)}, False),
        (
            {
                f'container_start_time_seconds{{{OTHER},id="/docker/a"}}': "1000+0x60 stale _x18 "
                "2000+0x1"
            },
            False,
        ),
        ({f'container_start_time_seconds{{{OTHER},id="/docker/a"}}': constant(1000)}, False),
        ({f'container_start_time_seconds{{{OTHER},id="/docker/a"}}': "_x76 2000+0x4"}, False),
        (
            {f"container_start_time_seconds{{{HOST}}}": gauge(1000, 2000, SCRAPES_OF_A_MINUTE)},
            False,
        ),
    ],
    ids=["restarted", "made anew", "long ago", "gone for long", "as it was", "new", "no container"],
)
def test_a_restart_is_a_later_start_than_two_minutes_ago(
    series: dict[str, str], expected: bool, tmp_path: Path
) -> None:
    assert fires("container.yml", "ContainerRestarted", series, tmp_path) is expected


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [(1e6, 12e6, True), (5e6, 12e6, False), (1e5, 8e6, False)],
    ids=["far over its past", "twice its past", "little"],
)
def test_a_network_surge_is_one_against_the_containers_own_past(
    before: float, now: float, expected: bool, tmp_path: Path
) -> None:
    """Received and sent count together, on all its interfaces."""
    half = quicker(15 * before / 2, 15 * now / 2)
    series = {
        f'container_network_{way}_bytes_total{{{OTHER},interface="eth0"}}': half
        for way in ("receive", "transmit")
    }
    assert fires("container.yml", "ContainerNetworkSurge", series, tmp_path) is expected


@pytest.mark.parametrize(
    ("seen", "up", "expected"),
    [("1+0x72", 1, True), (constant(1), 1, False), ("1+0x72", 0, False)],
    ids=["gone", "there", "nobody looks"],
)
def test_a_container_is_gone_when_cadvisor_looks_and_does_not_see_it(
    seen: str, up: int, expected: bool, tmp_path: Path
) -> None:
    series = {
        f"container_last_seen{{{API}}}": f"{seen} stale" if expected or up == 0 else seen,
        'up{instance="cadvisor:8080",job="cadvisor"}': constant(up),
    }
    assert fires("container.yml", "ApiContainerGone", series, tmp_path) is expected
