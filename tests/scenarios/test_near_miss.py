"""One disturbance that is a near miss of several alerts is judged once for each."""

from pathlib import Path

import pytest

from scenarios.collect import load_drill
from scenarios.drill import DrillError
from scenarios.preflight import faults_of

DRILL = '''"""Few payments fail, and nobody is told."""
from scenarios.drill import Drill, near_miss, silent
from stack.faults.payment_failures import PaymentFailures

DRILL = Drill(
    steps=[
        near_miss(
            PaymentFailures(failure_ratio=0.035),
            of="PaymentFailureRatioHigh",
            also=["ApiErrorRatioHigh"],
        ),
    ],
    expects=[silent()],
)
'''
EACH = {
    "near miss of PaymentFailureRatioHigh": "PaymentFailureRatioHigh",
    "near miss of ApiErrorRatioHigh": "ApiErrorRatioHigh",
}


def test_each_alert_has_a_near_miss_of_its_own_with_the_lags_of_the_one_fault(
    tmp_path: Path,
) -> None:
    path = tmp_path / "business" / "few.py"
    path.parent.mkdir()
    path.write_text(DRILL)
    drill = load_drill(path, tmp_path)
    assert drill.declaration().near_misses == EACH
    lags = faults_of(drill)
    assert list(lags) == list(EACH)
    assert len(set(lags.values())) == 1


def test_the_same_alert_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "business" / "twice.py"
    path.parent.mkdir()
    path.write_text(DRILL.replace("ApiErrorRatioHigh", "PaymentFailureRatioHigh"))
    with pytest.raises(DrillError, match="2 steps are called 'near miss of PaymentFailure"):
        load_drill(path, tmp_path)
