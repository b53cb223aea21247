"""Recognises how an alert expression compares, where a tighter window than the general one holds.

The forms and their bounds are those measured over many fire and resolve cycles: a gauge or ``up``
follows the next scrape, a ratio of rates crosses its threshold after a share of its range, and so
does a quantile. Whatever is not surely of such a form is general.
"""

from dataclasses import dataclass

from stack.run.speed.constants import constant_value
from stack.run.speed.tree import (
    Aggregation,
    Binary,
    Call,
    Negation,
    Node,
    Number,
    Selector,
    walk,
)

FLIPPED = {">": "<", "<": ">", ">=": "<=", "<=": ">=", "==": "==", "!=": "!="}

_ARITHMETIC = frozenset("+-*/%^")
_RELABELLING = frozenset({"label_replace", "label_join", "sort", "sort_desc"})
_POINTWISE = _RELABELLING | {"abs", "ceil", "floor", "round", "clamp", "clamp_min", "clamp_max"}
_WINDOWED_RATES = frozenset({"rate", "increase"})
_COMBINING = frozenset({"sum", "avg", "min", "max"})
# These tell how many series there are, not what they say.
_NUMBERS_OF_SERIES = frozenset({"count", "group", "count_values"})


@dataclass(frozen=True)
class GaugeForm:
    """Values of the moment, compared with a number."""

    comparison: str
    threshold: float


@dataclass(frozen=True)
class UpForm:
    """``up`` alone, compared with a number: a scrape that failed is seen at once."""

    comparison: str
    threshold: float


@dataclass(frozen=True)
class RateForm:
    """A rate over one range, compared with a number; sums and multiples of it too."""

    comparison: str
    threshold: float
    range_ms: int


@dataclass(frozen=True)
class RateRatioForm:
    """One rate divided by another of the same range. ``threshold`` is that of the bare ratio.

    ``1 - good / all > 0.2`` is told as the ratio ``<`` 0.8.
    """

    comparison: str
    threshold: float
    range_ms: int


@dataclass(frozen=True)
class QuantileForm:
    """``histogram_quantile`` of rates over one range; ``threshold`` is in the metric's unit."""

    comparison: str
    threshold: float
    quantile: float
    range_ms: int


@dataclass(frozen=True)
class GeneralForm:
    """Anything else: only the wide bounds hold."""


ExpressionForm = GaugeForm | UpForm | RateForm | RateRatioForm | QuantileForm | GeneralForm


def expression_form(node: Node) -> ExpressionForm:
    """The form of an alert expression."""
    if not isinstance(node, Binary) or node.operator not in FLIPPED or node.as_bool:
        return GeneralForm()
    threshold = constant_value(node.right)
    if threshold is not None:
        return _against_number(node.left, node.operator, threshold)
    threshold = constant_value(node.left)
    if threshold is not None:
        return _against_number(node.right, FLIPPED[node.operator], threshold)
    return _share_of_rates(node)


def _against_number(side: Node, comparison: str, threshold: float) -> ExpressionForm:
    if _is_momentary(side):
        selected = [part for part in walk(side) if isinstance(part, Selector)]
        if not selected:
            return GeneralForm()
        only_up = all(selector.metric == "up" for selector in selected)
        return (UpForm if only_up else GaugeForm)(comparison, threshold)
    core, comparison, threshold = _undo_linear(side, comparison, threshold)
    match core:
        case Binary(operator="/"):
            (over, part), (under, whole) = _peeled(core.left), _peeled(core.right)
            range_ms = _common_range(part, whole)
            if range_ms is not None and over * under > 0:
                return RateRatioForm(comparison, threshold * under / over, range_ms)
        case Call(function="histogram_quantile"):
            quantile, windowed = constant_value(core.arguments[0]), _rate(core.arguments[1])
            if quantile is not None and windowed is not None:
                return QuantileForm(comparison, threshold, quantile, windowed[1])
    windowed = _rate(core)
    if windowed is not None and windowed[0] == "rate":
        return RateForm(comparison, threshold, windowed[1])
    return GeneralForm()


def _share_of_rates(node: Binary) -> ExpressionForm:
    """``rate(a) > 0.05 * rate(b)`` is the ratio of the two against 0.05."""
    part, whole, comparison = node.left, node.right, node.operator
    if _factor_and_rest(whole) is None:
        part, whole, comparison = whole, part, FLIPPED[comparison]
    multiple = _factor_and_rest(whole)
    if multiple is None or multiple[0] <= 0:
        return GeneralForm()
    range_ms = _common_range(part, multiple[1])
    if range_ms is None:
        return GeneralForm()
    return RateRatioForm(comparison, multiple[0], range_ms)


def _undo_linear(node: Node, comparison: str, threshold: float) -> tuple[Node, str, float]:
    """Move constants across the comparison until what is left is no ``a * core + b``."""
    while True:
        match node:
            case Negation():
                node, comparison, threshold = node.expression, FLIPPED[comparison], -threshold
                continue
            case Call() if node.function in _RELABELLING:
                node = node.arguments[0]
                continue
            case Binary():
                left, right = constant_value(node.left), constant_value(node.right)
            case _:
                return node, comparison, threshold
        match node.operator:
            case "+" if right is not None:
                node, threshold = node.left, threshold - right
            case "+" if left is not None:
                node, threshold = node.right, threshold - left
            case "-" if right is not None:
                node, threshold = node.left, threshold + right
            case "-" if left is not None:
                node, threshold, comparison = node.right, left - threshold, FLIPPED[comparison]
            case "*" | "/":
                multiple = _factor_and_rest(node)
                if multiple is None:
                    return node, comparison, threshold
                factor, node = multiple
                threshold /= factor
                comparison = FLIPPED[comparison] if factor < 0 else comparison
            case _:
                return node, comparison, threshold


def _factor_and_rest(node: Node) -> tuple[float, Node] | None:
    """The constant that an expression is multiplied with or divided by, and the expression."""
    if not isinstance(node, Binary) or node.operator not in ("*", "/"):
        return None
    left, right = constant_value(node.left), constant_value(node.right)
    if right:
        return (right if node.operator == "*" else 1 / right), node.left
    if left and node.operator == "*":
        return left, node.right
    return None


def _peeled(node: Node) -> tuple[float, Node]:
    """All constants that an expression is multiplied with, and the expression."""
    factor = 1.0
    while (multiple := _factor_and_rest(node)) is not None:
        factor, node = factor * multiple[0], multiple[1]
    return factor, node


def _common_range(part: Node, whole: Node) -> int | None:
    of_part, of_whole = _rate(part), _rate(whole)
    return of_part[1] if of_part is not None and of_part == of_whole else None


def _rate(node: Node) -> tuple[str, int] | None:  # noqa: PLR0911 - one for each kind of node
    """The function and range of a sum, average or multiple of rates; None if there are several."""
    match node:
        case Call() if node.function in _WINDOWED_RATES:
            counter = node.arguments[0]
            if (
                isinstance(counter, Selector)
                and counter.range_ms is not None
                and _is_plain(counter)
            ):
                return node.function, counter.range_ms
            return None
        case Call() if node.function in _RELABELLING or _is_guard(node):
            return _rate(node.arguments[0])
        case Aggregation() if node.operator in _COMBINING:
            return _rate(node.expression)
        case Binary(operator="+" | "-"):
            left = _rate(node.left)
            return left if left == _rate(node.right) else None
        case Binary(operator="or") if constant_value(node.right) == 0:
            return _rate(node.left)
        case Binary():
            multiple = _factor_and_rest(node)
            return None if multiple is None else _rate(multiple[1])
        case _:
            return None


def _is_guard(node: Call) -> bool:
    """``clamp_min(rate, number)``: keeps a denominator from being zero."""
    return node.function == "clamp_min" and constant_value(node.arguments[1]) is not None


def _is_momentary(node: Node) -> bool:  # noqa: PLR0911 - one for each kind of node
    """Whether only the newest samples count."""
    match node:
        case Number():
            return True
        case Selector():
            return node.range_ms is None and _is_plain(node)
        case Negation():
            return _is_momentary(node.expression)
        case Aggregation():
            return node.operator not in _NUMBERS_OF_SERIES and _is_momentary(node.expression)
        case Call():
            return node.function in _POINTWISE and _is_momentary(node.arguments[0])
        case Binary():
            return (
                node.operator in _ARITHMETIC
                and _is_momentary(node.left)
                and _is_momentary(node.right)
            )
        case _:
            return False


def _is_plain(selector: Selector) -> bool:
    return selector.offset_ms is None and selector.at is None
