"""Drills on containers as a user runs them: mistakes fail, an end in the middle leaves nothing."""

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from scenarios.collect import ROOT
from stack.run.configuration import PRODUCTION
from tests.docker import DOCKER, need_docker, overrides

pytestmark = pytest.mark.containers
REDIS_DOWN = "scenarios/application/redis_down.py"
DONE_WITHIN_SECONDS = 300


@pytest.fixture(autouse=True)
def _docker() -> None:
    need_docker()


def begin(report: Path, *arguments: str) -> subprocess.Popen[str]:
    chosen = [part for path in overrides() for part in ("--compose-override", str(path))]
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "pytest", "-p", "no:cacheprovider", REDIS_DOWN),
            *("--stack", "compose", *chosen, "--report", str(report), *arguments),
        ],
        cwd=ROOT.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        # As a terminal gives it: a group of its own, whose processes Ctrl-C reaches.
        start_new_session=True,
    )


def containers() -> set[str]:
    listed = subprocess.run(
        [DOCKER, "ps", "--all", "--format", "{{.Names}}"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return set(listed.stdout.split())


def test_a_mistake_in_a_rule_fails_the_drill(tmp_path: Path) -> None:
    source = tmp_path / "configuration"
    for part in ("prometheus", "alertmanager"):
        shutil.copytree(PRODUCTION / part, source / part)
    file = source / "prometheus" / "rules" / "application.yml"
    right, wrong = "expr: redis_up == 0", "expr: redis_up == 2"
    assert file.read_text().count(right) == 1
    file.write_text(file.read_text().replace(right, wrong))
    before = containers()
    run = begin(tmp_path / "reports", "--configuration", str(source))
    said, _ = run.communicate(timeout=DONE_WITHIN_SECONDS)
    assert run.returncode == pytest.ExitCode.TESTS_FAILED, said
    results = json.loads((tmp_path / "reports" / "latest" / "results.json").read_text())
    (drill,) = results["drills"]
    assert drill["verdict"] == "fail", drill["text"]
    found = {(f["alert"], f["kind"]) for f in drill["judgement"]["findings"]}
    assert ("RedisDown", "missed") in found
    logs = tmp_path / "reports" / "latest" / "logs" / "application-redis_down"
    assert {"prometheus.log", "alertmanager.log", "flash-tickets-api.log"} <= {
        path.name for path in logs.iterdir()
    }
    assert containers() == before


def test_an_interrupt_in_the_middle_of_a_fault_leaves_no_container(tmp_path: Path) -> None:
    before = containers()
    run = begin(tmp_path / "reports")
    assert run.stdout is not None
    said = ""
    while "injecting" not in said and (line := run.stdout.readline()):
        said += line
    assert containers() > before, said
    run.send_signal(signal.SIGINT)
    rest, _ = run.communicate(timeout=DONE_WITHIN_SECONDS)
    assert run.returncode == pytest.ExitCode.INTERRUPTED, said + rest
    assert "Traceback (most recent call last)" not in said + rest
    assert containers() == before
