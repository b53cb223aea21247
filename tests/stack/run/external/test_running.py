"""An external stack's part on this host: the sink, a load, and nothing else."""

import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import get_args

import psutil
import pytest

from sink.client import SinkClient
from stack.run.external.running import ExternalStack
from stack.run.external.settings import ExternalSettings
from stack.run.external.way import LACKS, ExternalWay
from stack.run.ports import PortLease
from stack.run.stack import Service, StackError
from stack.run.waiting import wait_until
from stack.run.way import Feature, Wanted
from tests.stack.run.external.conftest import Remote

FAILED = (
    "# TYPE alertmanager_notification_requests_failed_total counter\n"
    'alertmanager_notification_requests_failed_total{{integration="webhook"}} {count}\n'
    'alertmanager_notification_requests_failed_total{{integration="slack"}} 9\n'
)


@pytest.fixture
def port() -> Iterator[int]:
    lease = PortLease()
    yield lease.take()
    lease.release()


@pytest.fixture
def settings(
    settings_of: Callable[..., ExternalSettings], remote: Remote, port: int
) -> ExternalSettings:
    # As much as may be allowed: a host that stalls makes the range wide in which a clock is.
    allowed = ("drills: drills", "drills: drills\nlargest_clock_difference: 100ms")
    return settings_of(allowed, prometheus=remote.url, alertmanager=remote.url, port=port)


@pytest.fixture
def stack(settings: ExternalSettings) -> Iterator[ExternalStack]:
    stack = ExternalWay(settings).stack(Wanted("test", 1.0, Path()))
    yield stack
    stack.close()


def test_its_sink_takes_notifications_with_the_token_of_the_file(stack: ExternalStack) -> None:
    stack.start()
    assert SinkClient(stack.addresses.sink, stack.secrets.sink_token).notifications() == []
    assert stack.dead_services() == {}


def guarded(stack: ExternalStack) -> set[psutil.Process]:
    """The stack's guardian, and what it has started."""
    guardian = psutil.Process(stack._supervisor.guardian_pid)
    return {guardian, *guardian.children(recursive=True)}


def test_nothing_is_left_when_it_is_closed(stack: ExternalStack) -> None:
    others = set(psutil.Process().children(recursive=True)) - guarded(stack)
    stack.start()
    started = set(psutil.Process().children(recursive=True)) - others
    assert len(started) >= 2
    stack.close()
    _, alive = psutil.wait_procs(started, timeout=5)
    assert alive == []
    assert not stack.directory.exists()


def test_a_sink_that_ends_is_seen(stack: ExternalStack) -> None:
    stack.start()
    stack._supervisor.send("sink", 9)
    wait_until(
        "the sink's end",
        lambda: (stack.dead_services() == {"sink": -9}, str(stack.dead_services())),
        within_seconds=5.0,
    )


def test_a_port_that_is_taken_is_told_with_the_field_to_correct(
    stack: ExternalStack, port: int
) -> None:
    # With what lets it have a port that another test's connections still linger at.
    with (
        socket.create_server(("127.0.0.1", port)),
        pytest.raises(StackError, match=r"external\.yml: sink\.listen"),
    ):
        stack.start()
    assert not stack.directory.exists()


def test_the_sink_of_another_run_is_not_taken_for_its_own(
    stack: ExternalStack, settings: ExternalSettings
) -> None:
    """It answers, with the same token; and this run must not even begin to heal what it causes."""
    stack.start()
    second = ExternalWay(settings).stack(Wanted("second", 1.0, Path()))
    with pytest.raises(StackError, match=r"sink\.listen: is the port free here, and no other run"):
        second.start()
    assert not second.directory.exists()
    assert SinkClient(stack.addresses.sink, stack.secrets.sink_token).notifications() == []


RULE = {"name": "Slow", "query": "a > 1", "type": "alerting"}
RULES = {"groups": [{"name": "a", "file": "a.yml", "interval": 15, "rules": [RULE]}]}


def test_what_is_changed_in_a_drill_leaves_it_without_a_verdict(
    stack: ExternalStack, remote: Remote
) -> None:
    stack.start()
    remote.answers["/api/v1/rules"] = RULES
    with pytest.raises(StackError, match=r"^since this drill began: .* has other rules: Slow came"):
        stack.doubts()


def test_a_drill_is_not_begun_on_another_configuration_than_the_run(
    settings: ExternalSettings, remote: Remote
) -> None:
    """What all drills were held against, what the report says was run, and coverage are of it."""
    way = ExternalWay(settings)
    way.prepare(print)
    remote.answers["/api/v1/rules"] = RULES
    later = way.stack(Wanted("later", 1.0, Path()))
    with pytest.raises(
        StackError, match=r"^since the run's first drill began: .* other rules: Slow"
    ):
        later.start()
    assert not later.directory.exists()


def test_what_cannot_be_read_any_more_may_have_changed(
    stack: ExternalStack, remote: Remote
) -> None:
    stack.start()
    del remote.answers["/api/v1/rules"]
    with pytest.raises(StackError, match="whether it is as it was cannot be read: Prometheus at"):
        stack.doubts()


def test_it_ends_and_starts_no_service_of_others(stack: ExternalStack) -> None:
    for service in get_args(Service):
        for act in (
            stack.kill_service,
            stack.start_service,
            stack.running,
            stack.container,
            stack.let_restart,
        ):
            with pytest.raises(StackError, match="runs elsewhere"):
                act(service)


def test_no_stressor_is_started_on_this_host(stack: ExternalStack) -> None:
    with pytest.raises(StackError, match="only a load"):
        stack.start_process("host_cpu", ["sleep", "60"], {})
    stack.start_process("load", ["sleep", "60"], {})
    assert stack.process_running("load")


def test_it_lacks_every_feature_and_says_what_to_do() -> None:
    assert LACKS.keys() == set(get_args(Feature))
    assert all(LACKS.values())


def test_clocks_that_differ_are_a_doubt_and_clocks_that_agree_none(
    stack: ExternalStack, remote: Remote
) -> None:
    stack.start()
    assert stack.doubts() == []
    remote.ahead_seconds = -0.5
    assert [doubt.partition(" at ")[0] for doubt in stack.doubts()] == [
        "the clock of Prometheus",
        "the clock of Alertmanager",
    ]


def test_deliveries_that_failed_while_nothing_arrived_are_a_doubt(
    stack: ExternalStack, remote: Remote
) -> None:
    remote.text["/metrics"] = FAILED.format(count=3)
    stack.start()
    assert stack.doubts() == []
    remote.text["/metrics"] = FAILED.format(count=5)
    (doubt,) = stack.doubts()
    assert doubt.startswith("2 webhook requests of Alertmanager at ")
    assert "can it reach the sink at http://drills.staging:9000?" in doubt
