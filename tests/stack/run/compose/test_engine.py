"""Docker's engine for drills: the one that its commands use, of this host, and no other."""

import json
import os
import shlex
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingUnixStreamServer

import pytest

from stack.run.compose import engine
from stack.run.compose.containers import Containers, somebody_elses
from stack.run.compose.engine import address, client
from stack.run.compose.images import COMPOSE_FILE, images_of, refuse_others
from stack.run.compose.project import COMPOSE, WITHIN
from stack.run.stack import StackError
from tests.docker import DOCKER, STANDINS

ANOTHER_MACHINE = "tcp://192.0.2.1:2376"
ASK_SECONDS = 30


@pytest.fixture(autouse=True)
def nobodys_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The commands alone, without an engine and without the contexts of who runs the tests."""
    if shutil.which(DOCKER) is None:
        pytest.skip("there is no docker on PATH")
    plugins = Path(os.environ.get("DOCKER_CONFIG", Path.home() / ".docker")) / "cli-plugins"
    if plugins.is_dir():
        (tmp_path / "cli-plugins").symlink_to(plugins)
    for name in ("DOCKER_HOST", "DOCKER_CONTEXT", "COMPOSE_PROFILES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))


def new_context(name: str, host: str) -> None:
    command = [DOCKER, "context", "create", name, "--docker", f"host={host}"]
    subprocess.run(command, check=True, capture_output=True, timeout=ASK_SECONDS)


def need_compose() -> None:
    command = [DOCKER, "compose", "version"]
    if subprocess.run(command, capture_output=True, timeout=ASK_SECONDS, check=False).returncode:
        pytest.skip("docker has no compose command")


def test_an_engine_of_another_machine_is_refused_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DOCKER_HOST", ANOTHER_MACHINE)
    with pytest.raises(StackError) as told:
        client()
    assert ANOTHER_MACHINE in str(told.value)
    assert "unset DOCKER_HOST" in str(told.value)


def test_a_context_of_another_machine_is_refused_too(monkeypatch: pytest.MonkeyPatch) -> None:
    new_context("staging", "ssh://somebody@192.0.2.1")
    monkeypatch.setenv("DOCKER_CONTEXT", "staging")
    with pytest.raises(StackError, match=r"ssh://somebody@192\.0\.2\.1"):
        client()


def test_the_engine_of_the_context_is_asked_and_not_the_usual_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As that of a user without root has it: its commands find it there."""
    socket = f"unix://{tmp_path}/rootless.sock"
    new_context("rootless", socket)
    monkeypatch.setenv("DOCKER_CONTEXT", "rootless")
    assert address() == socket
    with pytest.raises(StackError, match="engine does not answer"):
        client()


def test_an_override_that_leaves_out_a_service_is_refused_and_names_it(tmp_path: Path) -> None:
    """Its alerts could not fire then, and their silence would prove nothing."""
    need_compose()
    without = tmp_path / "without.yaml"
    without.write_text("services: {cadvisor: {profiles: [other]}, redis: {profiles: [other]}}\n")
    # What the API depends on cannot be left out: compose refuses that itself.
    with pytest.raises(StackError, match="redis"):
        images_of((COMPOSE_FILE, without), "flash-drills")
    without.write_text("services: {cadvisor: {profiles: [other]}}\n")
    with pytest.raises(StackError, match="leave out cadvisor, without which no drill"):
        images_of((COMPOSE_FILE, STANDINS, without), "flash-drills")


def test_profiles_of_the_environment_add_nothing_to_a_drill_s_stack(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Or load that no drill knows of would come from containers of its own."""
    need_compose()
    monkeypatch.setenv("COMPOSE_PROFILES", "load")

    def services(command: str) -> set[str]:
        asked = [*shlex.split(command), "--file", str(COMPOSE_FILE), "config", "--services"]
        done = subprocess.run(
            asked, check=True, capture_output=True, text=True, timeout=ASK_SECONDS
        )
        return set(done.stdout.split())

    assert "locust-worker" in services("docker compose")
    assert "locust-worker" not in services(COMPOSE)
    assert "prometheus" in services(COMPOSE)


@pytest.fixture
def hanging_engine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Says which version it is, and then nothing more."""
    over = threading.Event()

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if not self.path.endswith("/version"):
                over.wait(30)
                return
            answer = json.dumps({"ApiVersion": "1.41", "Version": "20.10"}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """The address of a client by a socket in a file is no pair, as it would be told."""

    socket = tmp_path / "engine.sock"
    with ThreadingUnixStreamServer(str(socket), Answers) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        monkeypatch.setenv("DOCKER_HOST", f"unix://{socket}")
        monkeypatch.setattr(engine, "ASK_SECONDS", 1)
        yield
        over.set()
        server.shutdown()
        thread.join()


@pytest.mark.usefixtures("hanging_engine")
def test_an_engine_that_hangs_is_an_error_in_time_and_no_traceback() -> None:
    for ask in (
        lambda: somebody_elses("flash-tickets-api"),
        lambda: refuse_others({"flash-tickets/api": "sha256:0"}),
        lambda: Containers("nobodys").kill("redis"),
        lambda: Containers("nobodys").dead(),
    ):
        with pytest.raises(StackError, match=r"engine did not .*timed out"):
            ask()


def test_a_command_that_hangs_is_ended_and_said() -> None:
    """pytest-docker itself waits for compose for ever."""
    started = shlex.split(COMPOSE)
    assert started[:2] == [sys.executable, str(WITHIN)]
    slow = [*started[:2], "0.2", sys.executable, "-c", "import signal; signal.pause()"]
    done = subprocess.run(slow, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 124
    assert done.stderr.startswith("not at its end after 0.2 s: ")


def test_a_command_that_ends_keeps_its_exit_code() -> None:
    command = [sys.executable, str(WITHIN), "60", sys.executable, "-c", "raise SystemExit(7)"]
    assert subprocess.run(command, timeout=60, check=False).returncode == 7
