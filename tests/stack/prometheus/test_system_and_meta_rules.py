"""What rules of the host and of the monitoring leave alone, on hand-written series.

The drills show on the real thing that each fires and at which value; a host with a read-only
image, or with a network that was always busy, is not at hand. Prometheus' own tool evaluates.
"""

from pathlib import Path

import pytest

from tests.stack.prometheus.promtool import constant, counter, fires

pytestmark = pytest.mark.engines

HOST = 'instance="node-exporter:9100",job="node"'
DISK = f'{HOST},device="/dev/vda",mountpoint="/data",fstype="ext4"'
LINK = f'{HOST},device="eth0"'
ALERTMANAGER = 'instance="alertmanager:9093",job="alertmanager",integration="webhook"'
# One megabyte a second.
BYTES_A_SCRAPE = 15_000_000


def disk(*, used_ratio: float, is_read_only: bool) -> dict[str, str]:
    return {
        f"node_filesystem_size_bytes{{{DISK}}}": constant(1000),
        f"node_filesystem_avail_bytes{{{DISK}}}": constant(round(1000 * (1 - used_ratio))),
        f"node_filesystem_readonly{{{DISK}}}": constant(int(is_read_only)),
    }


def link(received: str, sent: str) -> dict[str, str]:
    return {
        f"node_network_receive_bytes_total{{{LINK}}}": received,
        f"node_network_transmit_bytes_total{{{LINK}}}": sent,
    }


def notifications(failed: str, total: str) -> dict[str, str]:
    return {
        f'alertmanager_notifications_failed_total{{{ALERTMANAGER},reason="other"}}': failed,
        f"alertmanager_notifications_total{{{ALERTMANAGER}}}": total,
    }


@pytest.mark.parametrize(
    ("used_ratio", "is_read_only", "expected"),
    [(0.9, False, True), (0.89, False, False), (1.0, True, False)],
)
def test_a_full_disk_counts_unless_it_is_read_only(
    used_ratio: float, is_read_only: bool, expected: bool, tmp_path: Path
) -> None:
    """An image that is mounted read-only is full by design."""
    series = disk(used_ratio=used_ratio, is_read_only=is_read_only)
    assert fires("system.yml", "HostDiskFull", series, tmp_path) is expected


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        (1, 80 * BYTES_A_SCRAPE, True),
        (32 * BYTES_A_SCRAPE, 80 * BYTES_A_SCRAPE, False),
        (80 * BYTES_A_SCRAPE, None, False),
        (1, 3 * BYTES_A_SCRAPE, False),
    ],
    ids=["far over its past", "two and a half times its past", "always busy", "little"],
)
def test_a_network_surge_is_one_against_its_own_past(
    before: int, now: int | None, expected: bool, tmp_path: Path
) -> None:
    """Neither a link that is always busy nor a small amount that is new is a surge."""
    series = link(counter(before, now), counter(before, now))
    assert fires("system.yml", "HostNetworkSurge", series, tmp_path) is expected


def test_traffic_one_way_is_a_surge_too(tmp_path: Path) -> None:
    """A host that sends and hears nothing, and one that only hears, are told of alike."""
    much, nothing = counter(1, 160 * BYTES_A_SCRAPE), counter(0)
    assert fires("system.yml", "HostNetworkSurge", link(much, nothing), tmp_path)
    assert fires("system.yml", "HostNetworkSurge", link(nothing, much), tmp_path)


@pytest.mark.parametrize(
    ("failed", "expected"),
    [(counter(0, 1), True), (counter(0), False)],
    ids=["one in a hundred", "none"],
)
def test_any_notification_that_fails_is_told_of(
    failed: str, expected: bool, tmp_path: Path
) -> None:
    """However many are sent: somebody was not told."""
    series = notifications(failed, total=counter(100))
    assert fires("meta.yml", "AlertmanagerNotificationsFailing", series, tmp_path) is expected


@pytest.mark.parametrize(("seconds", "expected"), [(12, True), (11, False)])
def test_a_slow_scrape_is_one_against_its_own_timeout(
    seconds: int, expected: bool, tmp_path: Path
) -> None:
    """Twelve seconds are slow where fifteen are allowed; eleven are not yet."""
    target = 'instance="api:4000",job="flash-tickets-api"'
    series = {
        f"scrape_duration_seconds{{{target}}}": constant(seconds),
        f"scrape_timeout_seconds{{{target}}}": constant(15),
    }
    assert fires("meta.yml", "ScrapeTooSlow", series, tmp_path) is expected
