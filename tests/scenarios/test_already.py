"""What fires before a drill begins is an error that names it, unless the drill allows it."""

from dataclasses import dataclass, replace
from typing import Any

import pytest

from scenarios.already import refuse_what_fires_already
from scenarios.judge.expectation import Allowed, Heartbeat, Silent
from scenarios.judge.timeline import Declaration
from stack.observe.prometheus import ReadError
from stack.run.stack import StackError

DRILL = Declaration("a", "", "", "a.py", (Silent("Other"),))
SINCE = "2026-11-23T03:02:11.993Z"


@dataclass
class Reader:
    """What Prometheus' or Alertmanager's reader gives; None where it cannot be read."""

    found: list[dict[str, Any]] | None

    def alerts(self) -> list[dict[str, Any]]:
        if self.found is None:
            raise ReadError("gone")
        return self.found


def in_prometheus(name: str, state: str = "firing", **labels: str) -> dict[str, Any]:
    return {"labels": {"alertname": name, **labels}, "state": state, "activeAt": SINCE}


def in_alertmanager(name: str, state: str = "active") -> dict[str, Any]:
    return {"labels": {"alertname": name}, "status": {"state": state}, "startsAt": SINCE}


def refuse(
    prometheus: list[dict[str, Any]] | None,
    alertmanager: list[dict[str, Any]] | None = None,
    drill: Declaration = DRILL,
) -> None:
    refuse_what_fires_already(Reader(prometheus), Reader(alertmanager or []), drill)  # type: ignore[arg-type]


def test_what_fires_is_named_with_labels_and_since_when() -> None:
    with pytest.raises(StackError) as raised:
        refuse([in_prometheus("DiskFull", host="a"), in_prometheus("DiskFull", host="b")])
    assert (
        'there fires already: DiskFull {host="a"} at Prometheus, since 2026-11-23T03:02:11.993Z '
        "and 1 more of that name. Beside that nothing can be proven" in str(raised.value)
    )


def test_what_only_alertmanager_holds_is_named_too() -> None:
    with pytest.raises(StackError, match=r"Left \{\} at Alertmanager, since 2026"):
        refuse([], [in_alertmanager("Left")])


def test_all_are_named_each_once() -> None:
    with pytest.raises(StackError, match=r"there fire already: .*A .*; B ") as raised:
        refuse([in_prometheus("B")], [in_alertmanager("A"), in_alertmanager("B")])
    assert str(raised.value).count("B {") == 1


def test_what_is_pending_or_muted_keeps_nobody_from_beginning() -> None:
    refuse([in_prometheus("A", "pending")], [in_alertmanager("B", "suppressed")])


def test_what_the_drill_allows_or_expects_to_beat_may_fire() -> None:
    beats = Heartbeat("Beat", every_seconds=60, at="a", group={})
    drill = replace(DRILL, expects=(beats,), allows=(Allowed("Noise", "a", "it does"),))
    refuse([in_prometheus("Noise"), in_prometheus("Beat")], [in_alertmanager("Beat")], drill)


def test_what_cannot_be_read_is_no_calm() -> None:
    with pytest.raises(StackError, match="cannot be read: gone"):
        refuse(None)
