"""An alert that resolves while its receiver fails: it must have been due, and never be told."""

from dataclasses import replace
from typing import Any

from scenarios.judge.expectation import Lost
from tests.scenarios.judge.score import PAGER_GROUP, Score, doubts, kinds, texts, verdict

LOST = Lost("QueueLong", at="pager", group=PAGER_GROUP, fault="surge")


def score(*, outage: bool = True, until: float = 20.5, **changes: Any) -> Score:
    """QueueLong fires from 11.5 to 20.5; the pager refuses from 9 to 30."""
    told = Score(expects=[LOST], length=60.0)
    told.fault(healing=until - 0.5, healed=until - 0.25)
    if outage:
        record: dict[str, Any] = {
            "at": 9.0,
            "confirmed": 9.1,
            "healing": 30.0,
            "healed": 30.1,
            "holds_up_receivers": ("pager",),
            "ends_flushes": True,
        }
        told.fault("pager refuses", **{**record, **changes})
    return told


def test_an_alert_that_nobody_was_told_of_is_lost_as_expected() -> None:
    told = score().fired().refused(at=12.0)
    assert kinds(told) == []
    assert doubts(told) == []
    assert verdict(told) == "pass"


def test_one_that_arrived_was_not_lost() -> None:
    told = score().fired()
    told.notified(told.firing(), at=30.5)
    assert kinds(told) == ["unexpected"]
    assert "though it resolved before pager was well again" in texts(told)


def test_one_that_never_fired_was_not_lost_either() -> None:
    assert kinds(score()) == ["missed"]
    assert "never fired in Prometheus" in texts(score())


def test_one_that_was_not_due_while_it_fired_shows_nothing() -> None:
    """It fired for 0.25 s, and the group waits half a second."""
    told = score(until=11.75).fired(until=11.75)
    assert doubts(told) == ["loss not shown"]
    assert verdict(told) == "unknown"


def test_a_receiver_that_healed_before_the_next_tick_shows_nothing() -> None:
    """The flush after its end, up to 2 s later, may still have told of it."""
    told = score(healing=22.0, healed=22.1).fired()
    assert doubts(told) == ["loss not shown"]


def test_a_receiver_that_did_not_fail_shows_nothing() -> None:
    assert doubts(score(outage=False).fired()) == ["loss not shown"]


def test_a_receiver_that_failed_too_late_shows_nothing() -> None:
    told = score(at=13.0, confirmed=13.1).fired()
    assert doubts(told) == ["loss not shown"]


def test_a_fault_that_was_never_injected_is_a_doubt() -> None:
    told = score().fired()
    told.expects = [replace(LOST, fault="another")]
    assert "fault" in doubts(told)
    assert verdict(told) != "pass"
