"""A PromQL expression as a tree of plain values.

Everything PromQL tells apart is kept, parentheses aside, so two trees are equal exactly where the
expressions mean the same.
"""

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Number:
    """A number. It is kept as text too, because no NaN equals another."""

    spelled: str

    @property
    def value(self) -> float:
        return float(self.spelled)


@dataclass(frozen=True, slots=True)
class Text:
    """A string."""

    value: str


@dataclass(frozen=True, slots=True)
class Matcher:
    """A label matcher; ``operator`` is one of ``=``, ``!=``, ``=~``, ``!~``."""

    label: str
    operator: str
    value: str


@dataclass(frozen=True, slots=True)
class Selector:
    """An instant vector selector; ``range_ms`` makes it a range vector."""

    name: str | None
    matchers: tuple[Matcher, ...]
    range_ms: int | None
    offset_ms: int | None
    at: str | None

    @property
    def metric(self) -> str | None:
        """The one metric it selects, wherever its name is written; None for a pattern."""
        if self.name is not None:
            return self.name
        for matcher in self.matchers:
            if matcher.label == "__name__" and matcher.operator == "=":
                return matcher.value
        return None


@dataclass(frozen=True, slots=True)
class Subquery:
    """An expression evaluated over a range of time."""

    expression: "Node"
    range_ms: int
    step_ms: int | None
    offset_ms: int | None
    at: str | None


@dataclass(frozen=True, slots=True)
class Call:
    """A function with its arguments."""

    function: str
    arguments: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Aggregation:
    """``sum``, ``topk`` and so on; ``labels`` are those of ``by`` or ``without``."""

    operator: str
    parameter: "Node | None"
    expression: "Node"
    grouping: str | None
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Matching:
    """How the series of two vectors find each other."""

    cardinality: str
    kind: str | None
    labels: tuple[str, ...]
    group_labels: tuple[str, ...]
    fill: tuple[float | None, float | None]


@dataclass(frozen=True, slots=True)
class Binary:
    """Two expressions and the operator between them; ``as_bool`` where it is ``> bool``."""

    operator: str
    left: "Node"
    right: "Node"
    as_bool: bool
    matching: Matching | None


@dataclass(frozen=True, slots=True)
class Negation:
    """A minus before an expression."""

    expression: "Node"


Node = Number | Text | Selector | Subquery | Call | Aggregation | Binary | Negation


def children(node: Node) -> tuple[Node, ...]:
    """The expressions directly below, in the order of the text."""
    match node:
        case Subquery() | Negation():
            return (node.expression,)
        case Call():
            return node.arguments
        case Aggregation():
            below = () if node.parameter is None else (node.parameter,)
            return (*below, node.expression)
        case Binary():
            return (node.left, node.right)
        case _:
            return ()


def walk(node: Node) -> Iterator[Node]:
    """The node and all below it, each before what is below it."""
    yield node
    for child in children(node):
        yield from walk(child)


def durations_ms(node: Node) -> list[int]:
    """Every duration in the tree, those of offsets without their sign."""
    return [
        abs(length)
        for part in walk(node)
        for name in ("range_ms", "step_ms", "offset_ms")
        if (length := getattr(part, name, None)) is not None
    ]


def masked(value: object) -> object:
    """The tree with all durations made equal: what has to stay when they are divided.

    That there is a duration, and the sign of an offset, are kept.
    """
    if isinstance(value, tuple):
        return tuple(masked(item) for item in value)
    if not dataclasses.is_dataclass(value):
        return value
    return (
        type(value).__name__,
        *(
            _masked_duration(getattr(value, field.name))
            if field.name.endswith("_ms")
            else masked(getattr(value, field.name))
            for field in dataclasses.fields(value)
        ),
    )


def _masked_duration(milliseconds: int | None) -> str:
    if milliseconds is None:
        return "absent"
    return "negative" if milliseconds < 0 else "present"


def without_offsets(node: Node) -> Node:
    """The same expression, all of it read at the time of evaluation."""
    match node:
        case Selector():
            return replace(node, offset_ms=None)
        case Subquery():
            return replace(node, expression=without_offsets(node.expression), offset_ms=None)
        case Call():
            return replace(node, arguments=tuple(map(without_offsets, node.arguments)))
        case Aggregation() | Negation():
            return replace(node, expression=without_offsets(node.expression))
        case Binary():
            return replace(node, left=without_offsets(node.left), right=without_offsets(node.right))
        case _:
            return node
