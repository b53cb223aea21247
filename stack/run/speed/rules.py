"""Prometheus rule files: read with their lines, and written again with all durations divided."""

import difflib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Literal

from yaml.nodes import Node, ScalarNode

from stack.run.speed import yaml_text
from stack.run.speed.durations import Speed, divide, exact_speed, format_duration, parse_duration
from stack.run.speed.errors import Place, SpeedError
from stack.run.speed.promql import (
    Expression,
    divide_expression,
    divided_tokens,
    read_expression,
)
from stack.run.speed.rounding import PlacedDuration, check_rounding
from stack.run.speed.yaml_text import Edit

_Keys = dict[str, tuple[ScalarNode, Node]]

_FILE_KEYS = frozenset({"groups"})
_GROUP_KEYS = frozenset({"name", "interval", "query_offset", "limit", "labels", "rules"})
_RULE_KEYS = frozenset({"expr", "labels"})
_ALERT_KEYS = _RULE_KEYS | {"alert", "for", "keep_firing_for", "annotations"}
_RECORD_KEYS = _RULE_KEYS | {"record"}
_GROUP_DURATIONS = ("interval", "query_offset")
_RULE_DURATIONS = ("for", "keep_firing_for")


@dataclass(frozen=True)
class PlacedText:
    """A text of a rule file that can tell the line of each of its characters."""

    text: str
    file_text: str = field(repr=False, compare=False)
    node: ScalarNode = field(repr=False, compare=False)

    @property
    def line(self) -> int:
        """The line the text itself starts on."""
        return self.line_at(len(self.text) - len(self.text.lstrip()))

    def line_at(self, offset: int) -> int:
        """The line of one of its characters, or where the text starts if that is not known."""
        place = self._places[offset] if offset < len(self._places) else None
        if place is None:
            return yaml_text.line_of(self.node)
        return self.file_text.count("\n", 0, place) + 1

    @cached_property
    def _places(self) -> list[int | None]:
        return yaml_text.positions(self.file_text, self.node)


@dataclass(frozen=True)
class DurationSetting:
    """A key whose whole value is a duration."""

    key: str
    milliseconds: int
    value: PlacedText


@dataclass(frozen=True, eq=False)
class Rule:
    """One alerting or recording rule. ``line`` is that of its name."""

    kind: Literal["alert", "record"]
    name: str
    group: str
    path: str
    line: int
    expr: PlacedText
    expression: Expression
    settings: tuple[DurationSetting, ...]
    labels: Mapping[str, PlacedText]
    annotations: Mapping[str, PlacedText]

    def durations(self) -> Iterator[PlacedDuration]:
        """The rule's own durations: ``for``, ``keep_firing_for`` and all in its expression."""
        for setting in self.settings:
            place = Place(self.path, setting.key, setting.value.line)
            yield PlacedDuration(setting.milliseconds, place)
        for duration in self.expression.durations:
            line = self.expr.line_at(duration.token.start)
            place = Place(self.path, f"{duration.role.value} in expr of {self.name}", line)
            yield PlacedDuration(duration.milliseconds, place)


@dataclass(frozen=True)
class RuleFile:
    """A rule file: its rules, and the durations of its groups."""

    path: str
    text: str
    root: Node | None = field(repr=False, compare=False)
    rules: tuple[Rule, ...]
    group_settings: tuple[DurationSetting, ...]

    def durations(self) -> Iterator[PlacedDuration]:
        """All durations of the file, with their places."""
        for setting in self.group_settings:
            place = Place(self.path, setting.key, setting.value.line)
            yield PlacedDuration(setting.milliseconds, place)
        for rule in self.rules:
            yield from rule.durations()


def compress_rules(text: str, path: str | Path, speed: Speed) -> str:
    """A rule file with every duration divided by the speed; comments and lines stay.

    At speed 1 the text is returned untouched. Raises SpeedError with file and line where the
    file cannot be read, or where rounding would bend the durations.
    """
    if exact_speed(speed) == 1:
        return text
    file = read_rules(text, path)
    check_rounding(file.durations(), speed)
    return divide_rules(file, speed)


def divide_rules(file: RuleFile, speed: Speed) -> str:
    """The text of a file that was read, with every duration divided. Raises SpeedError."""
    changes: dict[ScalarNode, list[Edit]] = {}
    for setting in (*file.group_settings, *(s for rule in file.rules for s in rule.settings)):
        if setting.milliseconds > 0:
            new = format_duration(divide(setting.milliseconds, speed))
            changes[setting.value.node] = [Edit(0, len(setting.value.text), new)]
    for rule in file.rules:
        if rule.expression.durations:
            with _placed(rule.path, rule.expr, f"expr of {rule.name}"):
                divide_expression(rule.expression.text, speed)
            changes[rule.expr.node] = [
                Edit(token.start, token.end, new)
                for token, new in divided_tokens(rule.expression, speed)
            ]
    if file.root is None or not changes:
        return file.text
    return yaml_text.edit(file.text, changes, file.root, file.path)


def read_rules(text: str, path: str | Path) -> RuleFile:
    """Read a rule file. Raises SpeedError with file and line where it or an expression is wrong."""
    return _Reader(text.removeprefix("\ufeff"), str(path)).read()


class _Reader:
    """Reads one file; remembers what each value was taken for, as YAML anchors may share one."""

    def __init__(self, text: str, path: str) -> None:
        self.text = text
        self.path = path
        self.uses: dict[ScalarNode, str] = {}

    def read(self) -> RuleFile:
        root = yaml_text.compose(self.text, self.path)
        if root is None:
            return RuleFile(self.path, self.text, None, (), ())
        top = self._mapping(root, _FILE_KEYS, "a rule file")
        rules: list[Rule] = []
        settings: list[DurationSetting] = []
        for group in self._items(top, "groups"):
            keys = self._mapping(group, _GROUP_KEYS, "a rule group")
            name = self._text(keys, "name", group, "a rule group").text
            settings += self._durations(keys, _GROUP_DURATIONS, f"group {name}")
            self._texts(keys, "labels")
            rules += (self._rule(rule, name) for rule in self._items(keys, "rules"))
        return RuleFile(self.path, self.text, root, tuple(rules), tuple(settings))

    def _rule(self, node: Node, group: str) -> Rule:
        keys = yaml_text.mapping(node, self._place(node))
        named = [kind for kind in ("alert", "record") if kind in keys]
        if len(named) != 1:
            both = "has both 'alert' and 'record'" if named else "has neither 'alert' nor 'record'"
            raise SpeedError(f"a rule of group {group} {both}", place=self._place(node))
        kind: Literal["alert", "record"] = "alert" if named == ["alert"] else "record"
        self._check_keys(
            keys, _ALERT_KEYS if kind == "alert" else _RECORD_KEYS, f"a rule with {kind!r}"
        )
        name = self._text(keys, kind, node, "a rule")
        expr = self._text(keys, "expr", node, f"rule {name.text}")
        with _placed(self.path, expr, f"expr of {name.text}"):
            expression = read_expression(expr.text)
        return Rule(
            kind=kind,
            name=name.text,
            group=group,
            path=self.path,
            line=name.line,
            expr=expr,
            expression=expression,
            settings=tuple(self._durations(keys, _RULE_DURATIONS, name.text)),
            labels=self._texts(keys, "labels"),
            annotations=self._texts(keys, "annotations"),
        )

    def _mapping(self, node: Node, known: frozenset[str], what: str) -> _Keys:
        keys = yaml_text.mapping(node, self._place(node))
        self._check_keys(keys, known, what)
        return keys

    def _check_keys(self, keys: _Keys, known: frozenset[str], what: str) -> None:
        """Prometheus refuses unknown keys; here one might hold a duration left undivided."""
        for key, (key_node, _) in keys.items():
            if key not in known:
                nearest = difflib.get_close_matches(key, known, 1)
                meant = f"did you mean {nearest[0]!r}?" if nearest else "remove it"
                place = Place(self.path, key, yaml_text.line_of(key_node))
                raise SpeedError(f"{what} has no such key; {meant}", place=place)

    def _items(self, keys: _Keys, key: str) -> list[Node]:
        if key not in keys or yaml_text.is_null(keys[key][1]):
            return []
        node = keys[key][1]
        return yaml_text.sequence(node, Place(self.path, key, yaml_text.line_of(node)))

    def _text(self, keys: _Keys, key: str, owner: Node, what: str) -> PlacedText:
        if key not in keys or yaml_text.is_null(keys[key][1]):
            raise SpeedError(f"{what} has no '{key}'", place=self._place(owner))
        return self._use(keys[key][1], key, "text" if key != "expr" else key)

    def _texts(self, keys: _Keys, key: str) -> dict[str, PlacedText]:
        if key not in keys or yaml_text.is_null(keys[key][1]):
            return {}
        node = keys[key][1]
        pairs = yaml_text.mapping(node, Place(self.path, key, yaml_text.line_of(node)))
        return {name: self._use(value, name, "text") for name, (_, value) in pairs.items()}

    def _durations(
        self, keys: _Keys, wanted: tuple[str, ...], owner: str
    ) -> Iterator[DurationSetting]:
        for key in wanted:
            if key not in keys or yaml_text.is_null(keys[key][1]):
                continue
            value = self._use(keys[key][1], key, "duration")
            with _placed(self.path, value, f"{key} of {owner}"):
                milliseconds = parse_duration(value.text)
            yield DurationSetting(f"{key} of {owner}", milliseconds, value)

    def _use(self, value: Node, key: str, use: str) -> PlacedText:
        place = Place(self.path, key, yaml_text.line_of(value))
        node = yaml_text.scalar(value, place)
        if self.uses.setdefault(node, use) != use:
            raise SpeedError(
                f"one YAML anchor stands for a {use} here and for a {self.uses[node]} elsewhere, "
                "so it cannot be divided; write the value out",
                place=place,
            )
        return PlacedText(node.value, self.text, node)

    def _place(self, node: Node) -> Place:
        return Place(self.path, line=yaml_text.line_of(node))


@contextmanager
def _placed(path: str, value: PlacedText, key: str) -> Iterator[None]:
    """Say in an error where the value stands that caused it."""
    try:
        yield
    except SpeedError as error:
        raise SpeedError(error.what, place=Place(path, key, value.line)) from error
