"""Whether an alert has a degree: whether anything could come near its threshold and stay below."""

from stack.run.speed import SpeedError
from stack.run.speed.constants import constant_value
from stack.run.speed.promql import read_expression
from stack.run.speed.tree import Binary, Node, Selector, walk

FLIPPED = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}
UP = "up"


def has_degree(expression: str) -> bool:
    """False where an alert tells of a state alone, so that it has no near miss.

    A state is ``up`` or a metric named such as ``redis_up``, equality (``== 0``), anything at all
    (``> 0``), presence and absence. What cannot be read is taken to have a degree.
    """
    try:
        tree = read_expression(expression).tree
    except SpeedError:
        return True
    return any(isinstance(node, Binary) and _is_graded(node) for node in walk(tree))


def _is_graded(node: Binary) -> bool:
    if node.operator not in FLIPPED:
        return False
    right_above_zero = node.operator == ">" and constant_value(node.right) == 0
    left_above_zero = FLIPPED[node.operator] == ">" and constant_value(node.left) == 0
    return not right_above_zero and not left_above_zero and not _is_of_up(node)


def _is_of_up(node: Node) -> bool:
    metrics = [part.metric or "" for part in walk(node) if isinstance(part, Selector)]
    return bool(metrics) and all(metric == UP or metric.endswith(f"_{UP}") for metric in metrics)
