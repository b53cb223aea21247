"""Surges: more people than usual, as faults. They are load, so they are real arrivals."""

import time
from dataclasses import dataclass
from typing import ClassVar

import requests
from prometheus_client.parser import text_string_to_metric_families

from scenarios.load import Load, ledger, read_ledger
from stack.faults.disturbance import Disturbance
from stack.faults.fault import FaultError, Readback
from stack.observe.session import session_for
from stack.run.stack import Stack, StackError

REQUEST_TIMEOUT_SECONDS = 5.0
WAITING_METRIC = "queue_waiting_users_total"
# The app's admission rate where nobody sets one.
USUAL_PER_SECOND = 50.0
# A rate counts as reached when this part of it was offered in the last full second.
REACHED_RATIO = 0.9


@dataclass(frozen=True)
class OrderSurge(Disturbance):
    """More orders a second than before, on top of the drill's own load.

    Joining, being admitted and ordering takes a visitor about a second.
    """

    name: ClassVar[str] = "order_surge"

    orders_per_second: float

    @property
    def lag_seconds(self) -> float:
        return 1.0

    @property
    def heal_lag_seconds(self) -> float:
        return 1.0

    def inject(self, stack: Stack) -> None:
        start_load(Load("orders", self.orders_per_second), stack, self.name)

    def read_back(self, stack: Stack) -> Readback:
        seconds = read_ledger(ledger(stack, self.name), self.name)
        started = seconds[-1].started if seconds else 0.0
        return Readback(
            started >= REACHED_RATIO * self.orders_per_second,
            f"{started:g} of {self.orders_per_second:g} orders a second begun",
        )

    def heal(self, stack: Stack) -> None:
        stack.stop_process(self.name)

    def read_back_healed(self, stack: Stack) -> Readback:
        ended = stack.stop_process(self.name) is None
        return Readback(ended, "the load has ended" if ended else "the load had to be ended")


@dataclass(frozen=True)
class QueueSurge(Disturbance):
    """``waiting`` people join the waiting room at ``fill_per_second``, then as many as leave it.

    They are let in at ``admitted_per_second``; 0 is an admission that stands still. Healed as an
    on-call person would: the surge ends and admission is raised until the queue is empty; then the
    usual rate is set. The app keeps the gauge in its admission loop, a quarter of a second behind
    at most.
    """

    name: ClassVar[str] = "queue_surge"

    waiting: int
    admitted_per_second: float
    fill_per_second: float = 250.0
    drain_per_second: float = 1000.0

    @property
    def lag_seconds(self) -> float:
        return 0.3

    @property
    def heal_lag_seconds(self) -> float:
        return 0.3

    @property
    def ramps(self) -> bool:
        return True

    def inject(self, stack: Stack) -> None:
        self._set_admission(stack, self.admitted_per_second)
        # Those admitted while the queue fills must be made up for.
        kept = 1 - self.admitted_per_second / self.fill_per_second
        count = self.waiting / kept
        load = Load(
            "surge",
            self.admitted_per_second,
            {
                "fill-count": f"{count:.0f}",
                "fill-per-second": f"{self.fill_per_second:g}",
                "hold-per-second": f"{self.admitted_per_second:g}",
            },
            rate_option="",
        )
        start_load(load, stack, self.name)

    def read_back(self, stack: Stack) -> Readback:
        waiting = waiting_users(stack)
        return Readback(
            0.9 * self.waiting <= waiting <= 1.1 * self.waiting,
            f"{waiting:g} wait, {self.waiting} wanted",
        )

    def heal(self, stack: Stack) -> None:
        stack.stop_process(self.name)
        emptied = waiting_users(stack) < 1
        self._set_admission(stack, USUAL_PER_SECOND if emptied else self.drain_per_second)

    def read_back_healed(self, stack: Stack) -> Readback:
        waiting = waiting_users(stack)
        emptied = 0 <= waiting < 1
        if emptied:
            self._set_admission(stack, USUAL_PER_SECOND)
        return Readback(emptied, f"{waiting:g} wait")

    def _set_admission(self, stack: Stack, rate_per_second: float) -> None:
        try:
            with session_for(stack.addresses.app) as session:
                answer = session.put(
                    f"{stack.addresses.app}/api/admin/admission",
                    json={"rate_per_second": rate_per_second},
                    headers={"Authorization": f"Bearer {stack.secrets.admin_token}"},
                    timeout=REQUEST_TIMEOUT_SECONDS,
                )
        except requests.RequestException as error:
            raise FaultError(f"{self.name}: cannot set the admission rate: {error}") from error
        if not answer.ok:
            raise FaultError(
                f"{self.name}: cannot set the admission rate: HTTP {answer.status_code} "
                f"{answer.text[:200]}"
            )


def start_load(load: Load, stack: Stack, name: str) -> None:
    """Start a surge's load. A ledger of an earlier one in the same drill is put aside."""
    path = ledger(stack, name)
    if path.exists():
        path.rename(path.with_name(f"ledger-until-{time.time():.0f}.jsonl"))
    try:
        load.start(stack, name)
    except StackError as error:
        raise FaultError(f"{name}: cannot start the load: {error}") from error


def waiting_users(stack: Stack) -> float:
    """What the app says of its waiting room, or -1 where it does not answer."""
    try:
        with session_for(stack.addresses.app_metrics) as session:
            text = session.get(
                f"{stack.addresses.app_metrics}/metrics", timeout=REQUEST_TIMEOUT_SECONDS
            ).text
    except requests.RequestException:
        return -1.0
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name == WAITING_METRIC:
                return float(sample.value)
    return -1.0
