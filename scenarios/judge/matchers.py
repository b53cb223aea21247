"""Alertmanager's label matchers: read from its old and new configuration syntax, and applied."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from scenarios.judge.errors import ConfigurationError

_NAME = r'(?:"(?P<quoted_name>(?:\\.|[^"\\])*)"|(?P<name>[^\s{}!=~,"\'`\\]+))'
_VALUE = r'(?:"(?P<quoted>(?:\\.|[^"\\])*)"|(?P<bare>[^,"]*?))'
_MATCHER = re.compile(rf"\s*{_NAME}\s*(?P<operator>=~|!~|!=|=)\s*{_VALUE}\s*(?:,|$)", re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPED = {"n": "\n", '"': '"', "\\": "\\"}
_RESERVED = re.compile(r"[\s{}!=~,\"'`\\]")


@dataclass(frozen=True)
class Matcher:
    """One condition on one label. A label that is missing has the value ''.

    Expressions are anchored at both ends.
    """

    name: str
    operator: str
    value: str

    def __str__(self) -> str:
        """As Alertmanager writes it, in a group key for one (pkg/labels/matcher.go)."""
        name = _quoted(self.name) if _RESERVED.search(self.name) else self.name
        return f"{name}{self.operator}{_quoted(self.value)}"

    def matches(self, labels: Mapping[str, str]) -> bool:
        held = labels.get(self.name, "")
        match self.operator:
            case "=":
                return held == self.value
            case "!=":
                return held != self.value
            case "=~":
                return _compiled(self.value).fullmatch(held) is not None
            case _:
                return _compiled(self.value).fullmatch(held) is None


def all_match(matchers: Iterable[Matcher], labels: Mapping[str, str]) -> bool:
    """Whether the labels satisfy every matcher; no matcher at all is always satisfied."""
    return all(matcher.matches(labels) for matcher in matchers)


def configured_matchers(node: Mapping[str, Any], prefix: str = "") -> tuple[Matcher, ...]:
    """The matchers of a route (no prefix) or of one side of an inhibition (source_, target_)."""
    equal = node.get(f"{prefix}match") or {}
    regular = node.get(f"{prefix}match_re") or {}
    written = node.get(f"{prefix}matchers") or []
    lines = [written] if isinstance(written, str) else written
    return (
        *(Matcher(name, "=", _text(value)) for name, value in equal.items()),
        *(Matcher(name, "=~", _text(value)) for name, value in regular.items()),
        *(matcher for line in lines for matcher in parse_matchers(line)),
    )


def parse_matchers(text: str) -> tuple[Matcher, ...]:
    """The matchers of one line: ``severity=~"warning|critical"`` or ``{a="b", c!="d"}``."""
    # Each brace is optional by itself, as in Alertmanager's classic parser.
    stripped = text.strip().removeprefix("{").removesuffix("}")
    return tuple(_parsed(stripped, text))


def _parsed(stripped: str, whole: str) -> Iterator[Matcher]:
    position = 0
    while position < len(stripped.rstrip()):
        found = _MATCHER.match(stripped, position)
        if found is None:
            raise ConfigurationError(
                f"matcher {whole!r}: cannot read {stripped[position:]!r}; "
                'write such as severity="critical" or team=~"api|payments"'
            )
        quoted_name = found["quoted_name"]
        name = found["name"] if quoted_name is None else _unescaped(quoted_name)
        quoted = found["quoted"]
        yield Matcher(
            name, found["operator"], _unescaped(found["bare"] if quoted is None else quoted)
        )
        position = found.end()


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
    return f'"{escaped}"'


def _unescaped(text: str) -> str:
    """A backslash that escapes nothing stands for itself, as in Alertmanager's classic parser."""
    return _ESCAPE.sub(lambda found: _ESCAPED.get(found[1], found[0]), text)


def _text(value: object) -> str:
    """A YAML scalar as the string Alertmanager reads."""
    return str(value).lower() if isinstance(value, bool) else str(value)


@lru_cache(maxsize=1024)
def _compiled(expression: str) -> re.Pattern[str]:
    try:
        return re.compile(expression)
    except re.error as error:
        raise ConfigurationError(
            f"matcher expression {expression!r} cannot be read: {error}"
        ) from error
