"""Tests of a master whose workers come and go: the rate is kept, and what is missed is told."""

from __future__ import annotations

import re
import signal
from typing import Any

READY = "workers connected"


def test_a_worker_that_is_killed_is_told_of_and_its_share_taken_over(
    slow_app: Any, start_fleet: Any, wait: Any
) -> None:
    """Until that is noticed its turns are missing, and stand in the ledger as shed."""
    fleet = start_fleet("browse.py", slow_app.url, "-t", "60s", "--arrivals-per-second", "40")
    run = fleet.master
    wait("three seconds", lambda: run.seconds_written() >= 3)
    killed = fleet.workers.pop()
    killed.process.kill()
    killed.process.wait(timeout=10)
    wait("the loss to be noticed", lambda: re.search(r"Worker \S+ is gone: \d+", run.output()))
    seen = run.seconds_written()
    wait("four more seconds", lambda: run.seconds_written() >= seen + 6)
    run.end(signal.SIGTERM)
    fleet.end()
    fleet.assert_balanced()
    lines = fleet.full_seconds()
    assert all(38 <= line["offered"] <= 42 for line in lines), lines
    short = [line for line in lines if line["shed"]]
    assert 2 <= len(short) <= 6, lines
    assert all(15 <= line["shed"] <= 25 for line in short[1:-1]), lines
    # Neither the half of it nor half as much again; a start may lie a moment past its second.
    assert all(30 <= line["started"] <= 50 for line in lines[-2:]), lines
    assert "the whole rate is now kept by 1 of the workers" in run.output()


def test_a_worker_that_comes_late_takes_its_share_and_the_rate_stays(
    slow_app: Any, start_fleet: Any, wait: Any
) -> None:
    options = ("-t", "60s", "--arrivals-per-second", "40")
    fleet = start_fleet("browse.py", slow_app.url, *options, worker_environments=[{}])
    run = fleet.master
    wait("two seconds", lambda: run.seconds_written() >= 2)
    fleet.workers.append(fleet.start_worker())
    wait("the second worker", lambda: f"2 {READY}" in run.output())
    seen = run.seconds_written()
    wait("four more seconds", lambda: run.seconds_written() >= seen + 4)
    assert fleet.are_all_connected_to(slow_app.url)
    run.end(signal.SIGTERM)
    fleet.end()
    fleet.assert_balanced()
    lines = fleet.full_seconds()
    assert all(30 <= line["started"] <= 50 for line in lines), run.ledger()
    assert abs(sum(line["started"] for line in lines) / len(lines) - 40) <= 3, run.ledger()


def test_workers_that_hear_nothing_of_the_master_let_nobody_in(
    slow_app: Any, start_fleet: Any, wait: Any
) -> None:
    """Their turns are given to others by then; once the master is back, so are they."""
    fleet = start_fleet("browse.py", slow_app.url, "-t", "60s", "--arrivals-per-second", "40")
    run = fleet.master
    wait("two seconds", lambda: run.seconds_written() >= 2)
    run.process.send_signal(signal.SIGSTOP)
    try:
        wait("the arrivals to end", lambda: not asked_within(slow_app, wait, 1.0))
    finally:
        run.process.send_signal(signal.SIGCONT)
    wait("arrivals again", lambda: asked_within(slow_app, wait, 1.0))
    seen = run.seconds_written()
    wait("six more seconds", lambda: run.seconds_written() >= seen + 6)
    assert all(30 <= line["started"] <= 50 for line in run.ledger()[-2:]), run.ledger()
    run.end(signal.SIGTERM)
    fleet.end()


def test_a_worker_that_stalls_loses_its_share_and_gets_it_back(
    slow_app: Any, start_fleet: Any, wait: Any
) -> None:
    """What it missed is not made up for: the rate is never that of one worker more."""
    fleet = start_fleet("browse.py", slow_app.url, "-t", "60s", "--arrivals-per-second", "40")
    run = fleet.master
    wait("two seconds", lambda: run.seconds_written() >= 2)
    stalled = fleet.workers[1].process
    stalled.send_signal(signal.SIGSTOP)
    try:
        wait("the stall to be noticed", lambda: "kept by 1 of the workers" in run.output())
    finally:
        stalled.send_signal(signal.SIGCONT)
    seen = run.seconds_written()
    wait("six more seconds", lambda: run.seconds_written() >= seen + 6)
    begun_at = len(slow_app.asked_at)
    wait("requests of both", lambda: len(slow_app.asked_at) >= begun_at + 40)
    assert fleet.are_all_connected_to(slow_app.url)
    run.end(signal.SIGTERM)
    fleet.end()
    assert all(line["started"] <= 50 for line in fleet.full_seconds()), run.ledger()
    assert all(line["started"] >= 30 for line in fleet.full_seconds()[-3:]), run.ledger()
    assert run.output().count("is gone") == 1


def asked_within(slow_app: Any, wait: Any, seconds: float) -> bool:
    """Whether the app is asked anything from now on, for so long."""
    before = len(slow_app.asked_at)
    try:
        wait("a request", lambda: len(slow_app.asked_at) > before, seconds)
    except AssertionError:
        return False
    return True
