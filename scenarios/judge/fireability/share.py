"""Whether a quotient is the share of a part in a whole that contains it: at most 1."""

from collections.abc import Callable, Iterator

from stack.run.speed.tree import Aggregation, Binary, Call, Node, Selector

_RATES = frozenset({"rate", "irate", "increase"})


def is_share(node: Binary, is_positive: Callable[[Node], bool]) -> bool:
    """Whether ``part / whole`` lies between 0 and 1 wherever the whole is not 0.

    The whole is a sum over all series of the part and maybe others, or such sums added up.
    """
    if node.matching is not None and node.matching.cardinality != "OneToOne":
        return False
    if not is_positive(node.left):
        return False
    terms = list(_terms(node.right))
    containing = [term for term in terms if _contains(term, node.left)]
    return bool(containing) and all(is_positive(term) for term in terms)


def _terms(node: Node) -> Iterator[Node]:
    if isinstance(node, Binary) and node.operator == "+":
        yield from _terms(node.left)
        yield from _terms(node.right)
    else:
        yield node


def _contains(whole: Node, part: Node) -> bool:
    if whole == part:
        return True
    match whole, part:
        case Aggregation(), Aggregation():
            return (
                whole.operator == part.operator == "sum"
                and whole.grouping == part.grouping
                and frozenset(whole.labels) == frozenset(part.labels)
                and _contains_series(whole.expression, part.expression)
            )
        case _:
            return False


def _contains_series(whole: Node, part: Node) -> bool:
    """Whether every series of the part is one of the whole, with the same number."""
    match whole, part:
        case Call(), Call():
            return (
                whole.function == part.function
                and whole.function in _RATES
                and _contains_series(whole.arguments[0], part.arguments[0])
            )
        case Selector(), Selector():
            return (
                whole.metric is not None
                and whole.metric == part.metric
                and (whole.range_ms, whole.offset_ms, whole.at)
                == (part.range_ms, part.offset_ms, part.at)
                and set(whole.matchers) <= set(part.matchers)
            )
        case _:
            return False
