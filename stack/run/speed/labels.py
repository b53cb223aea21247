"""Which labels the result of an expression can carry, as far as its text tells.

The metric's name is no label here: an alert never carries it.
"""

from dataclasses import dataclass

from stack.run.speed.tree import (
    Aggregation,
    Binary,
    Call,
    Negation,
    Node,
    Selector,
    Subquery,
    Text,
)
from stack.run.speed.vectors import is_vector, vector_argument

_SELECTING = frozenset({"topk", "bottomk", "limitk", "limit_ratio"})
_WITHOUT_SERIES = frozenset({"time", "vector", "pi", "scalar"})
_FROM_BUCKETS = frozenset({"histogram_quantile", "histogram_fraction"})
_NONE: frozenset[str] = frozenset()


@dataclass(frozen=True)
class ResultLabels:
    """Labels a result can carry: only ``kept``, or with None all its series have but ``dropped``.

    ``added`` are written by the expression itself, whatever the series have.
    """

    kept: frozenset[str] | None
    dropped: frozenset[str] = _NONE
    added: frozenset[str] = _NONE

    def can_carry(self, label: str) -> bool:
        """Whether a series of the result may have this label."""
        if label in self.added:
            return True
        return label not in self.dropped if self.kept is None else label in self.kept


def result_labels(node: Node) -> ResultLabels | None:
    """The labels of the result; None where they depend on more than the text."""
    match node:
        case Selector():
            return ResultLabels(None)
        case Subquery() | Negation():
            return result_labels(node.expression)
        case Aggregation():
            return _aggregation(node)
        case Call():
            return _call(node)
        case Binary():
            return _binary(node)
        case _:
            return ResultLabels(_NONE)


def _aggregation(node: Aggregation) -> ResultLabels | None:
    inner = result_labels(node.expression)
    if inner is None or node.operator in _SELECTING:
        return inner
    if node.operator == "count_values":
        return None
    if node.grouping == "without":
        return _without(inner, frozenset(node.labels))
    return _only(inner, frozenset(node.labels))


def _call(node: Call) -> ResultLabels | None:
    if node.function in _WITHOUT_SERIES or not node.arguments:
        return ResultLabels(_NONE)
    if node.function in ("absent", "absent_over_time"):
        return _absent_labels(node.arguments[0])
    if node.function == "info":
        return None
    # A quantile and the like is a number, and stands before the vector it is taken of.
    vector = vector_argument(node)
    inner = ResultLabels(_NONE) if vector is None else result_labels(vector)
    if inner is None:
        return None
    if node.function in ("label_replace", "label_join") and isinstance(node.arguments[1], Text):
        return ResultLabels(inner.kept, inner.dropped, inner.added | {node.arguments[1].value})
    return _without(inner, frozenset({"le"})) if node.function in _FROM_BUCKETS else inner


def _absent_labels(node: Node) -> ResultLabels:
    """``absent`` makes up its labels from the equality matchers of its selector."""
    matchers = node.matchers if isinstance(node, Selector) else ()
    named = [matcher.label for matcher in matchers if matcher.label != "__name__"]
    return ResultLabels(
        frozenset(
            matcher.label
            for matcher in matchers
            if matcher.operator == "=" and named.count(matcher.label) == 1
        )
    )


def _binary(node: Binary) -> ResultLabels | None:  # noqa: PLR0911 - one for each operator
    if not is_vector(node.right):
        return result_labels(node.left)
    if not is_vector(node.left):
        return result_labels(node.right)
    left, right, matching = result_labels(node.left), result_labels(node.right), node.matching
    if node.operator == "or":
        return left if left == right else None
    if left is None or right is None:
        return None
    if matching is None or node.operator in ("and", "unless"):
        return left
    if matching.cardinality == "OneToOne":
        listed = frozenset(matching.labels)
        return _only(left, listed) if matching.kind == "on" else _without(left, listed)
    many = left if matching.cardinality == "ManyToOne" else right
    return ResultLabels(many.kept, many.dropped, many.added | frozenset(matching.group_labels))


def _only(labels: ResultLabels, wanted: frozenset[str]) -> ResultLabels:
    return ResultLabels(frozenset(label for label in wanted if labels.can_carry(label)))


def _without(labels: ResultLabels, unwanted: frozenset[str]) -> ResultLabels:
    added = labels.added - unwanted
    if labels.kept is not None:
        return ResultLabels(labels.kept - unwanted, _NONE, added)
    return ResultLabels(None, labels.dropped | unwanted, added)
