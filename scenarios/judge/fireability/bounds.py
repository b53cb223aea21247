"""Between which numbers the result of an expression lies for certain, whatever is scraped.

Interval arithmetic over the tree. A result that is not a number counts as none: no comparison but
``!=`` is true of it.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from scenarios.judge.fireability.essential import COMPARISONS
from scenarios.judge.fireability.share import is_share
from stack.run.speed.constants import constant_value
from stack.run.speed.tree import (
    Aggregation,
    Binary,
    Call,
    Negation,
    Node,
    Selector,
    Subquery,
    walk,
)
from stack.run.speed.vectors import is_vector, vector_argument

_FLIPPED = {">": "<", "<": ">", ">=": "<=", "<=": ">=", "==": "==", "!=": "!="}


@dataclass(frozen=True)
class Bounds:
    """At least and at most, both included."""

    least: float = -math.inf
    most: float = math.inf

    def join(self, other: "Bounds") -> "Bounds":
        return Bounds(min(self.least, other.least), max(self.most, other.most))

    @property
    def is_positive(self) -> bool:
        """Whether nothing below zero comes."""
        return self.least >= 0

    def __str__(self) -> str:
        if self.least == self.most:
            return f"always {self.least:g}"
        if math.isinf(self.least):
            return f"at most {self.most:g}" if math.isfinite(self.most) else "any number"
        return f"at least {self.least:g}" + (
            f" and at most {self.most:g}" if math.isfinite(self.most) else ""
        )


EVERYTHING = Bounds()
POSITIVE = Bounds(0)
SHARE = Bounds(0, 1)
ONE = Bounds(1, 1)

_OF_FUNCTION = {
    **dict.fromkeys(("rate", "irate", "increase", "changes", "resets", "time"), POSITIVE),
    **dict.fromkeys(("stddev_over_time", "stdvar_over_time", "abs", "sqrt", "exp"), POSITIVE),
    **dict.fromkeys(("absent", "absent_over_time", "present_over_time"), ONE),
    "count_over_time": Bounds(1),
    "histogram_fraction": SHARE,
    "sgn": Bounds(-1, 1),
    "hour": Bounds(0, 23),
    "minute": Bounds(0, 59),
    "month": Bounds(1, 12),
    "day_of_week": Bounds(0, 6),
    "day_of_month": Bounds(1, 31),
    "day_of_year": Bounds(1, 366),
    "days_in_month": Bounds(28, 31),
    "pi": Bounds(math.pi, math.pi),
}
_OF_AGGREGATION = {
    "count": Bounds(1),
    "count_values": Bounds(1),
    "group": ONE,
    "stddev": POSITIVE,
    "stdvar": POSITIVE,
}
_PASSING = frozenset(
    {
        *("label_replace", "label_join", "sort", "sort_desc", "sort_by_label"),
        *("sort_by_label_desc", "vector", "scalar"),
        *("avg_over_time", "min_over_time", "max_over_time", "last_over_time"),
        *("first_over_time",),
    }
)
_AMONG = frozenset({"avg", "min", "max", "topk", "bottomk", "limitk", "limit_ratio"})


def bounds(node: Node, highest_buckets: Mapping[str, float] | None = None) -> Bounds:
    """The bounds of a result. ``highest_buckets`` gives, by metric, its largest finite bucket."""
    return _Reader(highest_buckets or {}).read(node)


def is_possible(node: Binary, left: Bounds, right: Bounds) -> bool:
    """Whether a comparison of numbers within these bounds can be true."""
    match node.operator:
        case ">":
            return left.most > right.least
        case ">=":
            return left.most >= right.least
        case "<":
            return left.least < right.most
        case "<=":
            return left.least <= right.most
        case "==":
            return left.most >= right.least and right.most >= left.least
        case _:
            return not (left.least == left.most == right.least == right.most)


@dataclass(frozen=True)
class _Reader:
    highest_buckets: Mapping[str, float] = field(default_factory=dict)

    def read(self, node: Node) -> Bounds:  # noqa: PLR0911 - one for each kind of node
        constant = constant_value(node)
        if constant is not None:
            return Bounds(constant, constant)
        match node:
            case Selector():
                return SHARE if node.metric == "up" else EVERYTHING
            case Subquery():
                return self.read(node.expression)
            case Negation():
                inner = self.read(node.expression)
                return Bounds(-inner.most, -inner.least)
            case Aggregation():
                return self._aggregated(node)
            case Call():
                return self._called(node)
            case Binary() if node.operator in COMPARISONS:
                return self._compared(node)
            case Binary():
                return self._calculated(node)
            case _:
                return EVERYTHING

    def _aggregated(self, node: Aggregation) -> Bounds:
        if node.operator in _OF_AGGREGATION:
            return _OF_AGGREGATION[node.operator]
        inner = self.read(node.expression)
        if node.operator in _AMONG:
            return inner
        if node.operator == "sum":
            return _summed(inner)
        quantile = None if node.parameter is None else constant_value(node.parameter)
        if node.operator == "quantile" and quantile is not None and 0 <= quantile <= 1:
            return inner
        return EVERYTHING

    def _called(self, node: Call) -> Bounds:  # noqa: PLR0911 - one for each kind of function
        if node.function in _OF_FUNCTION:
            return _OF_FUNCTION[node.function]
        if node.function == "histogram_quantile":
            return self._quantile(node)
        vector = vector_argument(node) or next(iter(node.arguments), None)
        if vector is None:
            return EVERYTHING
        inner = self.read(vector)
        if node.function in _PASSING:
            return inner
        if node.function == "sum_over_time":
            return _summed(inner)
        if node.function in {"ceil", "floor"} or (
            node.function == "round" and len(node.arguments) == 1
        ):
            return _rounded(inner)
        limits = [constant_value(argument) for argument in node.arguments[1:]]
        if node.function.startswith("clamp"):
            return _clamped(node.function, inner, limits)
        return EVERYTHING

    def _quantile(self, node: Call) -> Bounds:
        """The last bucket has no upper end, so what lies in it is told as the one below."""
        quantile = constant_value(node.arguments[0])
        if quantile is None or not 0 <= quantile <= 1:
            return EVERYTHING
        selected = [part for part in walk(node.arguments[1]) if isinstance(part, Selector)]
        highest = [self.highest_buckets.get(part.metric or "", math.inf) for part in selected]
        return Bounds(-math.inf, max(highest, default=math.inf))

    def _compared(self, node: Binary) -> Bounds:
        if node.as_bool or not (is_vector(node.left) or is_vector(node.right)):
            return SHARE
        left, right, operator = self.read(node.left), self.read(node.right), node.operator
        if not is_vector(node.left):
            left, right, operator = right, left, _FLIPPED[operator]
        if node.matching is not None and node.matching.fill != (None, None):
            return EVERYTHING
        match operator:
            case ">" | ">=":
                return Bounds(max(left.least, right.least), left.most)
            case "<" | "<=":
                return Bounds(left.least, min(left.most, right.most))
            case "==":
                return Bounds(max(left.least, right.least), min(left.most, right.most))
            case _:
                return left

    def _calculated(self, node: Binary) -> Bounds:  # noqa: PLR0911 - one for each operator
        left, right = self.read(node.left), self.read(node.right)
        if node.operator in {"and", "unless"}:
            return left
        if node.operator == "or":
            return left.join(right)
        if node.matching is not None and node.matching.fill != (None, None):
            return EVERYTHING
        match node.operator:
            case "+":
                return _ordered(left.least + right.least, left.most + right.most)
            case "-":
                return _ordered(left.least - right.most, left.most - right.least)
            case "*":
                return _multiplied(left, right)
            case "/":
                return SHARE if is_share(node, self.is_positive) else _divided(left, right)
            case _:
                return EVERYTHING

    def is_positive(self, node: Node) -> bool:
        return self.read(node).is_positive


def _summed(inner: Bounds) -> Bounds:
    """The sum of any number of them, at least one."""
    return Bounds(
        inner.least if inner.is_positive else -math.inf, inner.most if inner.most <= 0 else math.inf
    )


def _clamped(function: str, inner: Bounds, limits: list[float | None]) -> Bounds:
    if None in limits or not limits:
        return EVERYTHING
    numbers = [limit for limit in limits if limit is not None]
    least = numbers[0] if function in {"clamp", "clamp_min"} else -math.inf
    most = numbers[-1] if function in {"clamp", "clamp_max"} else math.inf
    if least > most:
        return EVERYTHING
    return Bounds(
        min(max(inner.least, least), most),
        max(min(inner.most, most), least),
    )


def _ordered(least: float, most: float) -> Bounds:
    return Bounds(-math.inf if math.isnan(least) else least, math.inf if math.isnan(most) else most)


def _multiplied(left: Bounds, right: Bounds) -> Bounds:
    products = [
        0.0 if 0 in {one, other} else one * other
        for one in (left.least, left.most)
        for other in (right.least, right.most)
    ]
    return Bounds(min(products), max(products))


def _divided(left: Bounds, right: Bounds) -> Bounds:
    if right.least > 0 and math.isfinite(right.least):
        return _multiplied(left, Bounds(1 / right.most, 1 / right.least))
    if right.most < 0 and math.isfinite(right.most):
        return _multiplied(left, Bounds(1 / right.most, 1 / right.least))
    if left.is_positive and right.is_positive:
        return POSITIVE
    return EVERYTHING


def _rounded(inner: Bounds) -> Bounds:
    return Bounds(
        math.floor(inner.least) if math.isfinite(inner.least) else inner.least,
        math.ceil(inner.most) if math.isfinite(inner.most) else inner.most,
    )
