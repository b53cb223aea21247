"""What a run proves ends it: a table, coverage.json, and a share that can fail it."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

pytestmark = pytest.mark.drills


@pytest.fixture(scope="module")
def runs(start: Callable[..., Any]) -> Mapping[str, Any]:
    """The same drill twice: the Watchdog alone is proven in full, one rule of many."""
    started = {
        share: start("delivery/watchdog.py", options=("--alert-coverage-fail-under", share))
        for share in ("1", "100")
    }
    for run in started.values():
        run.wait()
    return started


@pytest.mark.parametrize("share", ["1", "100"])
def test_a_run_ends_with_what_it_proves(share: str, runs: Mapping[str, Any]) -> None:
    run = runs[share]
    assert run.results["delivery/watchdog"]["verdict"] == "pass", run.output
    assert "alert coverage by observed delivery, from the 1 of 1 drills that passed" in run.output
    document = json.loads((run.report / "coverage.json").read_text())
    assert document["drills"] == {"delivery/watchdog": "pass"}
    full = [rule["name"] for rule in document["rules"] if rule["fully_proven"]]
    assert full == ["Watchdog"]
    assert "HostCpuHigh" in {rule["name"] for rule in document["rules"] if not rule["loaded"]}
    reached = [receiver["name"] for receiver in document["receivers"] if receiver["drills"]]
    assert reached == ["dead-mans-switch"]


def test_a_run_that_proves_the_share_asked_for_succeeds(runs: Mapping[str, Any]) -> None:
    assert runs["1"].process.returncode == pytest.ExitCode.OK


def test_a_run_that_proves_less_than_asked_for_fails_though_its_drills_passed(
    runs: Mapping[str, Any],
) -> None:
    run = runs["100"]
    assert run.process.returncode == pytest.ExitCode.TESTS_FAILED
    assert "FAILED alert coverage: 1 of " in run.output
    assert "100 % are wanted" in run.output
