"""What a label of an expression's result may hold: known, missing for certain, or left open."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scenarios.judge.fireability.values import ANYTHING, MISSING, PRESENT, Values, allowed, exactly
from scenarios.judge.matchers import Matcher
from stack.run.speed.tree import (
    Aggregation,
    Binary,
    Call,
    Matching,
    Negation,
    Node,
    Selector,
    Subquery,
    Text,
)
from stack.run.speed.vectors import is_vector, vector_argument

# Prometheus gives these to every series that it scrapes.
SCRAPED = frozenset({"job", "instance"})
_OF_PROMETHEUS = frozenset({"ALERTS", "ALERTS_FOR_STATE"})
_SELECTING = frozenset({"topk", "bottomk", "limitk", "limit_ratio"})
_FROM_BUCKETS = frozenset({"histogram_quantile", "histogram_fraction"})
_WHOLE_LABEL = frozenset({".*", "(.*)", "^.*$"})


@dataclass(frozen=True)
class Recorded:
    """One recording rule: its expression, and the labels it sets itself."""

    expression: Node
    labels: Mapping[str, str]


Recordings = Mapping[str, Sequence[Recorded]]


def matcher_of(label: str, operator: str, value: str) -> Matcher:
    """A selector's matcher; its rules are those of Alertmanager's."""
    return Matcher(label, operator, value)


def label_values(node: Node, label: str, recordings: Recordings) -> Values:
    """What the label may hold in every series of the result."""
    return _Reader(label, recordings, frozenset()).read(node)


@dataclass(frozen=True)
class _Reader:
    label: str
    recordings: Recordings
    followed: frozenset[str]

    def read(self, node: Node) -> Values:
        match node:
            case Selector():
                return self._selected(node)
            case Subquery() | Negation():
                return self.read(node.expression)
            case Aggregation():
                return self._aggregated(node)
            case Call():
                return self._called(node)
            case Binary():
                return self._combined(node)
            case _:
                return MISSING

    def _selected(self, node: Selector) -> Values:
        own = allowed(
            matcher_of(m.label, m.operator, m.value) for m in node.matchers if m.label == self.label
        )
        if own is None or self.label == "__name__":
            return ANYTHING
        return own.meet(self._stored(node.metric))

    def _stored(self, metric: str | None) -> Values:
        if metric is None or metric in self.followed:
            return ANYTHING
        recorded = self.recordings.get(metric, ())
        if recorded:
            inside = _Reader(self.label, self.recordings, self.followed | {metric})
            found = [inside.recorded(rule) for rule in recorded]
            joined = found[0]
            for values in found[1:]:
                joined = joined.join(values)
            return joined
        is_scraped = ":" not in metric and metric not in _OF_PROMETHEUS
        return PRESENT if is_scraped and self.label in SCRAPED else ANYTHING

    def recorded(self, rule: Recorded) -> Values:
        """What a recording rule writes into the label."""
        if self.label in rule.labels:
            text = rule.labels[self.label]
            return ANYTHING if "{{" in text else exactly(text)
        return self.read(rule.expression)

    def _aggregated(self, node: Aggregation) -> Values:
        if node.operator in _SELECTING:
            return self.read(node.expression)
        if node.operator == "count_values":
            named = node.parameter.value if isinstance(node.parameter, Text) else None
            if named is None:
                return ANYTHING
            if named == self.label:
                return PRESENT
        if node.grouping is None:
            return MISSING
        if (self.label in node.labels) == (node.grouping == "by"):
            return self.read(node.expression)
        return MISSING

    def _called(self, node: Call) -> Values:
        if node.function in {"absent", "absent_over_time"}:
            return self._made_up(node.arguments[0])
        if node.function == "info":
            return ANYTHING
        vector = vector_argument(node)
        if node.function in {"vector", "time", "pi", "scalar"} or vector is None:
            return MISSING
        if node.function in _FROM_BUCKETS and self.label == "le":
            return MISSING
        if node.function in {"label_replace", "label_join"}:
            return self._relabelled(node, vector)
        return self.read(vector)

    def _made_up(self, node: Node) -> Values:
        """``absent`` makes up its labels from the equality matchers of its selector."""
        matchers = node.matchers if isinstance(node, Selector) else ()
        named = [matcher for matcher in matchers if matcher.label == self.label]
        if len(named) == 1 and named[0].operator == "=" and self.label != "__name__":
            return exactly(named[0].value)
        return MISSING

    def _relabelled(self, node: Call, vector: Node) -> Values:
        target = node.arguments[1] if len(node.arguments) > 1 else None
        if not isinstance(target, Text):
            return ANYTHING
        if target.value != self.label:
            return self.read(vector)
        texts = [part.value for part in node.arguments[2:] if isinstance(part, Text)]
        if node.function == "label_join" or len(texts) != 3 or "$" in texts[0]:
            return ANYTHING
        replacement, source, pattern = texts
        written = exactly(replacement)
        always = pattern in _WHOLE_LABEL or (not pattern and self._is_missing(vector, source))
        return written if always else self.read(vector).join(written)

    def _is_missing(self, vector: Node, label: str) -> bool:
        """Whether no series of the vector has the label; none has one without a name."""
        return not label or _Reader(label, self.recordings, self.followed).read(vector).is_missing

    def _combined(self, node: Binary) -> Values:  # noqa: PLR0911 - one for each operator
        if not is_vector(node.right):
            return self.read(node.left)
        if not is_vector(node.left):
            return self.read(node.right)
        left, right, matching = self.read(node.left), self.read(node.right), node.matching
        if node.operator == "or":
            return left.join(right)
        if node.operator == "unless":
            return left
        if matching is not None and matching.fill != (None, None):
            return left.join(right)
        both = left.meet(right) if is_matched(matching, self.label) else None
        if node.operator == "and":
            return left if both is None else both
        if matching is None or matching.cardinality == "OneToOne":
            return MISSING if both is None else both
        many, one = (left, right) if matching.cardinality == "ManyToOne" else (right, left)
        if self.label in matching.group_labels:
            return one
        return many if both is None else both


def is_matched(matching: Matching | None, label: str) -> bool:
    """Whether the label must be equal on both sides of an operator."""
    if matching is None or matching.kind is None:
        return True
    return (label in matching.labels) == (matching.kind == "on")
