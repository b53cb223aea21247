"""Prometheus durations as whole milliseconds: read, write, and divide by a speed."""

import math
import re
from fractions import Fraction

from stack.run.speed.errors import SpeedError

MILLISECONDS = {
    "y": 365 * 86_400_000,
    "w": 7 * 86_400_000,
    "d": 86_400_000,
    "h": 3_600_000,
    "m": 60_000,
    "s": 1_000,
    "ms": 1,
}
# Go keeps a duration in 64 bits of nanoseconds.
LONGEST_MILLISECONDS = (2**63 - 1) // 1_000_000

_DURATION = re.compile("".join(f"(?:([0-9]+){unit})?" for unit in MILLISECONDS))

Speed = int | float | Fraction


def parse_duration(text: str | int) -> int:
    """Milliseconds of a duration such as ``1h30m``, ``500ms`` or ``0``.

    The grammar is that of Prometheus' configuration: whole numbers, units from y to ms, each at
    most once and in that order. YAML reads a bare 0 as a number, so that is taken too.
    Raises SpeedError.
    """
    spelled = str(text)
    if spelled == "0":
        return 0
    match = _DURATION.fullmatch(spelled)
    if match is None or not spelled:
        raise SpeedError(
            f"{spelled!r} is not a duration; write whole numbers with units, largest first, "
            "such as 1h30m, 15s or 500ms"
        )
    milliseconds = sum(
        int(count) * length
        for count, length in zip(match.groups(), MILLISECONDS.values(), strict=True)
        if count is not None
    )
    if milliseconds > LONGEST_MILLISECONDS:
        raise SpeedError(f"{spelled!r} is longer than Prometheus can hold (292 years)")
    return milliseconds


def format_duration(milliseconds: int) -> str:
    """The duration as text that each engine, flag and parser reads as exactly this long.

    Days and longer are written as hours: flags of Alertmanager know no longer unit.
    """
    if milliseconds < 0:
        return "-" + format_duration(-milliseconds)
    parts = []
    rest = milliseconds
    for unit in ("h", "m", "s", "ms"):
        count, rest = divmod(rest, MILLISECONDS[unit])
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"


def exact_speed(speed: Speed) -> Fraction:
    """The speed as it was written: 3.3 means 33/10, not the nearest binary number.

    Raises SpeedError unless it is a finite number of at least 1.
    """
    if isinstance(speed, float) and not math.isfinite(speed):
        raise SpeedError(f"a speed of {speed} is not a number; write such as 1, 20 or 2.5")
    exact = Fraction(str(speed)) if isinstance(speed, float) else Fraction(speed)
    if exact < 1:
        raise SpeedError(f"a speed of {speed} is slower than production; write 1 or more")
    return exact


def read_speed(text: str) -> float:
    """A speed as a user writes it. Raises SpeedError."""
    try:
        return float(exact_speed(Fraction(text)))
    except (ValueError, ZeroDivisionError, OverflowError) as error:
        raise SpeedError(
            f"a speed of {text!r} is not a number; write such as 1, 20 or 2.5"
        ) from error


def divide(milliseconds: int, speed: Speed) -> int:
    """The duration at this speed, in whole milliseconds, halves rounded up."""
    exact = exact_speed(speed)
    return (2 * milliseconds * exact.denominator + exact.numerator) // (2 * exact.numerator)
