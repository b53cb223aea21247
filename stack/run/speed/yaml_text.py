"""Edits single values inside a YAML text: its comments, order and lines stay as they are."""

import re
from collections.abc import Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from stack.run.speed.errors import Place, SpeedError

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MERGE_TAG = "tag:yaml.org,2002:merge"
_NULL_TAG = "tag:yaml.org,2002:null"
# How one character of a value is written, by style; a line may end inside an escape.
_UNITS = {
    "": re.compile(r".", re.DOTALL),
    "'": re.compile(r"''|.", re.DOTALL),
    '"': re.compile(
        r"\\x[0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\U[0-9a-fA-F]{8}|\\\r?\n[ \t]*|\\.|.", re.DOTALL
    ),
}
_PROPERTIES = re.compile(r"(?:[&!]\S*\s+)+")


@dataclass(frozen=True)
class Edit:
    """New text for the characters ``start`` to ``end`` of a value."""

    start: int
    end: int
    text: str


def compose(text: str, path: str) -> Node | None:
    """The nodes of a YAML text with their places; None if it is empty. Raises SpeedError."""
    with _reading(path):
        return yaml.compose(text, Loader=_LOADER)


def load(text: str, path: str) -> Any:
    """The plain data of a YAML text. Raises SpeedError."""
    with _reading(path):
        return yaml.load(text, Loader=_LOADER)  # noqa: S506 - one of the two safe loaders


@contextmanager
def _reading(path: str) -> Iterator[None]:
    try:
        yield
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = None if mark is None else mark.line + 1
        what = ": ".join(filter(None, (error.context, error.problem)))
        raise SpeedError(f"not YAML: {what}", place=Place(path, line=line)) from error
    except yaml.YAMLError as error:
        raise SpeedError(f"not YAML: {error}", place=Place(path)) from error


def line_of(node: Node) -> int:
    """The line a node starts on, counted from 1."""
    return int(node.start_mark.line) + 1


def is_null(node: Node) -> bool:
    """Whether a key is there without a value."""
    return isinstance(node, ScalarNode) and node.tag == _NULL_TAG


def mapping(node: Node, place: Place) -> dict[str, tuple[ScalarNode, Node]]:
    """Key and value nodes by key, with ``<<`` merged in. Raises SpeedError."""
    if not isinstance(node, MappingNode):
        raise SpeedError("a mapping of keys and values belongs here", place=place)
    own: dict[str, tuple[ScalarNode, Node]] = {}
    merged: dict[str, tuple[ScalarNode, Node]] = {}
    for key, value in node.value:
        if not isinstance(key, ScalarNode):
            raise SpeedError("a key has to be plain text", place=place)
        if key.tag == _MERGE_TAG:
            for source in value.value if isinstance(value, SequenceNode) else [value]:
                merged = {**mapping(source, place), **merged}
        elif key.value in own:
            where = Place(place.path, key.value, line_of(key))
            raise SpeedError("this key stands twice in one mapping", place=where)
        else:
            own[key.value] = (key, value)
    return {**merged, **own}


def sequence(node: Node, place: Place) -> list[Node]:
    """The nodes of a list. Raises SpeedError."""
    if not isinstance(node, SequenceNode):
        raise SpeedError("a list belongs here", place=place)
    return list(node.value)


def scalar(node: Node, place: Place) -> ScalarNode:
    """The node as one that holds a single value. Raises SpeedError."""
    if not isinstance(node, ScalarNode):
        raise SpeedError("a single value belongs here", place=place)
    return node


def edit(text: str, changes: Mapping[ScalarNode, Sequence[Edit]], root: Node, path: str) -> str:
    """The text with these values edited in place, and everything else as it was.

    The result is read again and has to hold all other values unchanged. Raises SpeedError.
    """
    replacements = sorted(
        replacement for node, edits in changes.items() for replacement in _spans(text, node, edits)
    )
    pieces: list[str] = []
    position = 0
    for start, end, new in replacements:
        pieces += [text[position:start], new]
        position = end
    edited = "".join((*pieces, text[position:]))
    expected = {node: edited_value(node.value, edits) for node, edits in changes.items()}
    after = compose(edited, path)
    if after is None or _content(after, {}) != _content(root, expected):
        raise SpeedError(
            "its values cannot be edited in place; write expressions as block scalars (expr: |)",
            place=Place(path),
        )
    return edited


def edited_value(value: str, edits: Sequence[Edit]) -> str:
    """The value with its edits made; they come in the order of the text."""
    for change in reversed(edits):
        value = value[: change.start] + change.text + value[change.end :]
    return value


def _spans(text: str, node: ScalarNode, edits: Sequence[Edit]) -> Iterator[tuple[int, int, str]]:
    places = positions(text, node)
    for change in edits:
        first, last = places[change.start], places[change.end - 1]
        if first is not None and last is not None:
            yield first, last + 1, change.text


def positions(text: str, node: ScalarNode) -> list[int | None]:
    """Where in the text each character of a value stands; None for whitespace.

    YAML folds and indents lines and has escapes, but keeps the order of all that is not whitespace.
    """
    start, end = _start(text, node), node.end_mark.index
    if node.style in ("|", ">"):
        start = text.index("\n", start) + 1
    elif node.style in ("'", '"'):
        start, end = start + 1, end - 1
    units = _UNITS[node.style if node.style in ("'", '"') else ""]
    source = (
        unit.start() for unit in units.finditer(text, start, end) if not _is_space(unit.group())
    )
    return [None if character.isspace() else next(source, None) for character in node.value]


def _is_space(unit: str) -> bool:
    """Whether a character, as it is written in the text, is whitespace or nothing at all."""
    if len(unit) == 1 or not unit.startswith("\\"):
        return unit.isspace()
    if unit[1] in "xuU":
        return chr(int(unit[2:], 16)).isspace()
    return unit[1] in "\t\r\n tnvfr_NLP"


def _start(text: str, node: ScalarNode) -> int:
    """Where a value starts, behind the anchor or tag it may have."""
    properties = _PROPERTIES.match(text, node.start_mark.index)
    return node.start_mark.index if properties is None else properties.end()


def _content(node: Node, expected: Mapping[ScalarNode, str]) -> Hashable:
    """All that a YAML text says, with the expected values in place of some."""
    match node:
        case MappingNode():
            pairs = ((_content(k, expected), _content(v, expected)) for k, v in node.value)
            return (node.tag, tuple(pairs))
        case SequenceNode():
            return (node.tag, tuple(_content(item, expected) for item in node.value))
        case ScalarNode() if node in expected:
            return (node.tag, expected[node])
        case _:
            return (node.tag, node.value)
