"""``python -m stack up`` as a person uses it: addresses, load by hand, an end without remains."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path

import psutil
import pytest
import requests

from stack.run.ports import PortLease
from stack.run.supervisor import REPOSITORY

READY = "Ctrl-C ends it."
READY_WITHIN_SECONDS = 60.0
ENDED_WITHIN_SECONDS = 30.0
# Every profile of locustfiles/, with what makes a run of it end by itself after three seconds.
PROFILES: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(
        ("browse", "normal", "orders", "payments", "surge", "waiting_room"), ("-t", "3s")
    ),
    "sales_opening": (
        *("--quiet-seconds", "1", "--rush-seconds", "1", "--settle-seconds", "1"),
        *("--rush-per-second", "30"),
    ),
}


@cache
def ports() -> PortLease:
    """Held for all tests here: the stacks that are started lease ports, too, and not these."""
    return PortLease()


def free_port() -> int:
    return ports().take()


class Up:
    """``python -m stack up`` in a folder of nobody's, and what it has said so far."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "stack", "up", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        )
        self.lines: list[str] = []
        self._heard = threading.Condition()
        self._listener = threading.Thread(target=self._listen)
        self._listener.start()

    @property
    def said(self) -> str:
        return "\n".join(self.lines)

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self._heard:
                self.lines.append(line.rstrip("\n"))
                self._heard.notify_all()

    def until(self, text: str) -> None:
        """Wait for a line with this text."""
        with self._heard:
            assert self._heard.wait_for(
                lambda: any(text in line for line in self.lines), READY_WITHIN_SECONDS
            ), f"waited for {text!r}; it said:\n{self.said}"

    def family(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def directory(self) -> Path:
        """The stack's directory, from its guardian's command line."""
        for process in self.family():
            command = process.cmdline()
            if "stack.run.guardian" in command:
                return Path(command[command.index("--directory") + 1])
        raise AssertionError("it has no guardian")

    def wait(self) -> int:
        code = self.process.wait(ENDED_WITHIN_SECONDS)
        self._listener.join()
        return code

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
        self.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


@contextmanager
def up(folder: Path, *arguments: str) -> Iterator[Up]:
    running = Up(folder, *arguments)
    try:
        yield running
    finally:
        running.close()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """One stack for the tests that only look at it, or load it."""
    with up(tmp_path_factory.mktemp("up"), "--speed", "60", "--app-port", str(free_port())) as it:
        it.until(READY)
        yield it


def refused(folder: Path, *arguments: str) -> str:
    """What it says where it does not start, which is exit code 2 and no traceback."""
    with up(folder, *arguments) as it:
        assert it.wait() == 2, it.said
        assert "Traceback" not in it.said
        assert "starting services" not in it.said
        return it.said


@pytest.mark.engines
def test_every_address_it_prints_answers(running: Up) -> None:
    urls = re.findall(r"(?<!host )http://127\.0\.0\.1:\d+/\S+", running.said)
    assert len(urls) == 6, running.said
    token = re.search(r"Bearer (\S+)'", running.said)
    assert token is not None
    for url in urls:
        headers = {"Authorization": f"Bearer {token.group(1)}"} if "notifications" in url else {}
        answer = requests.get(url, headers=headers, timeout=5)
        assert answer.ok, f"{url}: {answer.status_code}"
    logs = re.search(r"logs +(\S+)", running.said)
    assert logs is not None
    assert (Path(logs.group(1)) / "prometheus.log").is_file()
    assert "60 times faster than production" in running.said


@pytest.mark.engines
def test_it_observes_the_host_too(running: Up) -> None:
    """Unlike in a drill beside others, nobody is disturbed: every rule is loaded."""
    address = re.search(r"Prometheus +(http://[^/]+)/", running.said)
    assert address is not None
    groups = requests.get(f"{address.group(1)}/api/v1/rules", timeout=5).json()["data"]["groups"]
    assert {group["name"] for group in groups} >= {"system", "application", "business", "meta"}


def test_the_profiles_below_are_all_there_are() -> None:
    profiles = {
        path.stem
        for path in (REPOSITORY / "locustfiles").glob("*.py")
        if re.search(r"^class \w+\(OpenUser\):", path.read_text(), re.MULTILINE)
    }
    assert profiles == set(PROFILES)


@pytest.fixture(scope="module")
def loaded(running: Up, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """Each profile, run headless with the command that the stack printed; its output folder."""
    said = re.search(r"locust -f locustfiles/normal\.py --host (\S+)", running.said)
    assert said is not None
    host = said.group(1)

    def load(profile: str) -> Path:
        folder = tmp_path_factory.mktemp(profile)
        with (folder / "output").open("w") as output:
            code = subprocess.run(
                [
                    *(sys.executable, "-m", "locust", "-f", f"locustfiles/{profile}.py"),
                    *("--host", host, "--headless", "--only-summary", *PROFILES[profile]),
                    *("--json-file", str(folder / "statistics")),
                ],
                stdout=output,
                stderr=output,
                cwd=REPOSITORY,
                env={**os.environ, "LOAD_LEDGER": str(folder / "ledger.jsonl")},
                timeout=90,
                check=False,
            ).returncode
        (folder / "code").write_text(str(code))
        return folder

    with ThreadPoolExecutor(2) as pool:
        return dict(zip(PROFILES, pool.map(load, PROFILES), strict=True))


@pytest.mark.engines
@pytest.mark.parametrize("profile", PROFILES)
def test_every_profile_loads_it_and_meets_no_answer_it_does_not_expect(
    profile: str, loaded: Mapping[str, Path]
) -> None:
    folder = loaded[profile]
    output = (folder / "output").read_text()
    assert (folder / "code").read_text() == "0", output
    assert "Traceback" not in output
    statistics = json.loads((folder / "statistics.json").read_text())
    assert sum(entry["num_requests"] for entry in statistics) > 0, output
    assert sum(entry["num_failures"] for entry in statistics) == 0, output
    seconds = [json.loads(line) for line in (folder / "ledger.jsonl").read_text().splitlines()]
    assert sum(second["completed"] for second in seconds) > 0, seconds
    assert sum(second["failed"] for second in seconds) == 0, seconds


@pytest.mark.engines
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_without_a_process_or_a_file_left(
    tmp_path: Path, number: signal.Signals
) -> None:
    with up(tmp_path, "--speed", "60", "--app-port", str(free_port())) as it:
        it.until(READY)
        family, directory = it.family(), it.directory()
        assert len(family) >= 10
        assert directory.is_dir()
        it.process.send_signal(number)
        assert it.wait() == 0, it.said
    _, alive = psutil.wait_procs(family, timeout=20)
    assert alive == []
    assert not directory.exists()
    assert it.lines[-1] == "the stack has ended"
    assert "Traceback" not in it.said


@pytest.mark.engines
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_it_starts_does_not_wait_until_it_has_started(
    tmp_path: Path, number: signal.Signals
) -> None:
    """At production's speed the first scrapes and evaluations take most of a minute."""
    with up(tmp_path, "--speed", "1", "--app-port", str(free_port())) as it:
        it.until("waiting for scrapes and evaluations")
        family, directory = it.family(), it.directory()
        it.process.send_signal(number)
        assert it.wait() == 0, it.said
    _, alive = psutil.wait_procs(family, timeout=20)
    assert alive == []
    assert not directory.exists()
    assert READY not in it.said
    assert "Traceback" not in it.said


@pytest.mark.engines
def test_killing_it_leaves_no_process_and_no_file(tmp_path: Path) -> None:
    with up(tmp_path, "--speed", "60", "--app-port", str(free_port())) as it:
        it.until(READY)
        family, directory = it.family(), it.directory()
        it.process.kill()
        it.wait()
        _, alive = psutil.wait_procs(family, timeout=20)
    assert alive == []
    assert not directory.exists()


@pytest.mark.engines
def test_a_service_that_dies_is_named_with_its_log_and_ends_it_all(tmp_path: Path) -> None:
    with up(tmp_path, "--speed", "60", "--app-port", str(free_port())) as it:
        it.until(READY)
        family, directory = it.family(), it.directory()
        (gateway,) = [process for process in family if "stack.gateway" in process.cmdline()]
        gateway.kill()
        assert it.wait() == 2
    assert "up: error: gateway ended by itself with exit code -9" in it.said
    _, alive = psutil.wait_procs(family, timeout=20)
    assert alive == []
    assert not directory.exists()


def test_a_port_in_use_is_named_with_the_way_out(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert refused(tmp_path, "--app-port", str(port)) == (
            f"up: error: port {port} on 127.0.0.1 is in use; end what listens there, or choose "
            "another with --app-port"
        )


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (("--app-port", "0"), "'0' is not a port from 1 to 65535"),
        (("--app-port", "65536"), "'65536' is not a port from 1 to 65535"),
        (("--app-port", "http"), "'http' is not a port from 1 to 65535"),
        (("--app-port", "²"), "'²' is not a port from 1 to 65535"),
        (("--speed", "x"), "up: error: a speed of 'x' is not a number; write such as 1, 20"),
        (("--speed", "0.5"), "slower than production; write 1 or more"),
        (("--speed", "-60"), "slower than production; write 1 or more"),
        (("--speed",), "expected one argument"),
        (("--sped", "60"), "unrecognized arguments: --sped"),
    ],
)
def test_an_option_that_makes_no_sense_is_refused_with_a_line(
    tmp_path: Path, arguments: tuple[str, ...], what: str
) -> None:
    assert what in refused(tmp_path, *arguments)


@pytest.mark.engines
def test_a_speed_that_the_configuration_cannot_bear_is_refused_and_leaves_nothing(
    tmp_path: Path,
) -> None:
    with ExitStack() as held:
        it = held.enter_context(up(tmp_path, "--speed", "100000", "--app-port", str(free_port())))
        assert it.wait() == 2
    assert "The largest whole speed that works is 150" in it.said
    assert "Traceback" not in it.said
    assert list(tmp_path.iterdir()) == []
