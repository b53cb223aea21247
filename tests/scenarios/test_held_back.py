"""What a step waits for: mutes that show, what they let go, repeats; and not for anything else."""

import time
from dataclasses import dataclass, field

from scenarios.configuration import from_files
from scenarios.deadlines import Deadlines
from scenarios.held_back import HeldBack
from scenarios.judge.expectation import Expectation, Inhibited, Muted, Repeats
from scenarios.judge.timeline import AlertState, Arrival, Declaration, FaultRecord, NotifiedAlert
from stack.run.configuration import PRODUCTION, layers_in

CONFIGURATION = from_files(PRODUCTION, speed=60, layers=layers_in(PRODUCTION), layers_absent={})
LONG_AGO = 100.0
MUTED = Muted("TargetDown", by="silence", fault="fault")


def injected(name: str = "fault") -> FaultRecord:
    """A fault that is in: by the clock, which goes on while other tests run."""
    now = time.time()
    return FaultRecord(name, "f", False, {}, now - LONG_AGO, now, "in")


@dataclass
class Shown:
    """What a watch shows of a stack, as a test says it."""

    firing: list[tuple[str, float]] = field(default_factory=list)
    told: list[tuple[str, str, float]] = field(default_factory=list)

    def alerts_now(self) -> tuple[AlertState, ...]:
        """Alerts by name, and for how long they have fired."""
        now = time.time()
        return tuple(
            AlertState({"alertname": name}, {}, "firing", now - ago, now - ago, now)
            for name, ago in self.firing
        )

    def arrivals(self) -> tuple[Arrival, ...]:
        """Alert and receiver, and how long ago it was told that it fires."""
        now = time.time()
        return tuple(
            Arrival(
                number,
                now - ago,
                receiver,
                "key",
                {},
                "firing",
                (NotifiedAlert({"alertname": name}, {}, "firing", now - ago, None, name),),
                f"{number}",
            )
            for number, (name, receiver, ago) in enumerate(self.told)
        )


def held_back(shown: Shown, *expects: Expectation) -> HeldBack:
    declaration = Declaration("delivery/x", "delivery", "", "x.py", expects)
    return HeldBack(declaration, Deadlines(CONFIGURATION), shown)


def test_a_silence_ends_only_once_what_it_mutes_would_have_been_told() -> None:
    shown = Shown()
    (later,) = held_back(shown, MUTED).muted_by([injected("silence")])
    assert not later.seen()
    shown.firing = [("TargetDown", 0.1)]
    assert not later.seen()
    shown.firing = [("TargetDown", 30.0)]
    assert later.seen()
    assert later.by > time.time()


def test_nothing_is_waited_for_at_the_end_of_what_mutes_nothing() -> None:
    assert list(held_back(Shown(), MUTED).muted_by([injected()])) == []


def test_a_muted_alert_is_waited_for_until_it_shows_and_then_until_it_is_told() -> None:
    shown = Shown(firing=[("TargetDown", 30.0)])
    (under,) = held_back(shown, MUTED).raised_by([injected()], healed=set())
    assert under.seen()
    (after,) = held_back(shown, MUTED).raised_by([injected()], healed={"silence"})
    assert not after.seen()
    shown.told = [("TargetDown", "platform-chat", 1.0)]
    assert after.seen()


def test_one_that_cleared_with_its_silence_is_not_waited_for() -> None:
    (after,) = held_back(Shown(), MUTED).raised_by([injected()], healed={"silence"})
    assert after.seen()


def test_an_inhibited_alert_is_waited_for_once_nothing_inhibits_it() -> None:
    shown = Shown(firing=[("TargetDown", 30.0), ("ApiDown", 30.0)])
    inhibited = Inhibited("TargetDown", by="ApiDown", fault="fault")
    (later,) = held_back(shown, inhibited).raised_by([injected()], healed=set())
    assert later.seen()
    shown.firing = [("TargetDown", 30.0)]
    assert not later.seen()
    shown.told = [("TargetDown", "platform-chat", 1.0)]
    assert later.seen()


def test_a_repeat_is_waited_for_at_its_own_receiver_and_is_no_duplicate() -> None:
    """PaymentFailureRatioHigh is repeated after 6 s at speed 60."""
    name, pager = "PaymentFailureRatioHigh", "payments-pager"
    shown = Shown()
    repeats = Repeats(name, 420.0, pager, {"service": "payments"}, fault="fault")
    (later,) = held_back(shown, repeats).raised_by([injected()], healed=set())
    for told in (
        [],
        [(name, pager, 6.5)],
        [(name, pager, 6.5), (name, pager, 6.4)],
        [(name, pager, 6.5), (name, "elsewhere", 0.5)],
        [(name, pager, 6.5), ("Other", pager, 0.5)],
        [(name, pager, 10 * LONG_AGO), (name, pager, 0.5)],
    ):
        shown.told = told
        assert not later.seen(), told
    shown.told = [(name, pager, 6.5), (name, pager, 0.5)]
    assert later.seen()


def test_of_another_fault_nothing_is_waited_for() -> None:
    other = injected("other")
    repeats = Repeats("X", 420.0, "pager", {}, fault="fault")
    assert list(held_back(Shown(), MUTED, repeats).raised_by([other], healed=set())) == []
