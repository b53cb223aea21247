"""What the tests of the locustfiles share: an app as slow as one likes, and Locust as a process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import pytest

from stack.run.ports import PortLease

REPOSITORY = Path(__file__).parents[2]
ENDED_WITHIN_SECONDS = 120


class SlowApp:
    """Speaks as much of the ticket app's API as a visit needs, after a delay that can be set.

    `answers` replaces the status of an answer, by method and first two parts of the path.
    """

    def __init__(self) -> None:
        self.delay_seconds = 0.0
        self.admits = True
        self.answers: dict[str, int] = {}
        self.asked: Counter[str] = Counter()
        self.busy = 0
        self.connections = 0
        self.asked_at: list[float] = []
        self.payments: list[dict[str, Any]] = []
        self.idempotency_keys: list[str | None] = []
        self._lock = threading.Lock()
        app = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                super().setup()
                with app._lock:
                    app.connections += 1

            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                key = f"{self.command} {'/'.join(self.path.split('/')[:3])}"
                with app._lock:
                    app.asked[key] += 1
                    app.asked_at.append(time.monotonic())
                    app.busy += 1
                    if key == "POST /api/payments":
                        app.payments.append(json.loads(body))
                        app.idempotency_keys.append(self.headers.get("Idempotency-Key"))
                time.sleep(app.delay_seconds)
                with app._lock:
                    app.busy -= 1
                status, answer = app.answer(key, self.path)
                payload = b"" if status == 204 else json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(payload)))
                self.send_header("Location", "/elsewhere")
                self.end_headers()
                self.wfile.write(payload)

            do_GET = do_POST = do_DELETE = answer  # noqa: N815

            def log_message(self, *_: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            request_queue_size = 256

            def handle_error(self, *_: object) -> None:
                """Say nothing of clients that were stopped in the middle of an answer."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def answer(self, key: str, path: str) -> tuple[int, object]:
        event = {"id": 7, "name": "A concert", "price_cents": 100, "stock": 5}
        place = {"status": "admitted", "position": 0, "pass": "p"}
        if not self.admits:
            place = {"status": "waiting", "position": 1}
        status, answer = {
            "GET /api/events": (200, [event] if path == "/api/events" else event),
            "GET /elsewhere": (200, [event]),
            "POST /api/queue": (201, {"ticket": "t", "position": 1, "status": "waiting"}),
            "GET /api/queue": (200, place),
            "DELETE /api/queue": (204, None),
            "POST /api/orders": (201, {"id": 1, "status": "reserved"}),
            "POST /api/payments": (201, {"status": "paid"}),
        }[key]
        return self.answers.get(key, status), answer

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=10)


@dataclass
class LocustRun:
    """A Locust process and what it leaves."""

    process: subprocess.Popen[str]
    ledger_path: Path
    stats_path: Path
    output_path: Path
    web_url: str = ""
    returncode: int = field(default=-1)

    def output(self) -> str:
        return self.output_path.read_text(encoding="utf-8")

    def ledger(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.ledger_path.read_text("utf-8").splitlines()]

    def total(self, what: str) -> int:
        return sum(line[what] for line in self.ledger())

    def outcomes(self) -> Counter[str]:
        counts: Counter[str] = Counter()
        for line in self.ledger():
            counts.update(line["outcomes"])
        return counts

    def stats(self) -> list[dict[str, Any]]:
        return json.loads(self.stats_path.read_text(encoding="utf-8"))  # type: ignore[no-any-return]

    def seconds_written(self) -> int:
        return len(self.ledger()) if self.ledger_path.exists() else 0

    def wait(self) -> LocustRun:
        self.returncode = self.process.wait(timeout=ENDED_WITHIN_SECONDS)
        return self

    def end(self, signal_: signal.Signals) -> LocustRun:
        self.process.send_signal(signal_)
        return self.wait()


StartLocust = Callable[..., LocustRun]


@pytest.fixture
def ports() -> Iterator[PortLease]:
    """Ports at which nothing listens, for one test."""
    lease = PortLease()
    yield lease
    lease.release()


def wait_until(what: str, seen: Callable[[], Any], seconds: float = 60) -> Any:
    """Return the first true value of `seen`; fail after `seconds`, saying what was seen last."""
    until = time.monotonic() + seconds
    while not (last := seen()):
        assert time.monotonic() < until, f"waited {seconds} s for {what}; last saw {last!r}"
        time.sleep(0.05)
    return last


@pytest.fixture
def wait() -> Callable[..., Any]:
    return wait_until


@pytest.fixture
def slow_app() -> Iterator[SlowApp]:
    app = SlowApp()
    yield app
    app.close()


@pytest.fixture
def closed_port_url(ports: PortLease) -> str:
    """An address on this machine at which nothing listens."""
    return f"http://127.0.0.1:{ports.take()}"


@pytest.fixture
def start_locust(tmp_path: Path, ports: PortLease) -> Iterator[StartLocust]:
    """Start `locust -f locustfiles/PROFILE`, headless unless told otherwise; ended afterwards."""
    started: list[LocustRun] = []

    def start(
        profile: str,
        host: str | None,
        *options: str,
        headless: bool = True,
        environment: dict[str, str] | None = None,
    ) -> LocustRun:
        folder = tmp_path / f"run-{len(started)}"
        folder.mkdir()
        run_files = (folder / "ledger.jsonl", folder / "stats.json", folder / "output.txt")
        web_port = ports.take()
        command = [sys.executable, "-m", "locust", "-f", str(Path("locustfiles", profile))]
        command += ["--host", host] if host else []
        command += ["--headless", "--only-summary"] if headless else ["--web-port", str(web_port)]
        command += ["--json-file", str(folder / "stats"), "--exit-code-on-error", "0", *options]
        with run_files[2].open("w") as output:
            process = subprocess.Popen(
                command,
                cwd=REPOSITORY,
                env={**os.environ, "LOAD_LEDGER": str(run_files[0]), **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                text=True,
            )
        run = LocustRun(process, *run_files, web_url=f"http://127.0.0.1:{web_port}")
        started.append(run)
        return run

    yield start
    for run in started:
        if run.process.poll() is None:
            run.process.kill()
            run.process.wait(timeout=ENDED_WITHIN_SECONDS)


@dataclass
class Fleet:
    """A master and its workers, each a process as a user starts it."""

    master: LocustRun
    workers: list[LocustRun]
    start_worker: StartLocust

    def end(self) -> None:
        """Wait for the run's end; nobody shows a traceback."""
        self.master.wait()
        for run in (self.master, *self.workers):
            run.wait()
            assert "Traceback" not in run.output(), run.output()

    def full_seconds(self) -> list[dict[str, Any]]:
        """All but the last line, which is of a part of a second."""
        return [line for line in self.master.ledger() if line["seconds"] == 1.0]

    def assert_balanced(self) -> None:
        """What the ledger says of itself holds."""
        run = self.master
        assert run.total("offered") == run.total("started") + run.total("shed")
        assert run.total("started") == run.total("completed") + run.total("abandoned")
        assert run.ledger()[-1]["in_flight"] == 0

    def are_all_connected_to(self, url: str) -> bool:
        """Whether each worker has a connection to the app."""
        ports = [
            {
                c.raddr.port
                for c in psutil.Process(run.process.pid).net_connections("tcp")
                if c.raddr
            }
            for run in self.workers
        ]
        return all(urlsplit(url).port in remote for remote in ports)


@pytest.fixture
def start_fleet(start_locust: StartLocust, ports: PortLease) -> Callable[..., Fleet]:
    """Start a master and two workers by command line; headless begins with the second worker."""

    def start(
        profile: str,
        host: str | None,
        *options: str,
        headless: bool = True,
        worker_environments: Sequence[dict[str, str]] = ({}, {}),
        environment: dict[str, str] | None = None,
    ) -> Fleet:
        port = ports.take()

        def start_worker(environment: dict[str, str] | None = None) -> LocustRun:
            arguments = ("--worker", "--master-port", str(port))
            return start_locust(profile, None, *arguments, headless=False, environment=environment)

        count = len(worker_environments)
        master = start_locust(
            profile,
            host,
            *("--master", "--master-bind-port", str(port), "--expect-workers", str(count)),
            *options,
            headless=headless,
            environment=environment,
        )
        workers = [start_worker(environment) for environment in worker_environments]
        if not headless:
            wait_until("the workers", lambda: f"{count} workers connected" in master.output())
        return Fleet(master, workers, start_worker)

    return start
