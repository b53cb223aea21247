"""Finds the labels that the Go templates of annotations and labels show."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_ACTION = re.compile(r"\{\{-?(?P<code>(?:\"(?:\\.|[^\"\\])*\"|`[^`]*`|[^\"`])*?)-?\}\}")
_OF_LABELS = re.compile(r"\$labels\.(\w+)|\bindex\s+\$labels\s+\"([^\"]+)\"")
_OF_DOT = re.compile(r"(?<![\w.$)])\.Labels\.(\w+)")
_WHOLE = re.compile(r"\{\{-?\s*(?:\$labels|\.Labels)\.(\w+)\s*-?\}\}")
_BRANCH = re.compile(r"\s*(?:else\s+)?(?:if|with)\b|\b(?:and|or)\b")
_NEW_DOT = re.compile(r"\s*(?:range|with|template|define|block)\b")
_ASSIGNED = re.compile(r"\$labels\s*:?=")
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)


@dataclass(frozen=True)
class ShownLabel:
    """A label that a template shows, and where in the text."""

    label: str
    offset: int


def shown_labels(template: str) -> Iterator[ShownLabel]:
    """The labels of the alert that a template shows without asking whether they are there.

    ``.Labels`` means something else inside ``range`` and ``with``, so it counts in neither.
    """
    actions = [(found.start("code"), found["code"]) for found in _ACTION.finditer(template)]
    if any(_ASSIGNED.search(code) for _, code in actions):
        return
    patterns = [_OF_LABELS]
    if not any(_NEW_DOT.match(code) for _, code in actions):
        patterns.append(_OF_DOT)
    found = [
        (next(filter(None, label.groups())), start + label.start(), bool(_BRANCH.search(code)))
        for start, code in actions
        for pattern in patterns
        for label in pattern.finditer(_COMMENT.sub(_blank, code))
    ]
    asked = {label for label, _, is_asked in found if is_asked}
    yield from (ShownLabel(label, offset) for label, offset, _ in found if label not in asked)


def whole_label(template: str) -> str | None:
    """The label that a template is nothing but a copy of."""
    found = _WHOLE.fullmatch(template.strip())
    return None if found is None else found[1]


def _blank(found: re.Match[str]) -> str:
    return " " * len(found.group())
