"""Finds what in an expression does not keep its meaning when all its durations are divided.

Where two values that depend on the speed in different ways meet, in a comparison or a sum, the
meaning depends on it too. A count that has to be above zero keeps its meaning; that nothing was
counted does not, as a short window may hold nothing where a long one would.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace

from stack.run.speed.constants import constant_value, literals
from stack.run.speed.forms import FLIPPED
from stack.run.speed.issues import WHY, Cause, Issue, Word
from stack.run.speed.quantity import (
    SPEED_INDEPENDENT,
    Quantity,
    any_window,
    applied,
    by_name,
    is_growth,
    product,
    total,
)
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

LOAD_AVERAGES = ("node_load1", "node_load5", "node_load15")

_CLOCK = frozenset({"time", "timestamp"})
_CALENDAR = frozenset(
    {"minute", "hour", "day_of_week", "day_of_month", "day_of_year", "days_in_month", "month"}
    | {"year"}
)
_ABSENCE = frozenset({"absent", "absent_over_time"})
_LIMITING = frozenset({"clamp", "clamp_min", "clamp_max"})
_ROUNDING = frozenset({"floor", "round"})
_NUMBERS_OF_SERIES = frozenset({"count", "group", "count_values"})
_AGE = re.compile("uptime|_age_seconds$")
_SECONDS_IN_UNITS = frozenset({60.0, 3600.0, 86_400.0, 604_800.0})

_EMPTY_WHY = (
    "its window shrinks with the speed while the load stays, so it may hold nothing where "
    "production's would"
)
_SAMPLES_WHY = (
    "it stays only where every scrape brings a sample of its own; samples that come at their own "
    "pace become fewer"
)


def scaling(tree: Node, recorded: Mapping[str, Quantity]) -> tuple[Quantity, tuple[Issue, ...]]:
    """How the value of an expression depends on the speed, and what in it does not survive.

    ``recorded`` are the values of recording rules by name.
    """
    reader = _Reader(recorded)
    return reader.quantity(tree), tuple(dict.fromkeys(reader.issues))


class _Reader:
    """Reads one expression. ``denied`` is whether it asks for the absence of what it reads."""

    def __init__(self, recorded: Mapping[str, Quantity]) -> None:
        self.recorded = recorded
        self.issues: list[Issue] = []
        self.seen: Counter[tuple[str, bool]] = Counter()
        self.denied = False

    def quantity(self, node: Node) -> Quantity:  # noqa: PLR0911 - one for each kind of node
        if constant_value(node) is not None:
            self._check_calculated_seconds(node)
            return SPEED_INDEPENDENT
        match node:
            case Selector():
                return self._selector(node)
            case Subquery():
                return self._subquery(node)
            case Negation():
                return self.quantity(node.expression)
            case Aggregation():
                return self._aggregation(node)
            case Call():
                return self._call(node)
            case Binary():
                return self._binary(node)
        return SPEED_INDEPENDENT

    def _selector(self, node: Selector) -> Quantity:
        names = possible_names(node, (*LOAD_AVERAGES, *self.recorded))
        word = self._word(node.metric or _pattern(node), is_call=False)
        if any(name in LOAD_AVERAGES for name in names):
            self._report(Cause.LOAD_AVERAGE, word)
        if node.range_ms is None and _AGE.search(node.metric or ""):
            self._report(Cause.CLOCK, word)
        self._check_fixed_time(node.at, word)
        recorded = [self.recorded[name] for name in names if name in self.recorded]
        value = max(recorded, key=lambda q: abs(q.total_degree), default=by_name(node.metric))
        ranges = frozenset(() if node.range_ms is None else (node.range_ms,))
        return replace(value, word=word, windows_ms=value.windows_ms | ranges)

    def _subquery(self, node: Subquery) -> Quantity:
        inner = self.quantity(node.expression)
        self._check_fixed_time(node.at, inner.word)
        window = frozenset({node.range_ms})
        rates_ms = inner.rates_ms | window if inner.rates_ms else inner.rates_ms
        return replace(inner, rates_ms=rates_ms, windows_ms=inner.windows_ms | window)

    def _aggregation(self, node: Aggregation) -> Quantity:
        if node.parameter is not None:
            self.quantity(node.parameter)
        inner = self.quantity(node.expression)
        if node.operator in _NUMBERS_OF_SERIES:
            return SPEED_INDEPENDENT
        return replace(inner, degree=2 * inner.degree) if node.operator == "stdvar" else inner

    def _call(self, node: Call) -> Quantity:
        word = self._word(node.function, is_call=True)
        if node.function == "predict_linear":
            self._report(Cause.PREDICTION, word)
            return self.quantity(node.arguments[0])
        if node.function in _CLOCK or node.function.startswith("ts_of_"):
            self._report(Cause.CLOCK, word)
        if node.function in _CALENDAR:
            self._report(Cause.CALENDAR, word)
        outside = self.denied
        self.denied = outside ^ (node.function in _ABSENCE)
        arguments = [self.quantity(argument) for argument in node.arguments]
        self.denied = outside
        if node.function in _LIMITING:
            for limit, value in zip(node.arguments[1:], arguments[1:], strict=True):
                if self._meet(arguments[0], value, constant_value(limit), "limited by"):
                    return SPEED_INDEPENDENT
        if node.function in _ROUNDING and arguments[0].total_degree:
            self._report(Cause.COUNT, arguments[0].word, "rounded to whole steps")
            return SPEED_INDEPENDENT
        series = (
            value
            for argument, value in zip(node.arguments, arguments, strict=True)
            if constant_value(argument) is None
        )
        return applied(node.function, word, next(series, SPEED_INDEPENDENT))

    def _binary(self, node: Binary) -> Quantity:
        left = self.quantity(node.left)
        outside = self.denied
        self.denied = outside ^ (node.operator == "unless")
        right = self.quantity(node.right)
        self.denied = outside
        if node.operator in FLIPPED:
            return self._comparison(node, left, right)
        if node.operator in ("and", "unless"):
            return left
        if node.operator == "or":
            return right if right.total_degree and not left.total_degree else left
        if node.operator in ("*", "/"):
            return self._product(node, left, right)
        if node.operator == "^":
            return left if constant_value(node.left) is None else right
        return self._sum(node, left, right)

    def _comparison(self, node: Binary, left: Quantity, right: Quantity) -> Quantity:
        value = left
        if constant_value(node.right) is not None:
            self._against_number(left, node.operator, node.right)
        elif constant_value(node.left) is not None:
            value = right
            self._against_number(right, FLIPPED[node.operator], node.left)
        else:
            self._meet(left, right, None, "compared with")
        return SPEED_INDEPENDENT if node.as_bool else value

    def _against_number(self, value: Quantity, comparison: str, number: Node) -> None:
        threshold = constant_value(number)
        if threshold == 0:
            of_nothing = (">", "!=") if self.denied else ("==", "<=")
            if value.total_degree and comparison in of_nothing:
                self._report(Cause.COUNT, value.word, "expected to be 0", _EMPTY_WHY)
            return
        if self._meet(value, SPEED_INDEPENDENT, threshold, "compared with"):
            return
        if any_window(literals(number), value.rates_ms):
            detail = "compared with a number calculated from the seconds of its window"
            self._report(Cause.COUNT, value.word, detail)

    def _sum(self, node: Binary, left: Quantity, right: Quantity) -> Quantity:
        right_number, left_number = constant_value(node.right), constant_value(node.left)
        number = left_number if right_number is None else right_number
        if self._meet(left, right, number, "added to or subtracted from"):
            return SPEED_INDEPENDENT
        if node.operator == "-" and is_growth(node.left, node.right):
            return replace(left, degree=left.degree - 1)
        if number is None:
            return total(left, right)
        return right if right_number is None else left

    def _product(self, node: Binary, left: Quantity, right: Quantity) -> Quantity:
        sign = 1 if node.operator == "*" else -1
        right_number, left_number = constant_value(node.right), constant_value(node.left)
        if right_number is not None:
            self._check_window_seconds(left, node.right)
            factor = left.factor * (right_number if sign > 0 else 1 / (right_number or math.inf))
            return replace(left, factor=factor)
        if left_number is not None:
            self._check_window_seconds(right, node.left)
            if sign > 0:
                return replace(right, factor=right.factor * left_number)
        return product(left, right, sign)

    def _meet(self, left: Quantity, right: Quantity, number: float | None, relation: str) -> bool:
        """Report two values that do not change alike; whether there was anything to report."""
        if number is not None and (number == 0 or not math.isfinite(number)):
            return False
        against = "a value that does not shrink alike" if number is None else f"{number:g}"
        if left.total_degree != right.total_degree:
            count = left if left.total_degree else right
            times = "" if count.degree else "times the seconds of its window, "
            self._report(Cause.COUNT, count.word, f"{times}{relation} {against}")
            return True
        if left.samples != right.samples and (left.counts_samples or right.counts_samples):
            word = left.word if left.counts_samples else right.word
            self._report(Cause.COUNT, word, f"{relation} {against}", _SAMPLES_WHY)
            return True
        return False

    def _check_window_seconds(self, value: Quantity, number: Node) -> None:
        """Report ``increase(x[5m]) / 300``; of a rate the factor itself tells."""
        found = constant_value(number)
        if found is None or value.rates_ms:
            return
        if any_window((found, *literals(number)), value.windows_ms):
            self._report(Cause.SECONDS, value.word, f"with the number {found:g} for its window")

    def _check_calculated_seconds(self, node: Node) -> None:
        """Report ``24 * 3600``: a duration calculated from its seconds."""
        for part in walk(node):
            if isinstance(part, Binary) and part.operator == "*":
                numbers = literals(part)
                if not _SECONDS_IN_UNITS.isdisjoint(numbers) and not any(map(_is_size, numbers)):
                    spelled = " * ".join(f"{number:g}" for number in numbers)
                    self._report(Cause.SECONDS, Word(spelled, 0, is_call=False))
                return

    def _check_fixed_time(self, at: str | None, word: Word | None) -> None:
        if at is not None and not at.endswith(")"):
            self._report(Cause.CLOCK, word, f"read {at}, a fixed time")

    def _word(self, text: str, *, is_call: bool) -> Word:
        occurrence = self.seen[text, is_call]
        self.seen[text, is_call] += 1
        return Word(text, occurrence, is_call)

    def _report(
        self, cause: Cause, word: Word | None, detail: str = "", why: str | None = None
    ) -> None:
        found = word or Word("", 0, is_call=False)
        self.issues.append(Issue(cause, found, detail, why or WHY[cause]))


def possible_names(selector: Selector, candidates: Iterable[str]) -> tuple[str, ...]:
    """The metric a selector names, or those of the candidates that its name pattern fits."""
    if selector.metric is not None:
        return (selector.metric,)
    patterns = [matcher for matcher in selector.matchers if matcher.label == "__name__"]
    if not patterns:
        return ()
    return tuple(
        name
        for name in candidates
        if all(_fits(name, matcher.operator, matcher.value) for matcher in patterns)
    )


def _pattern(selector: Selector) -> str:
    """A selector without a metric, as a person writes it."""
    matchers = (f'{m.label}{m.operator}"{m.value}"' for m in selector.matchers)
    return "{" + ", ".join(matchers) + "}"


def _fits(name: str, operator: str, value: str) -> bool:
    if operator == "!=":
        return name != value
    try:
        fits = re.fullmatch(value, name) is not None
    except re.error:
        # Go's regular expressions know some forms that Python's do not: rather name too much.
        return True
    return fits if operator == "=~" else not fits


def _is_size(number: float) -> bool:
    """Whether a number looks like bytes or percent rather than seconds."""
    return number == 100 or (number >= 1000 and (number % 1000 == 0 or number % 1024 == 0))
