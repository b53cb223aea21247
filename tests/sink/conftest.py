"""Real sink processes for the tests, and payloads as Alertmanager sends them."""

import copy
import json
import os
import queue
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests

from sink.client import SinkClient

ROOT = Path(__file__).parents[2]
TOKEN = "a-token-for-tests"
START_SECONDS = 60.0
STOP_SECONDS = 20.0

PAYLOAD: dict[str, Any] = {
    "version": "4",
    "groupKey": '{}/{severity="page"}:{alertname="PaymentFailureRatioHigh"}',
    "truncatedAlerts": 0,
    "status": "firing",
    "receiver": "pages",
    "groupLabels": {"alertname": "PaymentFailureRatioHigh"},
    "commonLabels": {"alertname": "PaymentFailureRatioHigh", "severity": "page"},
    "commonAnnotations": {"summary": "Payments fail"},
    "externalURL": "http://alertmanager.test",
    "notification_reason": "first notification",
    "alerts": [
        {
            "status": "firing",
            "labels": {"alertname": "PaymentFailureRatioHigh", "method": "card"},
            "annotations": {"summary": "Payments fail"},
            "startsAt": "2026-11-22T17:00:00.123456789Z",
            "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": "http://prometheus.test/graph",
            "fingerprint": "c1f2d3e4a5b60718",
        }
    ],
}


class Sink:
    """One sink process, its address, and what it wrote."""

    def __init__(
        self,
        directory: Path,
        token_file: Path,
        *,
        port: int = 0,
        arguments: Sequence[str] = (),
    ) -> None:
        self.directory = directory
        self.token_file = token_file
        self._arguments = arguments
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "sink", "--port", str(port)),
                *("--directory", str(directory), "--token-file", str(token_file), *arguments),
            ],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            cwd=directory.parent,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.written: list[str] = []
        listening: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read_log, args=(listening,), daemon=True).start()
        line = listening.get(timeout=START_SECONDS)
        if "listening on http://" not in line:
            raise RuntimeError("the sink ended before it listened:\n" + "".join(self.written))
        self.url = line.split("listening on ")[1].split(",")[0]
        self.port = int(self.url.rpartition(":")[2])

    def _read_log(self, listening: queue.Queue[str]) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.written.append(line)
            if "listening on" in line:
                listening.put(line)
        listening.put("ended")

    @property
    def journal(self) -> Path:
        return self.directory / "notifications.jsonl"

    def request(self, method: str, path: str, **options: Any) -> requests.Response:
        """A request with the right token, on a connection of its own, past any proxy."""
        options.setdefault("timeout", 30)
        headers = {"Authorization": f"Bearer {TOKEN}", **options.pop("headers", {})}
        with requests.Session() as session:
            session.trust_env = False
            return session.request(method, self.url + path, headers=headers, **options)

    def post(self, body: Any, receiver: str = "pages", **options: Any) -> requests.Response:
        return self.request("POST", f"/receivers/{receiver}/webhook", data=body, **options)

    def get(self, path: str, **parameters: Any) -> requests.Response:
        return self.request("GET", path, params=parameters)

    def refusals(self) -> list[dict[str, Any]]:
        refusals: list[dict[str, Any]] = self.get("/refusals").json()["refusals"]
        return refusals

    def client(self, timeout_seconds: float = 10.0) -> SinkClient:
        return SinkClient(self.url, TOKEN, timeout_seconds)

    def limit_file_size(self, size_bytes: int) -> None:
        """No file can grow beyond this: a write stops half-way there, as on a full disk."""
        psutil.Process(self.process.pid).rlimit(
            psutil.RLIMIT_FSIZE, (size_bytes, psutil.RLIM_INFINITY)
        )

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(STOP_SECONDS)

    def stop(self) -> int:
        self.process.terminate()
        return self.process.wait(STOP_SECONDS)

    def started_again(self) -> "Sink":
        """A new process on the same directory and port."""
        return Sink(self.directory, self.token_file, port=self.port, arguments=self._arguments)


@pytest.fixture
def token_file(tmp_path: Path) -> Path:
    path = tmp_path / "token"
    path.write_text(TOKEN + "\n")
    return path


@pytest.fixture
def start_sink(tmp_path: Path, token_file: Path) -> Iterator[Callable[..., Sink]]:
    """Starts sinks, by default on one directory, and ends them all after the test."""
    started: list[Sink] = []

    def start(*arguments: str, again: Sink | None = None, directory: str = "sink") -> Sink:
        if again is not None:
            started.append(again.started_again())
        else:
            started.append(Sink(tmp_path / directory, token_file, arguments=arguments))
        return started[-1]

    yield start
    for sink in started:
        sink.kill()


@pytest.fixture
def sink(start_sink: Callable[..., Sink]) -> Sink:
    return start_sink()


@pytest.fixture(scope="module")
def shared_sink(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sink]:
    """One sink for all tests of a file that prove that it stores nothing."""
    directory = tmp_path_factory.mktemp("shared")
    (directory / "token").write_text(TOKEN)
    sink = Sink(directory / "sink", directory / "token")
    yield sink
    sink.kill()


@pytest.fixture
def payload() -> Callable[..., bytes]:
    """A webhook body as Alertmanager writes it, with fields replaced, added or (None) left out."""

    def build(**changes: Any) -> bytes:
        fields = {**copy.deepcopy(PAYLOAD), **changes}
        return json.dumps(
            {name: value for name, value in fields.items() if value is not None}
        ).encode()

    return build


@pytest.fixture
def half_sent(sink: Sink) -> Iterator[Callable[[bytes], socket.socket]]:
    """Opens connections that post all of a body but its last byte."""
    opened: list[socket.socket] = []

    def send(body: bytes) -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", sink.port), timeout=30)
        opened.append(connection)
        connection.sendall(
            b"POST /receivers/pages/webhook HTTP/1.1\r\nHost: sink\r\nConnection: close\r\n"
            b"Authorization: Bearer %b\r\nContent-Length: %d\r\n\r\n%b"
            % (TOKEN.encode(), len(body), body[:-1])
        )
        return connection

    yield send
    for connection in opened:
        connection.close()
