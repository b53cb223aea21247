"""What an expression reads, how far back, in which form it compares, and which labels it keeps."""

from collections.abc import Iterator
from dataclasses import dataclass

from stack.run.speed.forms import ExpressionForm, expression_form
from stack.run.speed.labels import ResultLabels, result_labels
from stack.run.speed.lexer import Role
from stack.run.speed.promql import read_expression
from stack.run.speed.tree import Matcher, Node, Selector, Subquery, children


@dataclass(frozen=True)
class SelectorPath:
    """A selector and how far back the expression looks through it.

    ``metric`` is None where the name is a pattern. ``window_ms`` is the sum of the ranges,
    subqueries and offsets from the top of the expression down to the selector; a negative offset
    brings nothing nearer, as what lies ahead is not stored yet.
    """

    metric: str | None
    matchers: tuple[Matcher, ...]
    range_ms: int | None
    window_ms: int


@dataclass(frozen=True)
class ExpressionDuration:
    """A range, subquery, step or offset as the text has it, without the sign of an offset."""

    role: Role
    milliseconds: int


@dataclass(frozen=True)
class ExpressionAnalysis:
    """An expression taken apart. ``labels`` is None where the text does not tell them."""

    text: str
    selectors: tuple[SelectorPath, ...]
    durations: tuple[ExpressionDuration, ...]
    form: ExpressionForm
    labels: ResultLabels | None

    @property
    def longest_window_ms(self) -> int:
        """The longest path of ranges, subqueries and offsets; recording rules not followed."""
        return max((path.window_ms for path in self.selectors), default=0)

    @property
    def metrics(self) -> frozenset[str]:
        """The names of all metrics selected by name."""
        return frozenset(path.metric for path in self.selectors if path.metric is not None)


def analyse(text: str) -> ExpressionAnalysis:
    """Take an expression apart. Raises SpeedError where it cannot be parsed."""
    expression = read_expression(text)
    return ExpressionAnalysis(
        text=text,
        selectors=tuple(_paths(expression.tree, 0)),
        durations=tuple(
            ExpressionDuration(duration.role, duration.milliseconds)
            for duration in expression.durations
        ),
        form=expression_form(expression.tree),
        labels=result_labels(expression.tree),
    )


def _paths(node: Node, above_ms: int) -> Iterator[SelectorPath]:
    match node:
        case Selector():
            back_ms = (node.range_ms or 0) + max(node.offset_ms or 0, 0)
            yield SelectorPath(node.metric, node.matchers, node.range_ms, above_ms + back_ms)
        case Subquery():
            back_ms = node.range_ms + max(node.offset_ms or 0, 0)
            yield from _paths(node.expression, above_ms + back_ms)
        case _:
            for child in children(node):
                yield from _paths(child, above_ms)
