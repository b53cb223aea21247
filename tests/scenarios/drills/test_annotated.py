"""A run with ``--grafana``: what it did stands there; and without a Grafana it is the same run."""

import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.scenarios.report.grafana_double import TOKEN, GrafanaDouble, running

pytestmark = pytest.mark.drills


@pytest.fixture(scope="module")
def double() -> Iterator[GrafanaDouble]:
    with running(GrafanaDouble()) as grafana:
        yield grafana


@pytest.fixture(scope="module")
def nowhere() -> Iterator[str]:
    """An address at which nothing listens, nor will."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


@pytest.fixture(scope="module")
def credentials(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("grafana") / "token"
    path.write_text(f"{TOKEN}\n")
    return path


@pytest.fixture(scope="module")
def runs(
    start: Callable[..., Any], double: GrafanaDouble, nowhere: str, credentials: Path
) -> dict[str, Any]:
    options = ("--grafana-credentials", str(credentials))
    started = {
        "told": start("application/redis_latency.py", options=("--grafana", double.url, *options)),
        "nowhere": start("delivery/watchdog.py", options=("--grafana", nowhere, *options)),
    }
    for run in started.values():
        run.wait()
    return started


def test_a_fault_and_its_notifications_stand_in_grafana_when_the_run_is_over(
    runs: dict[str, Any], double: GrafanaDouble
) -> None:
    run = runs["told"]
    assert run.process.returncode == pytest.ExitCode.OK, run.output
    near_miss, fault = (one for one in double.annotations if "fault" in one["tags"])
    assert near_miss["text"].startswith("redis_latency (latency_seconds ")
    assert "; near miss of RedisLatencyHigh; " in near_miss["text"]
    assert near_miss["timeEnd"] < fault["time"]
    assert "; fault; " in fault["text"]
    assert "drill:application/redis_latency" in fault["tags"]
    # Others may arrive too, as the drill allows.
    fired, resolved = (
        one
        for one in double.annotations
        if one["text"].startswith("platform-chat: RedisLatencyHigh ")
    )
    assert {"notification", "firing"} <= set(fired["tags"])
    assert {"notification", "resolved"} <= set(resolved["tags"])
    assert fault["time"] < fired["time"] < fault["timeEnd"] < resolved["time"]
    assert f"{len(double.annotations)} added to Grafana at {double.url}" in run.output
    assert "warning: Grafana" not in run.output
    assert TOKEN not in run.output


def test_without_a_grafana_the_run_passes_and_says_at_its_end_what_is_missing(
    runs: dict[str, Any], nowhere: str
) -> None:
    run = runs["nowhere"]
    assert run.process.returncode == pytest.ExitCode.OK, run.output
    assert run.results["delivery/watchdog"]["verdict"] == "pass"
    end = run.output[run.output.index("annotations =") :]
    assert f"0 added to Grafana at {nowhere}" in end
    assert f"warning: Grafana at {nowhere}: " in end
    assert "annotations of delivery-watchdog were not added: it did not answer" in end
