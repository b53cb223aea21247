"""Checks of a fault's parameters at construction: a drill that cannot be meant is refused early."""

import math
from typing import Any


def require_ratio(fault: object, field: str, *, below_one: bool = False) -> None:
    """Raise ValueError unless the field is a number above 0 and at most (or below) 1."""
    value = getattr(fault, field)
    if not _is_number(value) or not 0 < value <= 1 or (below_one and value == 1):
        bound = "below 1" if below_one else "at most 1"
        raise ValueError(_refusal(fault, field, f"a ratio above 0 and {bound}", value))


def require_seconds(fault: object, field: str, *, at_least: float = 0.0) -> None:
    """Raise ValueError unless the field is a finite number of seconds above 0 and ``at_least``."""
    value = getattr(fault, field)
    if not _is_number(value) or value <= 0 or value < at_least:
        bound = f"at least {at_least:g}" if at_least else "above 0"
        raise ValueError(_refusal(fault, field, f"a finite number of seconds, {bound}", value))


def require_positive(fault: object, field: str) -> None:
    """Raise ValueError unless the field is a finite number above 0."""
    value = getattr(fault, field)
    if not _is_number(value) or value <= 0:
        raise ValueError(_refusal(fault, field, "a finite number above 0", value))


def require_whole_number(fault: object, field: str, *, at_most: int) -> None:
    """Raise ValueError unless the field is a whole number from 1 to ``at_most``."""
    value = getattr(fault, field)
    if type(value) is not int or not 1 <= value <= at_most:
        raise ValueError(_refusal(fault, field, f"a whole number from 1 to {at_most}", value))


def _is_number(value: Any) -> bool:
    # True is an int to Python, and never what a drill means by a ratio.
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _refusal(fault: object, field: str, wanted: str, value: Any) -> str:
    return f"{type(fault).__name__}.{field} must be {wanted}, not {value!r}"
