"""A local stack starts ready to be trusted, keeps its addresses, and says what goes wrong in it."""

import os
import signal
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, get_args
from urllib.parse import urlsplit

import psutil
import pytest
import requests

from sink.client import SinkClient
from stack.observe.prometheus import Prometheus
from stack.run.engines import Engine, require
from stack.run.local import ENGINES, LocalStack, new_name, redis_answers
from stack.run.stack import Service, StackError
from stack.run.waiting import wait_until

pytestmark = pytest.mark.engines

SPEED = 60.0
REPEAT_SECONDS = 300 / SPEED
SERVICES: tuple[Service, ...] = get_args(Service)


@pytest.fixture(scope="module")
def engines() -> Mapping[str, Engine]:
    return require(ENGINES, print)


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


def processes_of(directory: Path) -> dict[str, psutil.Process]:
    """The living processes of a stack, by the name of their program or module."""
    found = {}
    for process in psutil.Process().children(recursive=True):
        try:
            command, cwd = process.cmdline(), Path(process.cwd())
        except psutil.Error:
            continue
        if command and cwd.is_relative_to(directory):
            is_module = command[1:2] == ["-m"]
            found[command[2] if is_module else Path(command[0]).name] = process
    return found


def answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=2).ok
    except requests.RequestException:
        return False


def test_when_it_has_started_the_heartbeat_was_told_and_nothing_twice(stack: LocalStack) -> None:
    """So Prometheus knows Alertmanager, and Alertmanager the sink: an alert would arrive."""
    sink = SinkClient(stack.addresses.sink, stack.secrets.sink_token)
    first = sink.wait(lambda n: n.receiver == "dead-mans-switch", 5.0, after=0)
    heartbeats = [n for n in sink.notifications() if n.receiver == "dead-mans-switch"]
    others = [n for n in sink.notifications() if n.receiver != "dead-mans-switch"]
    soon = [n for n in heartbeats if n.received_at < first.received_at + REPEAT_SECONDS]
    assert len(soon) == 1, "the heartbeat was told again before its repeat interval"
    assert [alert.labels["alertname"] for alert in first.alerts] == ["Watchdog"]
    assert others == []


def test_when_it_has_started_every_target_is_up_under_production_s_name(stack: LocalStack) -> None:
    targets = {t.instance: t.health for t in Prometheus(stack.addresses.prometheus).targets()}
    assert targets == {
        "prometheus:9090": "up",
        "alertmanager:9093": "up",
        "node-exporter:9100": "up",
        "redis-exporter:9121": "up",
        "api:4000": "up",
    }


def test_it_says_what_it_is_doing_while_it_starts(
    started: tuple[LocalStack, list[str]],
) -> None:
    assert started[1] == ["starting services", "waiting for scrapes and evaluations"]


def test_everything_listens_on_the_loopback_alone(stack: LocalStack) -> None:
    listening = {
        (name, connection.laddr.ip)
        for name, process in processes_of(stack.directory).items()
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    }
    assert {address for _, address in listening} == {"127.0.0.1"}, listening
    assert len({name for name, _ in listening}) == len(SERVICES)


def test_secrets_are_in_files_that_only_the_owner_reads_and_in_no_command_line(
    stack: LocalStack,
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
        assert not answers(probe)
    stack.kill_service(service)
    stack.start_service(service)
    assert stack.running(service)
    assert stack.addresses == before
    if probe is not None:
        assert answers(probe)
    pid = stack._supervisor.processes()[service]["pid"]
    stack.start_service(service)
    assert stack._supervisor.processes()[service]["pid"] == pid, "it was started though it ran"


def test_after_redis_was_killed_the_app_and_its_proxy_find_the_new_one(stack: LocalStack) -> None:
    stack.kill_service("redis")
    wait_until(
        "the app to be without Redis",
        lambda: _is_ready(stack, ready=False),
        within_seconds=10,
    )
    stack.start_service("redis")
    assert redis_answers(stack.addresses.redis_port)[0]
    wait_until("the app to have Redis again", lambda: _is_ready(stack), within_seconds=10)


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


def test_a_service_that_dies_by_itself_is_named_with_its_exit_code_and_log(
    engines: Mapping[str, Engine],
) -> None:
    with closing(LocalStack(engines, name=new_name("test"), speed=SPEED)) as stack:
        stack.start()
        assert stack.dead_services() == {}
        processes_of(stack.directory)["sink"].kill()
        wait_until(
            "the death of the sink to be noticed",
            lambda: (stack.dead_services() == {"sink": -9}, str(stack.dead_services())),
            within_seconds=5,
        )
        assert "listening on" in stack.process_log("sink")


class Stranger:
    """A server on somebody else's port that answers 200 to whatever it is asked."""

    def __init__(self, port: int) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.mark.parametrize(
    "part", ["app", "app_metrics", "gateway", "prometheus", "sink", "toxiproxy"]
)
def test_a_port_that_somebody_else_has_is_named_and_nothing_is_left(
    engines: Mapping[str, Engine], part: str
) -> None:
    """Even where the stranger answers as our service would, and ours does not end for it."""
    stack = LocalStack(engines, name=new_name("test"), speed=SPEED)
    port = urlsplit(getattr(stack.addresses, part)).port
    assert port is not None
    with closing(Stranger(port)), pytest.raises(StackError) as caught:
        stack.start()
    assert f"port {port} ({part})" in str(caught.value)
    assert "in use by another program" in str(caught.value)
    assert processes_of(stack.directory) == {}
    assert not stack.directory.exists()


def spoiled(source: Path, file: str, old: str, new: str) -> Path:
    path = source / file
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))
    return source


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        pytest.param(
            "prometheus/rules/application.yml",
            "        expr: redis_up == 0",
            "       expr: redis_up == 0",
            ["prometheus/rules/application.yml:6: "],
            id="YAML",
        ),
        pytest.param(
            "prometheus/rules/application.yml",
            "redis_up == 0",
            "redis_up == ",
            ["prometheus/rules/application.yml:6: ", "RedisDown"],
            id="PromQL",
        ),
        pytest.param(
            "prometheus/rules/application.yml",
            'summary: "Redis behind {{ $labels.instance }}',
            'summary: "Redis behind {{ nosuch $labels.instance }}',
            ["prometheus did not start: ", "application.yml", "nosuch"],
            id="a template that only Prometheus can judge",
        ),
        pytest.param(
            "alertmanager/alertmanager.yml",
            "route:\n  receiver: platform-chat",
            "route:\n  receiver: platform-chatt",
            ["alertmanager did not start: ", "platform-chatt"],
            id="a receiver that only Alertmanager misses",
        ),
    ],
)
def test_a_mistake_in_the_configuration_is_told_where_it_stands(
    engines: Mapping[str, Engine], source: Path, file: str, old: str, new: str, said: list[str]
) -> None:
    stack = LocalStack(
        engines, name=new_name("test"), speed=SPEED, source=spoiled(source, file, old, new)
    )
    with pytest.raises(StackError) as caught:
        stack.start()
    for text in said:
        assert text in str(caught.value)
    assert not stack.directory.exists()
    assert processes_of(stack.directory) == {}


def test_an_app_that_cannot_start_with_its_settings_is_named_with_its_log(
    engines: Mapping[str, Engine],
) -> None:
    stack = LocalStack(
        engines, name=new_name("test"), speed=SPEED, app_settings={"APP_THREADS": "many"}
    )
    began = time.monotonic()
    with pytest.raises(StackError) as caught:
        stack.start()
    assert "app did not start" in str(caught.value)
    assert "APP_THREADS" in str(caught.value)
    assert time.monotonic() - began < 20, "it was waited for though it had ended"
    assert not stack.directory.exists()


def test_closing_leaves_no_process_and_no_directory_and_may_be_done_twice(
    engines: Mapping[str, Engine],
) -> None:
    stack = LocalStack(engines, name=new_name("test"), speed=SPEED, observes_host=True)
    stack.start()
    processes = processes_of(stack.directory)
    assert len(processes) == len(SERVICES)
    stack.close()
    stack.close()
    _, alive = psutil.wait_procs(processes.values(), timeout=5)
    assert alive == []
    assert not stack.directory.exists()


def test_closing_before_starting_leaves_nothing(engines: Mapping[str, Engine]) -> None:
    stack = LocalStack(engines, name=new_name("test"), speed=SPEED)
    assert stack.directory.is_dir()
    stack.close()
    assert not stack.directory.exists()


def test_killing_the_guardian_leaves_no_process_and_no_directory_after_closing(
    engines: Mapping[str, Engine],
) -> None:
    """As when the kernel runs out of memory: the orphans are ended, and the files go."""
    stack = LocalStack(engines, name=new_name("test"), speed=SPEED)
    with closing(stack):
        stack.start()
        processes = processes_of(stack.directory)
        os.kill(stack._supervisor.guardian_pid, signal.SIGKILL)
        with pytest.raises(StackError, match="guardian"):
            stack.running("redis")
    _, alive = psutil.wait_procs(processes.values(), timeout=5)
    assert alive == []
    assert not stack.directory.exists()


def test_two_stacks_at_once_share_nothing(stack: LocalStack, engines: Mapping[str, Engine]) -> None:
    with closing(LocalStack(engines, name=new_name("test"), speed=SPEED)) as other:
        other.start()
        mine, theirs = vars(stack.addresses), vars(other.addresses)
        assert not {v for k, v in mine.items() if k != "redis_host"} & set(theirs.values())
        assert not set(vars(stack.secrets).values()) & set(vars(other.secrets).values())
        assert not answers(f"{other.addresses.sink}/notifications")
        refused = requests.get(
            f"{other.addresses.sink}/notifications",
            headers={"Authorization": f"Bearer {stack.secrets.sink_token}"},
            timeout=5,
        )
        assert refused.status_code == 401
        (manager,) = Prometheus(other.addresses.prometheus).active_alertmanagers()
        assert manager.startswith(other.addresses.alertmanager)
        assert other.layers_absent == {"system": "the host is shared with other drills"}
    assert answers(f"{stack.addresses.app}/health")


def test_without_a_free_block_of_ports_no_directory_is_made(
    engines: Mapping[str, Engine], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import fcntl  # noqa: PLC0415

    from stack.run.ports import BLOCK, FIRST_PORT, LAST_PORT  # noqa: PLC0415

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    leases = tmp_path / f"flash-drills-ports-{os.getuid()}"
    leases.mkdir()
    with ExitStack() as held:
        for first in range(FIRST_PORT, LAST_PORT - BLOCK, BLOCK):
            lock = held.enter_context((leases / str(first)).open("w"))
            fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(StackError, match=f"between {FIRST_PORT} and {LAST_PORT}"):
            LocalStack(engines, name=new_name("test"), speed=SPEED)
    assert list(tmp_path.iterdir()) == [leases]
