"""Values of expressions that no series has a part in, such as ``24 * 3600``."""

import math
import operator
from collections.abc import Callable

from stack.run.speed.tree import Binary, Call, Negation, Node, Number

_ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "%": math.fmod,
    "^": math.pow,
}


def constant_value(node: Node) -> float | None:
    """The number an expression always has, whatever is scraped and when; None if it has none."""
    match node:
        case Number():
            return node.value
        case Negation():
            inner = constant_value(node.expression)
            return None if inner is None else -inner
        case Call(function="pi"):
            return math.pi
        case Call(function="vector" | "scalar"):
            return constant_value(node.arguments[0])
        case Binary():
            left, right = constant_value(node.left), constant_value(node.right)
            return None if left is None or right is None else _calculated(node, left, right)
        case _:
            return None


def literals(node: Node) -> tuple[float, ...]:
    """The numbers that a constant expression of several is calculated from; none for a bare one."""
    return _numbers(node) if isinstance(node, Binary) else ()


def _numbers(node: Node) -> tuple[float, ...]:
    match node:
        case Number():
            return (node.value,)
        case Negation():
            return _numbers(node.expression)
        case Binary():
            return (*_numbers(node.left), *_numbers(node.right))
        case _:
            return ()


def _calculated(node: Binary, left: float, right: float) -> float | None:
    calculate = _ARITHMETIC.get(node.operator)
    try:
        return None if calculate is None else calculate(left, right)
    except (ArithmeticError, ValueError):
        return None
