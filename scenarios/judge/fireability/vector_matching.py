"""Operators between series that can never find each other, for their labels."""

from collections.abc import Iterator

from scenarios.judge.fireability.defect import Check, Defect
from scenarios.judge.fireability.essential import essential_parts, joins_vectors
from scenarios.judge.fireability.label_values import SCRAPED, is_matched, label_values
from scenarios.judge.fireability.subject import Subject, place_of
from scenarios.judge.fireability.values import Values
from stack.run.speed.tree import Aggregation, Binary, Node, Selector, walk

CHECK = Check(
    "never-matched",
    "an operator between two vectors whose labels can never be equal: one side aggregates a label "
    "away that the other has, or both hold it with different values",
    "series find each other by equal labels, all of them unless on() or ignoring() says otherwise; "
    "what finds nothing gives nothing",
    ("error", "warning"),
)


def find(subject: Subject) -> Iterator[Defect]:
    for rule in subject.rules:
        tree = rule.expression.tree
        essential = list(essential_parts(tree))
        for node in dict.fromkeys(walk(tree)):
            if not isinstance(node, Binary) or node.operator == "or" or not joins_vectors(node):
                continue
            matching = node.matching
            if matching is not None and matching.fill != (None, None):
                continue
            for label in sorted(_labels(node)):
                if not is_matched(matching, label):
                    continue
                left = label_values(node.left, label, subject.recordings)
                right = label_values(node.right, label, subject.recordings)
                if left.differs_from(right):
                    yield CHECK.defect(
                        place_of(rule),
                        f"{rule.name}: no series left of `{node.operator}` finds one on its right",
                        f"{label} is {_said(left)} on the left and {_said(right)} on the right",
                        f"keep {label} on both sides, or match with on(...) or ignoring({label})",
                        is_certain=node in essential and node.operator != "unless",
                    )
                    break


def _labels(node: Binary) -> set[str]:
    """Every label of which something is known on either side."""
    named = set(SCRAPED)
    if node.matching is not None:
        named |= set(node.matching.labels)
    for part in _below(node):
        if isinstance(part, Aggregation):
            named |= set(part.labels)
        elif isinstance(part, Selector):
            named |= {matcher.label for matcher in part.matchers}
    return named - {"__name__"}


def _below(node: Binary) -> Iterator[Node]:
    yield from walk(node.left)
    yield from walk(node.right)


def _said(values: Values) -> str:
    if values.is_missing:
        return "never there"
    if values.listed is None:
        return "always there"
    return " or ".join(f'"{text}"' for text in sorted(values.listed))
