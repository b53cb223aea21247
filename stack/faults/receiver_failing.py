"""A receiver of notifications is reached, and fails: refuses, hangs, hangs up, or answers late."""

import time
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, get_args

import requests

from stack.faults.control_request import ControlError, ask_control
from stack.faults.disturbance import EXPIRES_SECONDS, Disturbance
from stack.faults.fault import FaultError, Readback
from stack.faults.parameters import require_seconds
from stack.observe.session import session_for
from stack.run.stack import Stack

How = Literal["answers 429", "answers 500", "answers slowly", "never answers", "closes midway"]
STATUSES = {"answers 429": 429, "answers 500": 500}
TIMEOUT_SECONDS = 2.0
# A probe that is not answered by then never is; the sink holds the probe until it heals.
UNANSWERED_SECONDS = 0.5


@dataclass(frozen=True)
class ReceiverFailing(Disturbance):
    """One receiver fails in one way, whatever Alertmanager sends it: webhook, Slack or Discord.

    429 ends a flush: the next group interval tries again. 500, silence and a connection that is
    closed are retried within the flush. A slow answer alone holds nothing up: the sink has stored
    what it answers late. The sink heals the receiver after ``expires_seconds``, whatever becomes
    of the harness.
    """

    name: ClassVar[str] = "receiver_failing"

    receiver: str
    how: How
    delay_seconds: float = 1.0
    expires_seconds: float = EXPIRES_SECONDS

    def __post_init__(self) -> None:
        require_seconds(self, "delay_seconds")
        require_seconds(self, "expires_seconds")
        if self.how not in get_args(How):
            raise ValueError(
                f"ReceiverFailing.how must be one of {', '.join(get_args(How))}, not {self.how!r}"
            )

    @property
    def holds_up_receivers(self) -> tuple[str, ...]:
        return () if self.how == "answers slowly" else (self.receiver,)

    @property
    def ends_flushes(self) -> bool:
        return self.how == "answers 429"

    def inject(self, stack: Stack) -> None:
        setting: dict[str, Any] = {"how": self.how, "expires_in_seconds": self.expires_seconds}
        if self.how == "answers slowly":
            setting["delay_seconds"] = self.delay_seconds
        try:
            self._control(stack, "PUT", setting)
        except ControlError as error:
            raise FaultError(f"{self.name} was not injected: {error}") from error

    def read_back(self, stack: Stack) -> Readback:
        """The sink's setting, and what a request to the receiver meets."""
        try:
            state = self._control(stack, "GET")
        except ControlError as error:
            return Readback(False, str(error))
        if state["how"] != self.how:
            now = state["how"] or "does not fail: never told to, or healed"
            return Readback(False, f"{self.receiver} {now}")
        met, observed = self._probe(stack)
        return Readback(
            met, f"{observed}; {state['notifications_met']} notifications met it before"
        )

    def heal(self, stack: Stack) -> None:
        if not stack.running("sink"):
            return  # The setting lives in its memory only.
        try:
            self._control(stack, "DELETE")
        except ControlError as error:
            raise FaultError(f"{self.name} could not be healed: {error}") from error

    def read_back_healed(self, stack: Stack) -> Readback:
        """The setting is no longer in force, and the receiver answers that it is well."""
        try:
            state = self._control(stack, "GET")
            answer = self._ask(stack, TIMEOUT_SECONDS)
        except (ControlError, requests.RequestException) as error:
            return Readback(False, f"{self.receiver}: {error}")
        return Readback(
            not state["active"] and answer.ok,
            f"{self.receiver} answers {answer.status_code}; {state['notifications_met']} "
            "notifications met what was set",
        )

    def _probe(self, stack: Stack) -> tuple[bool, str]:
        began = time.monotonic()
        silent = self.how == "never answers"
        slow = self.delay_seconds if self.how == "answers slowly" else 0.0
        try:
            answer = self._ask(stack, UNANSWERED_SECONDS if silent else TIMEOUT_SECONDS + slow)
        except requests.Timeout:
            return silent, f"{self.receiver} did not answer for {time.monotonic() - began:.1f} s"
        except requests.ConnectionError as error:
            return self.how == "closes midway", f"{self.receiver} closed the connection ({error})"
        taken = time.monotonic() - began
        observed = f"{self.receiver} answered {answer.status_code} after {taken:.2f} s"
        if self.how == "answers slowly":
            return answer.ok and taken >= self.delay_seconds, observed
        return answer.status_code == STATUSES.get(self.how), observed

    def _ask(self, stack: Stack, timeout_seconds: float) -> requests.Response:
        url = f"{stack.addresses.sink}/receivers/{self.receiver}/health"
        with session_for(url) as session:
            return session.get(
                url,
                headers={"Authorization": f"Bearer {stack.secrets.sink_token}"},
                timeout=timeout_seconds,
            )

    def _control(
        self, stack: Stack, method: str, setting: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        state: dict[str, Any] = ask_control(
            method,
            f"{stack.addresses.sink}/control/receivers/{self.receiver}",
            setting,
            token=stack.secrets.sink_token,
        )
        return state
