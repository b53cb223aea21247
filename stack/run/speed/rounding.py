"""Refuses a speed at which rounding to whole milliseconds would bend a configuration."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from stack.run.speed.durations import Speed, divide, exact_speed, format_duration
from stack.run.speed.errors import Place, SpeedError

LARGEST_RATIO_CHANGE_PERCENT = 1
# The search for a speed that works starts here at most: a second is then a microsecond.
FASTEST_SEARCHED = 1_000_000


@dataclass(frozen=True)
class PlacedDuration:
    """A duration of a configuration and where it stands."""

    milliseconds: int
    place: Place


def check_rounding(durations: Iterable[PlacedDuration], speed: Speed) -> None:
    """Raise SpeedError if dividing changes the ratio of any two durations by more than 1 %.

    The error names the duration that is bent most, and the largest whole speed that works for
    all of them. Durations of zero stay zero and are left out.
    """
    exact = exact_speed(speed)
    placed = {d.milliseconds: d for d in durations if d.milliseconds > 0}
    if _keeps_ratios(sorted(placed), exact):
        return
    stretch = {length: divide(length, exact) * exact / length for length in placed}
    bent = max(placed, key=lambda length: (abs(stretch[length] - 1), -length))
    other = max(placed, key=lambda length: abs(stretch[length] - stretch[bent]))
    largest = largest_speed(placed, exact)
    becomes = divide(bent, exact)
    if becomes == 0:
        change = "that is, to nothing"
    else:
        ratios = sorted((stretch[bent], stretch[other]))
        change = (
            f"which changes its ratio to the {format_duration(other)} of "
            f"{placed[other].place} by {float(ratios[1] / ratios[0] - 1):.1%}, "
            f"more than {LARGEST_RATIO_CHANGE_PERCENT} %"
        )
    raise SpeedError(
        f"at speed {float(exact):g}, {format_duration(bent)} is "
        f"{float(bent / exact):.4g} ms and is rounded to {becomes} ms, {change}; "
        f"the largest whole speed that works is {largest}",
        place=placed[bent].place,
        largest_speed=largest,
    )


def largest_speed(lengths: Iterable[int], at_most: Fraction) -> int:
    """The largest whole speed, up to ``at_most``, at which all ratios stay within 1 %."""
    positive = sorted({length for length in lengths if length > 0})
    start = int(at_most)
    if positive:
        # Above twice the shortest, that one rounds to nothing.
        start = min(start, 2 * positive[0], FASTEST_SEARCHED)
    for speed in range(start, 1, -1):
        if _keeps_ratios(positive, Fraction(speed)):
            return speed
    return 1


def _keeps_ratios(lengths: list[int], speed: Fraction) -> bool:
    """Whether the rounded quotients have the lengths' own ratios, within the percentage.

    A quotient n of a length L is stretched n·speed/L times, so two of them change their ratio
    n₁·L₂ : n₂·L₁ times, whatever the speed: whole numbers are enough, and quick to search with.
    """
    if not lengths:
        return True
    numerator, denominator = speed.numerator, speed.denominator
    most = least = (0, 0)
    for length in lengths:
        quotient = (2 * length * denominator + numerator) // (2 * numerator)
        if quotient == 0:
            return False
        if most == (0, 0):
            most = least = (quotient, length)
        elif quotient * most[1] > most[0] * length:
            most = (quotient, length)
        elif quotient * least[1] < least[0] * length:
            least = (quotient, length)
        if 100 * most[0] * least[1] > (100 + LARGEST_RATIO_CHANGE_PERCENT) * least[0] * most[1]:
            return False
    return True
