"""Which parts of an expression must give something, or the whole gives nothing."""

from collections.abc import Iterator

from stack.run.speed.tree import (
    Aggregation,
    Binary,
    Call,
    Negation,
    Node,
    Subquery,
)
from stack.run.speed.vectors import is_vector, vector_argument

COMPARISONS = frozenset({"==", "!=", ">", "<", ">=", "<="})
_MADE_OF_NOTHING = frozenset({"absent", "absent_over_time", "vector", "scalar", "time", "pi"})


def essential_parts(node: Node) -> Iterator[Node]:
    """The node and all below it without whose result it has none itself."""
    yield node
    match node:
        case Subquery() | Negation() | Aggregation():
            yield from essential_parts(node.expression)
        case Call() if node.function not in _MADE_OF_NOTHING:
            vector = vector_argument(node)
            if vector is not None:
                yield from essential_parts(vector)
        case Binary() if node.operator != "or":
            fill_left, fill_right = (None, None) if node.matching is None else node.matching.fill
            if is_vector(node.left) and fill_left is None:
                yield from essential_parts(node.left)
            if is_vector(node.right) and fill_right is None and node.operator != "unless":
                yield from essential_parts(node.right)
        case _:
            return


def joins_vectors(node: Binary) -> bool:
    """Whether series of one side have to find series of the other."""
    return is_vector(node.left) and is_vector(node.right)


def is_filter(node: Node) -> bool:
    """Whether a comparison lets only those series through for which it is true."""
    return isinstance(node, Binary) and node.operator in COMPARISONS and not node.as_bool
