"""A real payment gateway, as a process, and what shops and operators ask of it."""

import os
import signal
import sys
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests
from mirakuru import HTTPExecutor

from stack.run.ports import PortLease

REPO = Path(__file__).parents[3]
TOKEN = "control-token"


class Gateway:
    """One gateway on a free port, keeping its charges in a file."""

    def __init__(self, folder: Path) -> None:
        self.ports = PortLease()
        self.port = self.ports.take()
        self.url = f"http://127.0.0.1:{self.port}"
        self.ledger_file = folder / "charges.jsonl"
        token_file = folder / "token"
        token_file.write_text(f"{TOKEN}\n")
        self.log = (folder / "gateway.log").open("ab")
        self.process = HTTPExecutor(
            [sys.executable, "-m", "stack.gateway"],
            url=f"{self.url}/health",
            envvars={
                "PYTHONPATH": str(REPO),
                "GATEWAY_PORT": str(self.port),
                "GATEWAY_CONTROL_TOKEN_FILE": str(token_file),
                "GATEWAY_LEDGER_FILE": str(self.ledger_file),
            },
            timeout=60,
            stdout=self.log,
            stderr=self.log,
        )
        self.session = requests.Session()

    def kill_and_restart(self) -> None:
        self.process.kill(sig=signal.SIGKILL)
        self.process.start()

    def charge(
        self, key: str | None = None, method: str = "card", amount_cents: int = 100
    ) -> requests.Response:
        return self.session.post(
            f"{self.url}/charges",
            json={"amount_cents": amount_cents, "method": method},
            headers={"Idempotency-Key": key or uuid.uuid4().hex},
            timeout=30,
        )

    def statuses(self, count: int, method: str = "card") -> list[int]:
        return [self.charge(method=method).status_code for _ in range(count)]

    def charges(self, **query: Any) -> dict[str, Any]:
        return self.session.get(f"{self.url}/charges", params=query, timeout=5).json()

    def control(
        self, method: str = "GET", setting: Any = None, token: str = TOKEN
    ) -> requests.Response:
        return requests.request(
            method,
            f"{self.url}/control",
            json=setting,
            headers={"Authorization": f"Bearer {token}"},
            timeout=5,
        )

    def disturb(self, **setting: float | str) -> dict[str, Any]:
        answer = self.control("PUT", setting)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def background(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(32)


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    gateway = Gateway(tmp_path_factory.mktemp("gateway"))
    gateway.process.start()
    try:
        yield gateway
    finally:
        if gateway.process.process is not None:
            os.killpg(gateway.process.process.pid, signal.SIGCONT)
            gateway.process.stop()
        gateway.log.close()
        gateway.ports.release()


@pytest.fixture
def gateway(process: Gateway) -> Iterator[Gateway]:
    """The gateway, healed before and after each test."""
    process.control("DELETE")
    yield process
    process.control("DELETE")
