"""A fault that ends by itself must last until its alert has been told of."""

from scenarios.judge.expectation import Expectation
from scenarios.judge.fireability.defect import Defect
from scenarios.judge.fireability.holding import find
from scenarios.judge.window import Lags
from tests.scenarios.judge.score import CONFIGURATION, Score, fires, inhibited


def found(
    expires: dict[str, float], *expects: Expectation, near_misses: dict[str, str] | None = None
) -> list[Defect]:
    score = Score(expects=expects, near_misses=near_misses or {})
    lags = {**dict.fromkeys(expires, Lags()), "surge": Lags()}
    return list(find(CONFIGURATION, score.timeline().declaration, lags, expires))


def test_a_fault_that_outlasts_its_alert_is_no_defect() -> None:
    """QueueLong needs 0.5 s to be seen, 1 s of ``for``, 0.5 s of group wait."""
    assert found({"surge": 2.1}, fires()) == []


def test_a_fault_that_ends_before_its_alert_can_be_told_of() -> None:
    (defect,) = found({"surge": 1.9}, fires())
    assert defect.severity == "error"
    assert defect.place.path == "scenarios/business/queue.py"
    assert str(defect).endswith(
        "'surge' ends by itself after 1.9 s: QueueLong may need 2 s to fire and be told of, 1 s "
        "of them its `for`; run faster (--speed), make the `for` shorter, or let the fault expire "
        "later"
    )


def test_an_inhibited_alert_needs_its_fault_as_well() -> None:
    assert len(found({"surge": 1.0}, inhibited())) == 1


def test_a_near_miss_must_last_as_long_or_its_silence_proves_nothing() -> None:
    (defect,) = found({"small": 1.0}, fires(fault="surge"), near_misses={"small": "QueueLong"})
    assert "'small' ends by itself" in str(defect)


def test_a_fault_of_other_alerts_may_be_short() -> None:
    assert found({"other": 0.1}, fires(fault="surge")) == []
