"""Comparisons that can never be true."""

from collections.abc import Iterator, Mapping

from scenarios.judge.fireability.bounds import bounds, is_possible
from scenarios.judge.fireability.defect import Check, Defect
from scenarios.judge.fireability.essential import essential_parts, is_filter
from scenarios.judge.fireability.subject import Subject, place_of
from stack.run.speed import Place
from stack.run.speed.tree import Aggregation, Binary, Node, walk

CHECK = Check(
    "never-true",
    "a comparison that no numbers can satisfy: a share above 1, a count of 0, a rate below 0, `up` "
    "above 1, a quantile above the last bucket",
    "shares lie between 0 and 1, what counts series gives nothing where there are none, and a "
    "quantile ends at the largest finite bucket (known once the stack runs)",
    ("error", "warning"),
)


def find(subject: Subject) -> Iterator[Defect]:
    for rule in subject.rules:
        yield from never_true(rule.name, rule.expression.tree, place_of(rule), {})


def never_true(
    name: str, tree: Node, place: Place, highest_buckets: Mapping[str, float]
) -> Iterator[Defect]:
    """The comparisons of one expression; ``highest_buckets`` as far as they are known."""
    essential = list(essential_parts(tree))
    found: list[Binary] = []
    for node in walk(tree):
        if not isinstance(node, Binary) or not is_filter(node) or node in found:
            continue
        left, right = bounds(node.left, highest_buckets), bounds(node.right, highest_buckets)
        # What is never true inside makes what is around it never true as well.
        if left.least > left.most or right.least > right.most:
            continue
        if is_possible(node, left, right):
            continue
        found.append(node)
        counts = any(
            isinstance(side, Aggregation) and side.operator in {"count", "group", "sum"}
            for side in (node.left, node.right)
        )
        yield CHECK.defect(
            place,
            f"{name}: a comparison with {node.operator} is never true",
            f"its left side is {left}, its right side {right}",
            "nothing is left to count where no series is: write absent(...), or add "
            "`or vector(0)` to the left side"
            if counts
            else "correct the threshold, or what is compared with it",
            is_certain=node in essential,
        )
