"""How a value depends on the speed at which it is measured.

The load stays as it is, so whatever is counted over a window shrinks with the window: such a value
is proportional to speed**-1 and has degree -1. Rates, gauges, ratios and quantiles have degree 0.
"""

import math
import re
from dataclasses import dataclass, replace

from stack.run.speed.issues import Word
from stack.run.speed.tree import Call, Node, Selector, walk, without_offsets

COUNTING = frozenset({"increase", "delta", "idelta", "changes", "resets"})
PER_SECOND = frozenset({"rate", "irate", "deriv"})
INDEPENDENT = frozenset(
    {"histogram_quantile", "histogram_fraction", "histogram_avg", "histogram_stddev", "sgn"}
    | {"absent", "absent_over_time", "present_over_time"}
)
_SPREADS = frozenset({("max_over_time", "min_over_time"), ("last_over_time", "first_over_time")})
_RECORDED_COUNT = re.compile(r":(?:[a-z_]+_)?(?:increase|delta|changes|resets)[0-9]+[smhdwy]")
# A rate times one of these is in percent or thousandths, whatever its range is.
_SHARES = (100.0, 1000.0)


@dataclass(frozen=True)
class Quantity:
    """How a value depends on the speed.

    ``word`` is what it comes from. ``samples`` is the power of the number of samples in it, and
    ``counts_samples`` whether count_over_time put it there. ``factor`` is the number a rate was
    multiplied with, as ``rate(x[5m]) * 300`` is a count again; ``rates_ms`` and ``windows_ms``
    are the ranges of the rates and of everything in it.
    """

    word: Word | None = None
    degree: int = 0
    samples: int = 0
    counts_samples: bool = False
    factor: float = 1.0
    rates_ms: frozenset[int] = frozenset()
    windows_ms: frozenset[int] = frozenset()

    @property
    def total_degree(self) -> int:
        """The degree, one less for a rate that is multiplied with the seconds of its range."""
        return self.degree - any_window((abs(self.factor),), self.rates_ms)


SPEED_INDEPENDENT = Quantity()


def by_name(metric: str | None) -> Quantity:
    """A recorded count whose rule is not at hand, told by the usual name: ``job:x:increase5m``."""
    counted = metric is not None and _RECORDED_COUNT.search(metric)
    return Quantity(degree=-1) if counted else SPEED_INDEPENDENT


def is_growth(later: Node, earlier: Node) -> bool:
    """Whether a difference is what something grew by over a window, as ``delta`` would tell.

    ``x - x offset 10m``, and ``max_over_time(x[10m]) - min_over_time(x[10m])``.
    """
    if isinstance(later, Call) and isinstance(earlier, Call):
        functions = (later.function, earlier.function)
        if functions in _SPREADS and later.arguments == earlier.arguments:
            return True
    selectors = [part for part in (*walk(later), *walk(earlier)) if isinstance(part, Selector)]
    return (
        any(selector.offset_ms is not None for selector in selectors)
        and all(selector.range_ms is None for selector in selectors)
        and later != earlier
        and without_offsets(later) == without_offsets(earlier)
    )


def any_window(numbers: tuple[float, ...], windows_ms: frozenset[int]) -> bool:
    """Whether one of the numbers is the length of one of the windows in seconds."""
    return any(
        math.isclose(number * 1000, window_ms)
        for number in numbers
        if number not in _SHARES
        for window_ms in windows_ms
    )


def applied(function: str, word: Word, inner: Quantity) -> Quantity:
    """What a function makes of the series it is given."""
    windows_ms = inner.windows_ms
    if function in COUNTING:
        of_events = function in ("changes", "resets")
        degree = -1 if of_events else inner.degree - 1
        return Quantity(word=word, degree=degree, windows_ms=windows_ms)
    if function in PER_SECOND:
        return Quantity(word=word, degree=inner.degree, rates_ms=windows_ms, windows_ms=windows_ms)
    if function == "count_over_time":
        return Quantity(word=word, samples=1, counts_samples=True, windows_ms=windows_ms)
    if function == "sum_over_time":
        return replace(inner, samples=inner.samples + 1)
    if function == "stdvar_over_time":
        return replace(inner, degree=2 * inner.degree)
    return SPEED_INDEPENDENT if function in INDEPENDENT else inner


def product(left: Quantity, right: Quantity, sign: int) -> Quantity:
    """Two values multiplied (sign 1) or divided (sign -1)."""
    return Quantity(
        word=left.word if left.total_degree or left.samples else right.word,
        degree=left.total_degree + sign * right.total_degree,
        samples=left.samples + sign * right.samples,
        counts_samples=left.counts_samples or right.counts_samples,
        # Windows that are divided by each other leave a number that means none of them.
        windows_ms=frozenset() if sign < 0 else left.windows_ms | right.windows_ms,
    )


def total(left: Quantity, right: Quantity) -> Quantity:
    """The sum or difference of two values of the same degree."""
    windows_ms = left.windows_ms | right.windows_ms
    if math.isclose(left.factor, right.factor):
        return replace(left, rates_ms=left.rates_ms | right.rates_ms, windows_ms=windows_ms)
    return replace(
        left, degree=left.total_degree, factor=1.0, rates_ms=frozenset(), windows_ms=windows_ms
    )
