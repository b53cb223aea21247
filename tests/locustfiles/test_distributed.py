"""Tests of a master with workers: together they do what one process does."""

from __future__ import annotations

import re
import signal
from typing import Any

import psutil
import pytest
import requests

from stack.run.ports import PortLease

START = {"user_count": "1", "spawn_rate": "1"}
READY = "workers connected"


def test_two_workers_offer_what_one_process_offers(
    slow_app: Any, start_locust: Any, start_fleet: Any
) -> None:
    """Side by side, with the same options: the rate, the mix and the requests are the same."""
    options = ("-t", "5s", "--stop-timeout", "5", "--arrivals-per-second", "40")
    fleet = start_fleet("normal.py", slow_app.url, *options)
    single = start_locust("normal.py", slow_app.url, *options).wait()
    fleet.end()
    fleet.assert_balanced()
    for run in (single, fleet.master):
        assert run.returncode == 0
        assert run.total("shed") == run.total("failed") == 0
    for what in ("offered", "started", "requests"):
        assert fleet.master.total(what) == pytest.approx(single.total(what), rel=0.06), what
    # The first second has the arrival that is due at once.
    for line in fleet.full_seconds()[1:]:
        assert 37 <= line["offered"] <= 43, fleet.master.ledger()
    outcomes = fleet.master.outcomes()
    assert outcomes["browsed"] == pytest.approx(4 * outcomes["paid"], abs=4)
    assert slow_app.asked.total() == fleet.master.total("requests") + single.total("requests")


def test_the_master_keeps_the_ledger_of_all(slow_app: Any, start_fleet: Any) -> None:
    """Two workers with the same LOAD_LEDGER as it, on one machine, must not write into it."""
    options = ("-t", "2s", "--stop-timeout", "5", "--arrivals-per-second", "10")
    fleet = start_fleet("browse.py", slow_app.url, *options)
    fleet.end()
    assert fleet.master.total("requests") == slow_app.asked.total() > 10
    assert not any(worker.ledger_path.exists() for worker in fleet.workers)


def test_the_limit_is_that_of_all_together(slow_app: Any, start_fleet: Any) -> None:
    options = ("-t", "4s", "--arrivals-per-second", "40", "--arrivals-limit", "51")
    fleet = start_fleet("browse.py", slow_app.url, *options)
    fleet.end()
    assert fleet.master.outcomes() == {"browsed": 51}


def test_so_many_are_in_flight_as_one_process_would_allow(slow_app: Any, start_fleet: Any) -> None:
    slow_app.delay_seconds = 20.0
    options = ("-t", "3s", "--arrivals-per-second", "20", "--in-flight-max", "10")
    fleet = start_fleet("browse.py", slow_app.url, *options)
    fleet.end()
    assert max(line["in_flight"] for line in fleet.master.ledger()) == 10
    assert fleet.master.total("started") == 10
    assert fleet.master.total("shed") > 20
    fleet.assert_balanced()
    assert re.search(r"\d+ of the arrivals offered were shed", fleet.master.output())
    slow_app.delay_seconds = 0.0


def test_what_is_lost_at_one_worker_is_made_up_by_all(
    slow_app: Any, start_fleet: Any, wait: Any
) -> None:
    """A surge is full when so many have joined, at whichever worker; who is turned away is not."""
    slow_app.answers["POST /api/queue"] = 503
    options = ("--fill-per-second", "40", "--fill-count", "60", "--hold-per-second", "0")
    fleet = start_fleet("surge.py", slow_app.url, "-t", "60s", *options)
    wait("some to be turned away", lambda: slow_app.asked["POST /api/queue"] >= 30)
    del slow_app.answers["POST /api/queue"]
    run = fleet.master
    wait("the fill", lambda: run.seconds_written() and run.outcomes()["joined"] >= 60)
    seen = len(run.ledger())
    wait("three more seconds", lambda: len(run.ledger()) >= seen + 3)
    assert [line["offered"] for line in run.ledger()[-2:]] == [0, 0]
    fleet.master.end(signal.SIGTERM)
    fleet.end()
    # What one worker loses, the other hears of a second later.
    assert 60 <= run.outcomes()["joined"] <= 75
    assert run.outcomes()["waiting_room_closed"] >= 25


def test_the_guard_stands_at_every_worker(start_fleet: Any) -> None:
    """The master may be allowed to load another machine: a worker that is not refuses."""
    allowed = {"LOAD_ALLOW_HOSTS": "192.0.2.1"}
    fleet = start_fleet(
        "browse.py",
        "http://192.0.2.1:80",
        *("-t", "30s", "--arrivals-per-second", "1"),
        environment=allowed,
        worker_environments=[{"LOAD_ALLOW_HOSTS": ""}, {"LOAD_ALLOW_HOSTS": ""}],
    )
    fleet.end()
    assert fleet.master.returncode == 1
    assert "Load refused: 'http://192.0.2.1:80' is not on this machine" in fleet.master.output()
    # The first refusal ends the run, maybe before the other worker has begun.
    assert 1 in [worker.returncode for worker in fleet.workers]
    assert fleet.master.total("started") == 0


def test_the_guard_stands_at_the_master_too(start_locust: Any, ports: PortLease) -> None:
    """Before it waits for any worker."""
    port = str(ports.take())
    options = ("--master", "--master-bind-port", port)
    run = start_locust("browse.py", "http://192.0.2.1:80", *options).wait()
    assert run.returncode == 1
    assert "Load refused: 'http://192.0.2.1:80' is not on this machine" in run.output()


def test_the_web_ui_of_the_master_starts_changes_stops_and_starts_again(
    slow_app: Any, start_fleet: Any, wait: Any
) -> None:
    """The rates of the form hold for all workers together, and /load shows what all do."""
    fleet = start_fleet("browse.py", slow_app.url, "--stop-timeout", "1", headless=False)
    run = fleet.master

    def load() -> dict[str, Any]:
        answer: dict[str, Any] = requests.get(f"{run.web_url}/load.json", timeout=10).json()
        return answer

    def post(path: str, **form: str) -> None:
        answer = requests.post(run.web_url + path, data=form, timeout=30)
        assert answer.json()["success"], answer.text

    def wait_for(rate: int) -> None:
        wait(
            f"a second at {rate}",
            lambda: run.seconds_written() and abs(run.ledger()[-1]["started"] - rate) <= 1,
        )

    assert load()["running"] is False
    post("/swarm", **START, arrivals_per_second="20")
    wait_for(20)
    post("/swarm", **START, arrivals_per_second="40")
    wait_for(40)
    assert load()["running"] is True
    post("/stop")
    stopped = load()
    assert stopped["running"] is False
    assert stopped["counts"]["started"] == stopped["counts"]["completed"] > 40
    assert stopped["counts"]["requests"] == slow_app.asked.total()
    # As long as --stop-timeout, Locust's workers are away after a stop.
    wait("the workers to be back", lambda: run.output().count(f"2 {READY}") == 2)
    post("/swarm", **START, arrivals_per_second="10", arrivals_limit="15")
    wait("all fifteen", lambda: load()["counts"]["completed"] == 15)
    page = requests.get(f"{run.web_url}/load", timeout=10).text
    assert re.search(r"<th>browsed</th><td>15</td>", page)
    run.end(signal.SIGINT)
    fleet.end()


def test_steps_are_those_of_all_together(slow_app: Any, start_fleet: Any) -> None:
    """A load shape runs at the master; its steps are kept by the workers."""
    rates = ("--arrivals-per-second", "10", "--rush-per-second", "40")
    steps = ("--quiet-seconds", "2", "--rush-seconds", "2", "--settle-seconds", "2")
    fleet = start_fleet("sales_opening.py", slow_app.url, *rates, *steps)
    fleet.end()
    offered = [line["offered"] for line in fleet.full_seconds()]
    assert offered[1] == pytest.approx(10, abs=2)
    assert offered[3] == pytest.approx(40, abs=3)
    assert offered[5] == pytest.approx(10, abs=2)


def test_workers_of_one_command_share_the_rate_too(slow_app: Any, start_locust: Any) -> None:
    """``--processes`` starts master and workers on this machine."""
    options = ("--processes", "2", "-t", "3s", "--stop-timeout", "5", "--arrivals-per-second", "20")
    run = start_locust("browse.py", slow_app.url, *options).wait()
    assert run.returncode == 0, run.output()
    assert 55 <= run.total("started") <= 65, run.output()
    assert slow_app.asked.total() == run.total("requests")


def test_the_master_listens_on_this_machine_unless_told_otherwise(
    slow_app: Any, start_fleet: Any
) -> None:
    """Whoever reaches it could make load; --master-bind-host is for workers elsewhere."""
    fleet = start_fleet("browse.py", slow_app.url, headless=False)
    listening = [
        connection.laddr.ip
        for connection in psutil.Process(fleet.master.process.pid).net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert len(listening) == 2
    assert set(listening) == {"127.0.0.1"}
    fleet.master.end(signal.SIGTERM)
    fleet.end()
