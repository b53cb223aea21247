"""What goes wrong in a local stack is said with the place, and leaves no process and no file."""

import fcntl
import os
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, get_args
from urllib.parse import urlsplit

import psutil
import pytest

from stack.run.engines import Engine
from stack.run.local import LocalStack, new_name
from stack.run.ports import BLOCK, FIRST_PORT, LAST_PORT
from stack.run.readiness import READY_WITHIN_SECONDS
from stack.run.stack import Service, StackError
from stack.run.waiting import wait_until

pytestmark = pytest.mark.engines

SPEED = 60.0
Edit = Callable[[str, str, str], None]
Finder = Callable[[Path], dict[str, psutil.Process]]
# A stack has one Alertmanager, unless it is asked for two, and no PostgreSQL.
SERVICES: tuple[Service, ...] = tuple(
    service for service in get_args(Service) if service not in ("alertmanager_2", "postgres")
)


def test_a_service_that_dies_by_itself_is_named_with_its_exit_code_and_log(
    engines: Mapping[str, Engine], processes_of: Finder
) -> None:
    with closing(LocalStack(engines, name=new_name("test"), speed=SPEED)) as stack:
        stack.start()
        assert stack.dead_services() == {}
        processes_of(stack.directory)["sink"].kill()
        wait_until(
            "the death of the sink to be noticed",
            lambda: (stack.dead_services() == {"sink": -9}, str(stack.dead_services())),
            within_seconds=20,
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
    engines: Mapping[str, Engine], part: str, processes_of: Finder
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
            'summary: "Redis behind {{ $labels.instance }} does not answer',
            'summary: "Redis behind {{ nosuch $labels.instance }} does not answer',
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
    engines: Mapping[str, Engine],
    source: Path,
    edit: Edit,
    file: str,
    old: str,
    new: str,
    said: list[str],
    processes_of: Finder,
) -> None:
    edit(file, old, new)
    stack = LocalStack(engines, name=new_name("test"), speed=SPEED, source=source)
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
    assert time.monotonic() - began < READY_WITHIN_SECONDS, "it was waited for though it had ended"
    assert not stack.directory.exists()


def test_closing_leaves_no_process_and_no_directory_and_may_be_done_twice(
    engines: Mapping[str, Engine], processes_of: Finder
) -> None:
    stack = LocalStack(engines, name=new_name("test"), speed=SPEED, observes_host=True)
    stack.start()
    processes = processes_of(stack.directory)
    assert len(processes) == len(SERVICES)
    stack.close()
    stack.close()
    _, alive = psutil.wait_procs(processes.values(), timeout=20)
    assert alive == []
    assert not stack.directory.exists()


def test_closing_before_starting_leaves_nothing(engines: Mapping[str, Engine]) -> None:
    stack = LocalStack(engines, name=new_name("test"), speed=SPEED)
    assert stack.directory.is_dir()
    stack.close()
    assert not stack.directory.exists()


def test_killing_the_guardian_leaves_no_process_and_no_directory_after_closing(
    engines: Mapping[str, Engine], processes_of: Finder
) -> None:
    """As when the kernel runs out of memory: the orphans are ended, and the files go."""
    stack = LocalStack(engines, name=new_name("test"), speed=SPEED)
    with closing(stack):
        stack.start()
        processes = processes_of(stack.directory)
        os.kill(stack._supervisor.guardian_pid, signal.SIGKILL)
        with pytest.raises(StackError, match="guardian"):
            stack.running("redis")
    _, alive = psutil.wait_procs(processes.values(), timeout=20)
    assert alive == []
    assert not stack.directory.exists()


def test_without_a_free_block_of_ports_no_directory_is_made(
    engines: Mapping[str, Engine], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
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
