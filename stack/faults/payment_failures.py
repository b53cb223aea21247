"""The payment gateway fails a share of the charges: it declines them, or answers with an error."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from stack.faults.control_request import ControlError, ask_control
from stack.faults.disturbance import EXPIRES_SECONDS, Disturbance
from stack.faults.fault import FaultError, Readback
from stack.faults.parameters import require_ratio, require_seconds
from stack.run.stack import Stack

FIRST_CHARGE_WITHIN_SECONDS = 0.5
FIRST_FAILURE_WITHIN_SECONDS = 1.5
LOOK_EVERY_SECONDS = 0.05
# The gateway takes a ratio as the nearest fraction with a denominator of at most a million.
SMALLEST_STEP = 1e-6


@dataclass(frozen=True)
class PaymentFailures(Disturbance):
    """``failure_ratio`` of the charges of each payment method fail, evenly spaced.

    With a ratio of 1/n every n-th charge of a method does. A failed charge is answered and
    counted at once, so nothing lags; how soon the n-th comes is a matter of their rate, which
    the judge knows. The gateway heals itself after
    ``expires_seconds``, whatever becomes of the harness. No scrape may fail.

    ``failure`` is how: "declined" is a definite no to the customer; after an "error" the app does
    not know, answers 502, and asks again in the background until it does. Where another fault makes
    the gateway slow, a charge that failed before the healing is heard of ``answered_after_seconds``
    later.
    """

    name: ClassVar[str] = "payment_failures"

    failure_ratio: float
    expires_seconds: float = EXPIRES_SECONDS
    failure: Literal["declined", "error"] = "declined"
    answered_after_seconds: float = 0.0

    def __post_init__(self) -> None:
        require_ratio(self, "failure_ratio")
        require_seconds(self, "expires_seconds")

    @property
    def heal_lag_seconds(self) -> float:
        return self.answered_after_seconds

    @property
    def symptom_ratio(self) -> float | None:
        if self.failure == "error":
            # Each charge that failed is settled later, and counts as one more that succeeded.
            return self.failure_ratio / (1 + self.failure_ratio)
        return self.failure_ratio

    def inject(self, stack: Stack) -> None:
        try:
            _control(
                stack,
                "PUT",
                {
                    "failure_ratio": self.failure_ratio,
                    "failure": self.failure,
                    "delay_seconds": 0,
                    "expires_in_seconds": self.expires_seconds,
                },
            )
        except ControlError as error:
            self._heal_after(error, stack)
            raise FaultError(f"{self.name} was not injected: {error}") from error

    def read_back(self, stack: Stack) -> Readback:
        """The gateway's setting and, where charges come in, that they fail as it says.

        Returns at the first failure seen, at once where the counts contradict the setting, and
        with the setting alone where no charge comes within half a second.
        """
        began = time.monotonic()
        while True:
            try:
                state = _control(stack, "GET")
            except ControlError as error:
                return Readback(False, str(error))
            if not state["active"]:
                return Readback(False, "the gateway fails no charges: never set, or healed")
            if not self._is_as_set(state):
                return Readback(
                    False,
                    f"the gateway is set to fail {state['failure_ratio']:g} ({state['failure']})",
                )
            attempted, failed = state["charges_attempted"], state["charges_failed"]
            observed = f"{failed} of {attempted} charges failed since it was set"
            wrong = self.methods_failing_otherwise(state["by_method"])
            if wrong:
                return Readback(False, f"{observed}, not {self.failure_ratio:g}: {wrong}")
            waited = time.monotonic() - began
            if failed or waited >= FIRST_FAILURE_WITHIN_SECONDS:
                return Readback(True, observed)
            if not attempted and waited >= FIRST_CHARGE_WITHIN_SECONDS:
                return Readback(True, f"set; no charge came within {waited:.1f} s")
            time.sleep(LOOK_EVERY_SECONDS)

    def heal(self, stack: Stack) -> None:
        if not stack.running("gateway"):
            return  # The setting lives in its memory only.
        try:
            _control(stack, "DELETE")
        except ControlError as error:
            raise FaultError(f"{self.name} could not be healed: {error}") from error

    def read_back_healed(self, stack: Stack) -> Readback:
        """The gateway's setting is no longer in force."""
        try:
            state = _control(stack, "GET")
        except ControlError as error:
            return Readback(False, str(error))
        return Readback(
            not state["active"],
            f"{'set' if state['active'] else 'not set'}; {state['charges_failed']} of "
            f"{state['charges_attempted']} charges failed while it was",
        )

    def _is_as_set(self, state: Mapping[str, Any]) -> bool:
        is_ratio = abs(state["failure_ratio"] - self.failure_ratio) <= SMALLEST_STEP
        return bool(is_ratio and state["failure"] == self.failure)

    def methods_failing_otherwise(
        self, counts: Mapping[str, Mapping[str, int]]
    ) -> dict[str, Mapping[str, int]]:
        """The methods whose counts contradict the setting.

        Failures are evenly spaced: no method is ever a whole failure away from its share.
        """
        return {
            method: count
            for method, count in counts.items()
            if round(abs(count["failed"] - count["attempted"] * self.failure_ratio), 6) >= 1
        }

    def _heal_after(self, error: Exception, stack: Stack) -> None:
        # The setting may have been made though its answer was lost.
        try:
            self.heal(stack)
        except FaultError as healing:
            raise FaultError(f"{self.name} was not injected: {error}; then {healing}") from error


def _control(
    stack: Stack, method: str, setting: Mapping[str, float | str] | None = None
) -> dict[str, Any]:
    state: dict[str, Any] = ask_control(
        method, f"{stack.addresses.gateway}/control", setting, token=stack.secrets.gateway_token
    )
    return state
