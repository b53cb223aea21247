"""The payment gateway as the API calls it: one charge, one outcome, never an exception."""

import enum
import json
import threading
from dataclasses import dataclass
from time import perf_counter

from urllib3 import BaseHTTPResponse, PoolManager, Timeout
from urllib3.exceptions import HTTPError, NewConnectionError, TimeoutError

from stack.app.metrics import Metrics


class Outcome(enum.Enum):
    """What is known of a charge after asking. Only the first two are definite."""

    SUCCEEDED = "succeeded"
    DECLINED = "declined"
    ERROR = "error"
    TIMEOUT = "timeout"


@dataclass(frozen=True)
class Charge:
    """The outcome of asking for a charge; `id` is the gateway's, where it succeeded."""

    outcome: Outcome
    id: str | None = None

    @property
    def is_definite(self) -> bool:
        """Whether asking again with the same key could not bring another outcome."""
        return self.outcome in (Outcome.SUCCEEDED, Outcome.DECLINED)


class GatewayClient:
    """Asks the gateway for charges, at most `most_at_once` of them for customers.

    The limit keeps a slow gateway from holding every worker of the API.
    """

    def __init__(
        self, url: str, timeout_seconds: float, most_at_once: int, metrics: Metrics
    ) -> None:
        self._url = url.rstrip("/")
        self._timeout_seconds = timeout_seconds
        self._metrics = metrics
        self._pool = PoolManager(
            num_pools=1,
            maxsize=most_at_once + 2,
            timeout=Timeout(total=timeout_seconds),
            retries=False,
        )
        self.slots = threading.BoundedSemaphore(most_at_once)

    @property
    def longest_charge_seconds(self) -> float:
        """How long `charge` may take, with a margin for a process that is starved of CPU."""
        return self._timeout_seconds * 2 + 2

    def charge(self, idempotency_key: str, amount_cents: int, method: str) -> Charge:
        """Charge, or learn what became of the charge that was asked for with this key before."""
        started = perf_counter()
        try:
            answer = self._pool.request(
                "POST",
                f"{self._url}/charges",
                body=json.dumps({"amount_cents": amount_cents, "method": method}),
                headers={"Content-Type": "application/json", "Idempotency-Key": idempotency_key},
            )
        except NewConnectionError:  # refused; to urllib3 it is a kind of timeout
            return Charge(Outcome.ERROR)
        except TimeoutError:
            return Charge(Outcome.TIMEOUT)
        except HTTPError:
            return Charge(Outcome.ERROR)
        finally:
            self._metrics.gateway_duration.observe(perf_counter() - started)
        return _read(answer)

    def is_healthy(self, timeout_seconds: float) -> bool:
        """Whether the gateway says so itself, within the time given."""
        try:
            answer = self._pool.request(
                "GET", f"{self._url}/health", timeout=Timeout(total=timeout_seconds)
            )
        except HTTPError:
            return False
        return answer.status == 200


def _read(answer: BaseHTTPResponse) -> Charge:
    if answer.status == 402:
        return Charge(Outcome.DECLINED)
    if answer.status == 201:
        try:
            charge_id = json.loads(answer.data)["id"]
        except (ValueError, KeyError, TypeError):
            return Charge(Outcome.ERROR)
        if isinstance(charge_id, str):
            return Charge(Outcome.SUCCEEDED, charge_id)
    return Charge(Outcome.ERROR)
