"""Whole runs as a user starts them: what they print, leave and exit with, whatever came of them.

All of them run at once, as CI jobs on one machine may: none may disturb another's verdict.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests

from scenarios.judge.explanation import failure_text
from scenarios.judge.verdict import judge
from scenarios.report.result import plain
from scenarios.report.saved import read_timeline
from stack.run.supervisor import REPOSITORY
from stack.run.waiting import wait_until

pytestmark = pytest.mark.drills

RULES = "prometheus/rules/application.yml"
NEVER_FIRES = (RULES, "redis_up == 0", "redis_up == 2")
GONE_WITHIN_SECONDS = 15.0
# As on a company's machine; nobody listens on port 9. Nothing on the loopback may go through it.
NO_SUCH_PROXY = {
    **dict.fromkeys(
        ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"),
        "http://127.0.0.1:9",
    ),
    # Nor does anybody tell it so.
    **dict.fromkeys(("no_proxy", "NO_PROXY"), ""),
}


def kill_load(run: Any) -> None:
    """In the middle of the near miss the load's process dies, as for want of memory."""
    run.until("near miss in")
    (locust,) = run.family().members("locust")
    locust.kill()


def kill_sink(run: Any) -> None:
    """While the first drill warms up the process of its receiver dies."""
    run.until("redis_down +warming up")
    family = run.family()
    (sink,) = [p for p in family.members("sink") if "redis_down" in str(family.processes[p])]
    sink.kill()


@pytest.fixture(scope="module")
def runs(start: Callable[..., Any]) -> Mapping[str, Any]:
    erring = start(
        "application/redis_down.py",
        "business/slow_responses.py",
        options=("-x", "--keep-stack"),
    )
    # Its first drill must fail while its second still runs: both get their share of the host now.
    erring.until("redis_down +starting the stack")
    begun: Mapping[str, tuple[Any, Callable[[Any], None]]] = {
        "green": (
            start("application", "delivery", options=("-k", "redis_down or watchdog")),
            quiet,
        ),
        "green too": (
            start(
                "business/api_down.py",
                "application/redis_latency.py",
                options=("-q",),
                environment=NO_SUCH_PROXY,
            ),
            quiet,
        ),
        "red": (
            start("application/redis_down.py", options=("--keep-stack",), edits=(NEVER_FIRES,)),
            quiet,
        ),
        "unknown": (start("business/payment_failures.py"), kill_load),
        "error": (erring, kill_sink),
    }

    def over(run: Any, meddle: Callable[[Any], None]) -> Any:
        run.until("starting the stack")
        run.seen_early = run.process.poll() is None
        meddle(run)
        run.wait()
        return run

    with ThreadPoolExecutor(len(begun)) as pool:
        futures = {name: pool.submit(over, run, meddle) for name, (run, meddle) in begun.items()}
    return {name: future.result() for name, future in futures.items()}


def quiet(run: Any) -> None:
    """Leave the run alone."""


@pytest.mark.parametrize("name", ["green", "green too"])
def test_runs_at_once_on_one_machine_are_all_green(name: str, runs: Mapping[str, Any]) -> None:
    run = runs[name]
    assert run.process.returncode == pytest.ExitCode.OK, run.output
    assert {entry["verdict"] for entry in run.results.values()} == {"pass"}
    assert len(run.results) == 2


@pytest.mark.parametrize("name", ["green", "green too", "red", "unknown", "error"])
def test_progress_is_seen_while_it_happens(name: str, runs: Mapping[str, Any]) -> None:
    """Though the output is a file: a CI log must not be silent until the end."""
    assert runs[name].seen_early


def test_a_chosen_drill_runs_alone(runs: Mapping[str, Any]) -> None:
    assert set(runs["green"].results) == {"application/redis_down", "delivery/watchdog"}
    assert re.search(r"\d+ deselected", runs["green"].output)


def test_a_pass_is_in_the_table_in_junit_and_in_results(runs: Mapping[str, Any]) -> None:
    run = runs["green"]
    table = run.output.partition("alerts at the receiver")[2]
    assert re.search(
        r"application/redis_down +RedisDown +pass +[\d.]+ +[\d.]+ to [\d.]+ +platform-pager +"
        r"alertname=RedisDown, service=redis",
        table,
    )
    assert re.search(r"delivery/watchdog +Watchdog \(heartbeat\) +pass", table)
    assert run.junit == {"application/redis_down": "passed", "delivery/watchdog": "passed"}
    result = run.results["application/redis_down"]
    rows = [row for row in result["judgement"]["rows"] if row["kind"] == "fires"]
    assert len(rows) == 2
    for row in rows:
        earliest, latest = row["window_seconds"]
        assert max(0, earliest) <= row["notified_seconds"] <= latest
    assert result["judgement"]["findings"] == []
    # Beside another drill the host may have had no core left for a moment, which explains nothing.
    assert not any(reason["doubts"] for reason in result["judgement"]["reasons"])
    assert result["cpu_seconds"]["app"] > 0
    assert 0 < result["started_in_seconds"] < result["wall_seconds"]


def test_a_pass_leaves_its_timeline_and_its_load_but_no_logs(runs: Mapping[str, Any]) -> None:
    report = runs["green"].report
    # Another run may hold a drill up, which then runs again.
    assert {path.name for path in report.iterdir()} - {"starved"} == {
        "junit.xml",
        "results.json",
        "coverage.json",
        "run.json",
        "timelines",
        "load",
    }
    load = report / "load" / "application-redis_down" / "load"
    assert {"ledger.jsonl", "statistics.json", "statistics_stats.csv"} <= {
        path.name for path in load.iterdir()
    }


@pytest.mark.parametrize(
    ("name", "drill"),
    [
        ("green", "application/redis_down"),
        ("green too", "business/api_down"),
        ("red", "application/redis_down"),
        ("unknown", "business/payment_failures"),
    ],
)
def test_a_saved_timeline_judged_again_gives_the_same_judgement(
    name: str, drill: str, runs: Mapping[str, Any]
) -> None:
    """From the file alone: in this process, and by the command in another folder."""
    run = runs[name]
    path = run.timeline(drill)
    timeline = read_timeline(path)
    judgement = judge(timeline)
    text = failure_text(timeline, judgement)
    assert run.results[drill]["text"].startswith(text)
    assert run.results[drill]["verdict"] == judgement.verdict
    rows = json.loads(json.dumps(plain([vars(row) for row in judgement.rows])))
    assert run.results[drill]["judgement"]["rows"] == rows
    again = subprocess.run(
        [sys.executable, "-m", "scenarios", "judge", path.name],
        cwd=path.parent,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert again.returncode == (0 if judgement.verdict == "pass" else 1)
    assert again.stdout == f"{text}\n"
    assert again.stderr == ""


def test_a_fail_says_what_was_missed_with_every_window_and_every_arrival(
    runs: Mapping[str, Any],
) -> None:
    run = runs["red"]
    assert run.process.returncode == pytest.ExitCode.TESTS_FAILED
    result = run.results["application/redis_down"]
    assert result["verdict"] == "fail"
    findings = [f for f in result["judgement"]["findings"] if f["alert"] == "RedisDown"]
    assert [finding["kind"] for finding in findings] == ["missed", "missed"]
    failure = run.junit["application/redis_down"]
    assert failure.startswith("failure: ")
    for text in (
        "RedisDown did not arrive at platform-pager",
        "✗ notified: nothing in [",
        " scrape + ",
        "dead-mans-switch",
        "logs and configuration: ",
    ):
        assert text in run.output, text
        assert text in failure, text
    assert "Traceback" not in run.output
    logs = run.report / "logs" / "application-redis_down"
    assert {"app.log", "prometheus.log", "alertmanager.log", "sink.log"} <= {
        path.name for path in logs.iterdir()
    }
    assert "redis_up == 2" in (logs / "prometheus" / "rules" / "application.yml").read_text()


def test_the_first_failure_ends_the_other_drills_if_asked_to(runs: Mapping[str, Any]) -> None:
    """With ``-x``: what was still running is healed, ended, and called neither good nor bad."""
    run = runs["error"]
    assert "stopping after 1 failures" in run.output
    assert "healing and ending what still runs: business/slow_responses" in run.output
    assert set(run.junit) == {"application/redis_down"}
    ended = run.results.get("business/slow_responses")
    if ended is not None:
        assert ended["text"].startswith("the run was ended before this drill was over")


def test_a_kept_stack_answers_at_the_addresses_that_were_printed_and_ends_when_told(
    runs: Mapping[str, Any],
) -> None:
    """After pytest has ended, and without the load."""
    output = runs["red"].output
    (pid,) = set(re.findall(r"or with: kill (\d+)", output))
    guardian = psutil.Process(int(pid))
    family = [guardian, *guardian.children(recursive=True)]
    logs = re.search(r"  logs +(\S+)", output)
    token = re.search(r"Bearer (\S+)'", output)
    assert logs is not None
    assert token is not None
    directory = Path(logs.group(1)).parent
    urls = set(
        re.findall(r"(?<!host )http://127\.0\.0\.1:\d+/(?:api|metrics|noti|prox)\S*", output)
    )
    assert len(urls) == 6, urls
    for url in urls:
        headers = {"Authorization": f"Bearer {token.group(1)}"} if "notifications" in url else {}
        assert requests.get(url, headers=headers, timeout=10).ok, url
    assert not any("locust" in process.cmdline() for process in family), "its load runs on"
    guardian.terminate()
    _, alive = psutil.wait_procs(family, timeout=GONE_WITHIN_SECONDS)
    assert alive == []
    wait_until(
        "the kept stack's directory to be removed",
        lambda: (not directory.exists(), str(directory)),
        within_seconds=GONE_WITHIN_SECONDS,
    )


def test_a_load_that_dies_makes_a_drill_unknown_never_a_pass(runs: Mapping[str, Any]) -> None:
    run = runs["unknown"]
    assert run.process.returncode == pytest.ExitCode.TESTS_FAILED
    result = run.results["business/payment_failures"]
    assert result["verdict"] == "unknown", result["text"]
    assert any(reason["kind"] == "load" for reason in result["judgement"]["reasons"])
    assert "unknown: these drills prove nothing either way" in run.output
    assert re.search(r"load load started \d+ of \d+", run.output)
    assert run.junit["business/payment_failures"].startswith("failure: ")
    assert "1 unknown" in run.output


def test_a_service_that_dies_ends_its_drill_at_once_and_is_named_with_its_log(
    runs: Mapping[str, Any],
) -> None:
    run = runs["error"]
    assert run.process.returncode == pytest.ExitCode.TESTS_FAILED
    result = run.results["application/redis_down"]
    assert result["verdict"] == "error"
    assert result["text"].startswith("sink ended by itself with exit code -9")
    assert "listening on" in result["text"], "the end of its log is not shown"
    assert not re.search("redis_down +injecting", run.output)
    assert "sink ended by itself with exit code -9" in run.junit["application/redis_down"]
    assert "Traceback" not in run.output


@pytest.mark.parametrize("name", ["green", "green too", "unknown"])
def test_a_run_that_is_over_leaves_no_process(name: str, runs: Mapping[str, Any]) -> None:
    """Looked for by what they inherit from it, so that none can hide behind another parent."""
    assert runs[name].remains() == {}


@pytest.mark.parametrize("name", ["red", "error"])
def test_of_a_run_that_keeps_a_stack_only_that_stack_is_left(
    name: str, runs: Mapping[str, Any]
) -> None:
    (pid,) = {int(pid) for pid in re.findall(r"or with: kill (\d+)", runs[name].output)}
    with suppress(psutil.NoSuchProcess):
        psutil.Process(pid).terminate()
    wait_until(
        "the kept stack to end, and nothing else to be there",
        lambda: (not runs[name].remains(), str(runs[name].remains())),
        within_seconds=GONE_WITHIN_SECONDS,
    )
