"""After a restart of Prometheus a step waits until all fires again that fired when it went down."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

import pytest

from scenarios.awaited import Awaited
from scenarios.configuration import from_files
from scenarios.deadlines import Deadlines
from scenarios.judge.expectation import Expectation, Fires, Inhibited
from scenarios.judge.timeline import AlertState, Declaration, FaultRecord
from scenarios.stage import Stages
from scenarios.watch import Watch
from stack.run.configuration import PRODUCTION, layers_in

CONFIGURATION = from_files(PRODUCTION, speed=60, layers=layers_in(PRODUCTION), layers_absent={})
DEADLINES = Deadlines(CONFIGURATION)
HEALED = 1_800_000_000.0
RESTART = FaultRecord(
    "restart", "prometheus_down", False, {}, HEALED - 5, HEALED - 4, "down", HEALED - 1, HEALED
)
API_DOWN = Fires(
    "ApiDown",
    360.0,
    "platform-pager",
    {"service": "api"},
    fault="kill",
    restarts={"restart": "firing"},
)
MUTED = Inhibited("TargetDown", by="ApiDown", fault="kill")


def seen(
    alert: str = "ApiDown", state: Any = "firing", *, last: float = 0.5, **labels: str
) -> AlertState:
    """An alert that was last seen so many seconds after the restart had healed."""
    return AlertState(
        {"alertname": alert, **labels}, {}, state, HEALED - 9, HEALED - 8, HEALED + last
    )


@dataclass
class ShownWatch:
    """In place of a Watch: each look shows what a test says, and with the last one time is up."""

    looks: list[list[AlertState]]
    at: int = 0
    until: float = 0.0

    def alert_states(self) -> tuple[AlertState, ...]:
        return tuple(self.looks[self.at])

    def wait(self, seen: Callable[[], bool], until: float) -> bool:
        self.until = until
        while not seen():
            if self.at == len(self.looks) - 1:
                return False
            self.at += 1
        return True


def waited(
    *looks: list[AlertState],
    expects: tuple[Expectation, ...] = (API_DOWN,),
    restart: FaultRecord = RESTART,
) -> ShownWatch:
    """The watch as it is when waiting is over."""
    watch = ShownWatch(list(looks))
    declaration = Declaration("delivery/x", "delivery", "", "x.py", expects)
    awaited = Awaited(declaration, DEADLINES, cast("Watch", watch), Stages(lambda _: None))
    awaited.restored([restart])
    return watch


def looks_needed(*looks: list[AlertState], expects: tuple[Expectation, ...] = (API_DOWN,)) -> int:
    """At which of these looks, counted from 1, waiting was over."""
    return waited(*looks, expects=expects).at + 1


LAST = [seen(), seen("TargetDown"), seen("QueueLong")]


def test_it_waits_until_the_alert_fires_again() -> None:
    assert looks_needed([], [seen("QueueLong")], [seen()], LAST) == 3


def test_that_it_fired_before_the_restart_is_not_enough() -> None:
    assert looks_needed([seen(last=-0.1)], [seen(last=0.0)], LAST) == 2


def test_that_it_is_pending_again_is_not_enough() -> None:
    assert looks_needed([seen(state="pending")], [seen()], LAST) == 2


def test_what_it_must_inhibit_must_fire_again_too() -> None:
    """Else the cause could end, and with it the inhibition, before what is muted is back."""
    looks = ([seen()], [seen("TargetDown")], [seen(), seen("TargetDown")], LAST)
    assert looks_needed(*looks, expects=(API_DOWN, MUTED)) == 3


def test_what_another_fault_makes_inhibited_is_not_waited_for() -> None:
    other = replace(MUTED, fault="another")
    assert looks_needed([seen()], LAST, expects=(API_DOWN, other)) == 1


def test_each_alert_that_fired_is_waited_for() -> None:
    second = replace(API_DOWN, alert="QueueLong")
    looks = ([seen()], [seen("QueueLong")], [seen(), seen("QueueLong")], LAST)
    assert looks_needed(*looks, expects=(API_DOWN, second)) == 3


def test_another_alert_of_the_same_name_is_not_it() -> None:
    card = replace(API_DOWN, labels={"method": "card"})
    assert looks_needed([seen(method="wallet")], [seen(method="card")], LAST, expects=(card,)) == 2
    of_card = replace(MUTED, labels={"method": "card"})
    looks = (
        [seen(), seen("TargetDown")],
        [seen(), seen("TargetDown", method="card")],
        LAST,
    )
    assert looks_needed(*looks, expects=(API_DOWN, of_card)) == 2


@pytest.mark.parametrize("restarts", [{}, {"restart": "pending"}, {"another": "firing"}])
def test_what_did_not_fire_at_this_restart_is_not_waited_for(restarts: Mapping[str, Any]) -> None:
    assert looks_needed([], LAST, expects=(replace(API_DOWN, restarts=restarts),)) == 1


def test_waiting_ends_once_the_last_of_them_had_to_fire() -> None:
    """It counts from the healing, however long Prometheus was away."""
    long_away = replace(RESTART, injecting=HEALED - 900, confirmed=HEALED - 899)
    watch = waited([], [], expects=(API_DOWN, MUTED), restart=long_away)
    assert watch.until == DEADLINES.fires_again_by("TargetDown", long_away)
    assert watch.until > DEADLINES.fires_again_by("ApiDown", long_away) > HEALED
    assert watch.at == 1
