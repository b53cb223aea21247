"""The CPU stressor's controller as a pure function, on a simulated host."""

import pytest

from stack.faults.cpu_stressor import BURNS_FROM_RATIO, next_duty
from stack.faults.host_cpu import on_target, why_out_of_reach

PERIODS_A_SECOND = 10


def busy_ratios(target: float, others: list[float]) -> list[float]:
    """The ratio of a host in each period, with this load of others; the stressor sees it late."""
    duty, seen = 0.0, []
    for other in others:
        busy = min(1.0, other + duty)
        seen.append(busy)
        duty = next_duty(duty, busy, target)
    return seen


@pytest.mark.parametrize("target", [0.2, 0.65, 0.9, 0.96])
@pytest.mark.parametrize("other", [0.0, 0.1, 0.19])
def test_lands_on_the_target_within_two_seconds(target: float, other: float) -> None:
    """Whatever steady load the others are, the host's ratio settles on the target."""
    settled = busy_ratios(target, [other] * 40)[2 * PERIODS_A_SECOND :]
    assert settled == pytest.approx([target] * len(settled), abs=0.01)


def test_makes_room_when_the_others_work_harder_and_fills_up_again() -> None:
    """A step of the others' load is evened out within two seconds, both ways."""
    ratios = busy_ratios(0.65, [0.1] * 40 + [0.5] * 40 + [0.1] * 40)
    assert ratios[40] > 0.9
    assert ratios[60:80] == pytest.approx([0.65] * 20, abs=0.01)
    assert ratios[80] < 0.4
    assert ratios[100:] == pytest.approx([0.65] * 20, abs=0.01)


def test_the_mean_is_the_target_under_a_load_that_swings() -> None:
    """A load that alternates every period leaves the mean on the target."""
    ratios = busy_ratios(0.65, [0.1, 0.3] * 100)[40:]
    assert sum(ratios) / len(ratios) == pytest.approx(0.65, abs=0.01)


def test_burns_nothing_on_a_host_that_is_busier_by_itself_and_starts_again_at_once() -> None:
    """Too much load of others is not remembered as a debt."""
    ratios = busy_ratios(0.65, [0.9] * 100 + [0.1] * 20)
    assert ratios[20:100] == [0.9] * 80
    assert ratios[119] == pytest.approx(0.65, abs=0.01)


def test_burns_everything_from_097_on() -> None:
    """Such a target is not balanced: a busy host is no reason to burn less."""
    assert next_duty(0.0, 1.0, BURNS_FROM_RATIO) == 1.0
    assert next_duty(1.0, 1.0, 0.96) < 1.0


def test_a_target_is_met_near_it_and_a_burn_from_below() -> None:
    """Above a balanced target is off target; above a burn is not."""
    assert on_target(0.68, 0.65)
    assert not on_target(0.70, 0.65)
    assert not on_target(0.60, 0.65)
    assert on_target(1.0, 0.97)
    assert not on_target(0.92, 0.97)


def test_a_container_with_too_few_cores_is_told_what_it_can_have() -> None:
    """Two of eight cores cannot make the host busy, and the text gives the most they can."""
    assert why_out_of_reach(0.25, cores=8, usable_cores=2) is None
    assert "at most 0.25" in (why_out_of_reach(0.9, cores=8, usable_cores=2) or "")
