"""A silence, made through Alertmanager's API as an on-call person makes one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from stack.faults.control_request import ControlError, ask_control
from stack.faults.disturbance import Disturbance
from stack.faults.fault import FaultError, Readback
from stack.faults.parameters import require_seconds
from stack.run.stack import Stack

CREATED_BY = "flash-drills"
SILENCES = "/api/v2/silences"


@dataclass(frozen=True)
class Silence(Disturbance):
    """Alerts with these labels are silenced until the silence is expired by hand.

    ``lasts_seconds`` is in production time, divided by the stack's speed as every length of the
    pipeline: the silence ends by itself then, whatever becomes of the harness. Each silence is
    known by its ``comment``, so two of one stack need two.
    """

    name: ClassVar[str] = "silence"

    matchers: Mapping[str, str]
    comment: str
    lasts_seconds: float = 7200.0

    def __post_init__(self) -> None:
        require_seconds(self, "lasts_seconds")
        if not self.matchers:
            raise ValueError("Silence.matchers must name a label: a silence of everything is none")
        if not self.comment.strip():
            raise ValueError("Silence.comment must say what the silence is for")

    @property
    def wanted(self) -> Mapping[str, float | str]:
        return {
            **self.matchers,
            "comment": self.comment,
            "lasts_seconds": self.lasts_seconds,
        }

    def inject(self, stack: Stack) -> None:
        now = datetime.now(UTC)
        ends = now + timedelta(seconds=self.lasts_seconds / stack.speed)
        silence = {
            "matchers": [
                {"name": name, "value": value, "isRegex": False, "isEqual": True}
                for name, value in self.matchers.items()
            ],
            "startsAt": now.isoformat(),
            "endsAt": ends.isoformat(),
            "createdBy": CREATED_BY,
            "comment": self.comment,
        }
        try:
            ask_control("POST", _api(stack, SILENCES), silence)
        except ControlError as error:
            raise FaultError(f"{self.name} was not injected: {error}") from error

    def read_back(self, stack: Stack) -> Readback:
        """Alertmanager holds the silence, and it is active."""
        try:
            silence = self._active(stack)
        except ControlError as error:
            return Readback(False, str(error))
        if silence is None:
            return Readback(False, f"no silence {self.comment!r} is active")
        return Readback(True, f"silence {self.comment!r} is active until {silence['endsAt']}")

    def heal(self, stack: Stack) -> None:
        try:
            silence = self._active(stack)
            if silence is not None:
                ask_control("DELETE", _api(stack, f"/api/v2/silence/{silence['id']}"))
        except ControlError as error:
            raise FaultError(f"{self.name} could not be expired: {error}") from error

    def read_back_healed(self, stack: Stack) -> Readback:
        """It is expired; Alertmanager goes on listing it."""
        try:
            silence = self._active(stack)
        except ControlError as error:
            return Readback(False, str(error))
        state = "still active" if silence is not None else "expired, or never made"
        return Readback(silence is None, f"silence {self.comment!r} is {state}")

    def _active(self, stack: Stack) -> dict[str, Any] | None:
        return next(
            (
                silence
                for silence in ask_control("GET", _api(stack, SILENCES))
                if silence["comment"] == self.comment
                and silence["createdBy"] == CREATED_BY
                and silence["status"]["state"] == "active"
            ),
            None,
        )


def _api(stack: Stack, path: str) -> str:
    return stack.addresses.alertmanager + path
