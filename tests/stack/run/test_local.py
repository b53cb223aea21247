"""A local stack starts ready to be trusted, keeps its addresses, and says what goes wrong in it."""

import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import get_args

import psutil
import pytest
import requests

from sink.client import SinkClient
from stack.observe.prometheus import Prometheus
from stack.run.engines import Engine
from stack.run.local import LocalStack, new_name
from stack.run.readiness import answers, redis_answers
from stack.run.stack import Service
from stack.run.waiting import wait_until

pytestmark = pytest.mark.engines

SPEED = 60.0
REPEAT_SECONDS = 300 / SPEED
Finder = Callable[[Path], dict[str, psutil.Process]]
# A stack has one Alertmanager, unless it is asked for two, and no PostgreSQL.
SERVICES: tuple[Service, ...] = tuple(
    service for service in get_args(Service) if service not in ("alertmanager_2", "postgres")
)


@pytest.fixture(scope="module")
def started(engines: Mapping[str, Engine]) -> Iterator[tuple[LocalStack, list[str]]]:
    """One whole stack for the tests that leave it as it was, and what it said while it started."""
    said: list[str] = []
    stack = LocalStack(engines, name=new_name("test"), speed=SPEED, observes_host=True)
    with closing(stack):
        stack.start(said.append)
        yield stack, said


@pytest.fixture
def stack(started: tuple[LocalStack, list[str]]) -> LocalStack:
    return started[0]


def test_when_it_has_started_the_heartbeat_was_told_and_nothing_twice(stack: LocalStack) -> None:
    """So Prometheus knows Alertmanager, and Alertmanager the sink: an alert would arrive."""
    sink = SinkClient(stack.addresses.sink, stack.secrets.sink_token)
    first = sink.wait(lambda n: n.receiver == "dead-mans-switch", 5.0, after=0)
    heartbeats = [n for n in sink.notifications() if n.receiver == "dead-mans-switch"]
    # The host may be busy with something else, and this stack observes it.
    others = [
        n
        for n in sink.notifications()
        if n.receiver != "dead-mans-switch" and n.common_labels.get("service") != "host"
    ]
    soon = [n for n in heartbeats if n.received_at < first.received_at + REPEAT_SECONDS]
    assert len(soon) == 1, "the heartbeat was told again before its repeat interval"
    assert [alert.labels["alertname"] for alert in first.alerts] == ["Watchdog"]
    assert others == []


def test_when_it_has_started_every_target_is_up_under_production_s_name(stack: LocalStack) -> None:
    prometheus = Prometheus(stack.addresses.prometheus)
    expected = {
        "prometheus:9090": "up",
        "alertmanager:9093": "up",
        "node-exporter:9100": "up",
        "redis-exporter:9121": "up",
        "api:4000": "up",
    }
    # Each was, or it had not started; a host that stalls may have cost one its latest scrape.
    wait_until(
        "every target to be up",
        lambda: (
            (seen := {t.instance: t.health for t in prometheus.targets()}) == expected,
            str(seen),
        ),
        within_seconds=10,
    )


def test_it_says_what_it_is_doing_while_it_starts(
    started: tuple[LocalStack, list[str]],
) -> None:
    assert started[1] == ["starting services", "waiting for scrapes and evaluations"]


def test_everything_listens_on_the_loopback_alone(stack: LocalStack, processes_of: Finder) -> None:
    listening = {
        (name, connection.laddr.ip)
        for name, process in processes_of(stack.directory).items()
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    }
    assert {address for _, address in listening} == {"127.0.0.1"}, listening
    assert len({name for name, _ in listening}) == len(SERVICES)


def test_secrets_are_in_files_that_only_the_owner_reads_and_in_no_command_line(
    stack: LocalStack, processes_of: Finder
) -> None:
    folder = stack.directory / "secrets"
    assert stack.directory.stat().st_mode & 0o077 == 0
    assert folder.stat().st_mode & 0o077 == 0
    tokens = [path.read_text() for path in folder.iterdir()]
    assert len(set(tokens)) == len(tokens) == 4
    for process in processes_of(stack.directory).values():
        assert not any(token in part for token in tokens for part in process.cmdline())


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_that_was_killed_comes_back_at_its_address(
    stack: LocalStack, service: Service
) -> None:
    before = stack.addresses
    probe = {
        "app": f"{before.app}/health",
        "gateway": f"{before.gateway}/health",
        "prometheus": f"{before.prometheus}/-/ready",
        "alertmanager": f"{before.alertmanager}/-/ready",
        "sink": f"{before.sink}/health",
        "toxiproxy": f"{before.toxiproxy}/version",
    }.get(service)
    stack.kill_service(service)
    assert not stack.running(service)
    assert stack.dead_services() == {}, "who was killed on purpose has not died by itself"
    if probe is not None:
        assert not answers(probe)[0]
    stack.kill_service(service)
    stack.start_service(service)
    assert stack.running(service)
    assert stack.addresses == before
    if probe is not None:
        assert answers(probe)[0]
    pid = stack._supervisor.processes()[service]["pid"]
    stack.start_service(service)
    assert stack._supervisor.processes()[service]["pid"] == pid, "it was started though it ran"


def test_after_redis_was_killed_the_app_and_its_proxy_find_the_new_one(stack: LocalStack) -> None:
    stack.kill_service("redis")
    wait_until(
        "the app to be without Redis",
        lambda: _is_ready(stack, ready=False),
        within_seconds=30,
    )
    stack.start_service("redis")
    assert redis_answers(stack.addresses.redis_port)[0]
    wait_until("the app to have Redis again", lambda: _is_ready(stack), within_seconds=30)


def _is_ready(stack: LocalStack, *, ready: bool = True) -> tuple[bool, str]:
    answer = requests.get(f"{stack.addresses.app}/health/ready", timeout=10)
    return (answer.status_code == 200) is ready, answer.text


def test_the_sink_keeps_what_it_was_told_when_it_is_killed(stack: LocalStack) -> None:
    sink = SinkClient(stack.addresses.sink, stack.secrets.sink_token)
    before = sink.notifications()
    stack.kill_service("sink")
    stack.start_service("sink")
    assert sink.notifications()[: len(before)] == before != []


def test_a_process_of_a_drill_ends_when_told_and_gives_its_exit_code(stack: LocalStack) -> None:
    stack.start_process("sleeper", ["sleep", "600"], {})
    assert stack.stop_process("sleeper") == -signal.SIGTERM
    assert stack.stop_process("sleeper") is None
    assert stack.dead_services() == {}


def test_two_stacks_at_once_share_nothing(stack: LocalStack, engines: Mapping[str, Engine]) -> None:
    with closing(LocalStack(engines, name=new_name("test"), speed=SPEED)) as other:
        other.start()
        mine, theirs = vars(stack.addresses), vars(other.addresses)
        # They share the host, and neither has a second Alertmanager.
        own = {v for k, v in mine.items() if k not in ("redis_host", "alertmanager_2")}
        assert not own & set(theirs.values())
        assert not set(vars(stack.secrets).values()) & set(vars(other.secrets).values())
        assert not answers(f"{other.addresses.sink}/notifications")[0]
        refused = requests.get(
            f"{other.addresses.sink}/notifications",
            headers={"Authorization": f"Bearer {stack.secrets.sink_token}"},
            timeout=5,
        )
        assert refused.status_code == 401
        (manager,) = Prometheus(other.addresses.prometheus).active_alertmanagers()
        assert manager.startswith(other.addresses.alertmanager)
        assert other.layers_absent == {
            "container": "there are no containers",
            "database": "orders are kept in SQLite",
            "system": "the host is shared with other drills",
        }
    assert answers(f"{stack.addresses.app}/health")[0]
