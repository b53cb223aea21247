"""Which expressions give series, and which argument of a function does."""

from stack.run.speed.tree import Aggregation, Binary, Call, Negation, Node, Selector, Subquery

_SCALARS = frozenset({"time", "scalar", "pi"})


def is_vector(node: Node) -> bool:
    """Whether an expression gives series, not a number or a text."""
    match node:
        case Selector() | Aggregation() | Subquery():
            return True
        case Negation():
            return is_vector(node.expression)
        case Binary():
            return is_vector(node.left) or is_vector(node.right)
        case Call():
            return node.function not in _SCALARS
        case _:
            return False


def vector_argument(call: Call) -> Node | None:
    """The series that a function is given; None where it is given only numbers."""
    return next((argument for argument in call.arguments if is_vector(argument)), None)
