"""compose.yaml as a person has it: the whole system well, and load on it from several workers."""

import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from stack.run.compose.engine import compose
from stack.run.configuration import PRODUCTION
from stack.run.waiting import wait_until
from tests.docker import need_docker, overrides

pytestmark = pytest.mark.containers
WORKERS = 2
MASTER = "http://127.0.0.1:8089"
PROMETHEUS = "http://127.0.0.1:9090"
UP_WITHIN_SECONDS = 600


@pytest.fixture(scope="module")
def workers() -> Iterator[int]:
    """How many workers the engine says there are, in a project of this test's own."""
    need_docker()
    files: list[Path] = [PRODUCTION / "compose.yaml", *overrides()]
    project = f"test-{uuid.uuid4().hex[:8]}"

    def told(*arguments: str) -> str:
        arguments = ("--profile", "load", *arguments)
        return compose(files, project, arguments, within_seconds=UP_WITHIN_SECONDS)

    try:
        told("up", "--detach", "--build", "--wait", "--scale", f"locust-worker={WORKERS}")
        yield told("ps", "--quiet", "locust-worker").count("\n")
    finally:
        told("down", "--volumes", "--timeout", "1")


def statistics() -> dict[str, Any]:
    answer: dict[str, Any] = requests.get(f"{MASTER}/stats/requests", timeout=5).json()
    return answer


def test_load_from_all_workers_reaches_the_app(workers: int) -> None:
    """Started in the web UI, as a person would: every arrival is answered, by each worker."""
    assert workers == WORKERS
    wait_until(
        "every worker to be ready",
        lambda: (len(statistics()["workers"]) == WORKERS, str(statistics()["workers"])),
        within_seconds=30,
    )
    began = requests.post(
        f"{MASTER}/swarm",
        data={"user_count": 1, "spawn_rate": 1, "arrivals_per_second": 20},
        timeout=5,
    )
    assert began.json()["success"] is True, began.text
    try:
        wait_until(
            "answers to the load",
            lambda: (
                sum(entry["num_requests"] for entry in statistics()["stats"]) >= 100,
                str(statistics()["stats"]),
            ),
            within_seconds=60,
            every_seconds=0.5,
        )
        seen = statistics()
        assert sum(entry["num_failures"] for entry in seen["stats"]) == 0, seen["errors"]
        rate = "sum(rate(http_requests_total[1m]))"
        wait_until(
            "Prometheus to see it",
            lambda: (ask(rate) > 1, f"{ask(rate):g} requests a second at {time.time():.0f}"),
            within_seconds=90,
            every_seconds=1,
        )
    finally:
        requests.get(f"{MASTER}/stop", timeout=5)


def ask(query: str) -> float:
    answer = requests.get(f"{PROMETHEUS}/api/v1/query", params={"query": query}, timeout=5).json()
    found = answer["data"]["result"]
    return float(found[0]["value"][1]) if found else 0.0
