"""The words of a PromQL expression, with their places: what may be a duration and what may not."""

import re
from dataclasses import dataclass
from enum import Enum, auto
from fractions import Fraction

from stack.run.speed.durations import parse_duration
from stack.run.speed.errors import SpeedError


class Kind(Enum):
    """What a token is."""

    SPACE = auto()
    STRING = auto()
    DURATION = auto()
    NUMBER = auto()
    WORD = auto()
    SYMBOL = auto()


class Role(Enum):
    """What a duration does in an expression."""

    RANGE = "range"
    SUBQUERY = "subquery"
    STEP = "step"
    OFFSET = "offset"


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the text; whitespace and comments are tokens of kind SPACE."""

    kind: Kind
    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)


@dataclass(frozen=True, slots=True)
class DurationToken:
    """A token in one of the places where PromQL takes a duration."""

    token: Token
    role: Role
    milliseconds: int


_SPACE = r"(?P<SPACE>\s+|#[^\n]*)"
_STRING = r"""(?P<STRING>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`[^`]*`)"""
_DURATION = r"(?P<DURATION>(?:[0-9]+(?:ms|[ywdhms]))+(?![\w.]))"
_NUMBER = (
    r"(?P<NUMBER>0[xX][0-9a-fA-F_]+"
    r"|(?:[0-9][0-9_]*(?:\.[0-9_]*)?|\.[0-9][0-9_]*)(?:[eE][+-]?[0-9][0-9_]*)?)"
)
_SYMBOL = r"(?P<SYMBOL>==|=~|!=|!~|<=|>=|.)"
_OUTSIDE = re.compile(
    "|".join((_SPACE, _STRING, _DURATION, _NUMBER, r"(?P<WORD>[a-zA-Z_:][\w:]*)", _SYMBOL)),
    re.ASCII,
)
# Between brackets a colon parts range and step, and is no part of a name.
_BRACKETED = re.compile(
    "|".join((_SPACE, _STRING, _DURATION, _NUMBER, r"(?P<WORD>[a-zA-Z_]\w*)", _SYMBOL)), re.ASCII
)
_ENDS_OPERAND = frozenset(")]}")
_OPERATOR_WORDS = frozenset({"and", "or", "unless", "atan2", "bool"})
_OPENING_QUOTES = frozenset("\"'`")


def tokens(expression: str) -> list[Token]:
    """The expression cut into tokens that join to the same text. Raises SpeedError."""
    found: list[Token] = []
    position = 0
    bracketed = False
    while position < len(expression):
        match = (_BRACKETED if bracketed else _OUTSIDE).match(expression, position)
        if match is None or match.lastgroup is None or match.group() in _OPENING_QUOTES:
            raise SpeedError(
                f"cannot be parsed as PromQL: a string is not closed: {expression[position:][:40]}"
            )
        token = Token(Kind[match.lastgroup], match.group(), position)
        if token.kind is Kind.SYMBOL and token.text in "[]":
            bracketed = token.text == "["
        found.append(token)
        position = token.end
    return found


def meaningful(all_tokens: list[Token]) -> list[Token]:
    """The tokens without whitespace and comments."""
    return [token for token in all_tokens if token.kind is not Kind.SPACE]


def duration_tokens(all_tokens: list[Token]) -> list[DurationToken]:
    """Every duration in a range, subquery, step or offset, in the order of the text.

    A bare number there counts seconds, as Prometheus 3 reads it. Raises SpeedError.
    """
    words = meaningful(all_tokens)
    found: list[DurationToken] = []
    index = 0
    while index < len(words):
        if words[index].text == "[" and words[index].kind is Kind.SYMBOL:
            closing = _closing_bracket(words, index)
            found += _bracket_durations(words[index + 1 : closing])
            index = closing
        elif _is_offset(words, index):
            index += 2 if words[index + 1].text in ("+", "-") else 1
            if index < len(words) and words[index].kind in (Kind.DURATION, Kind.NUMBER):
                found.append(_duration(words[index], Role.OFFSET))
        index += 1
    return found


def _closing_bracket(words: list[Token], opening: int) -> int:
    for index in range(opening + 1, len(words)):
        if words[index].kind is Kind.SYMBOL and words[index].text == "]":
            return index
    raise SpeedError("cannot be parsed as PromQL: a range is not closed: no ']' after '['")


def _bracket_durations(inside: list[Token]) -> list[DurationToken]:
    colons = [i for i, word in enumerate(inside) if word.text == ":"]
    found = []
    for i, word in enumerate(inside):
        if word.kind not in (Kind.DURATION, Kind.NUMBER):
            continue
        before_colon = Role.SUBQUERY if colons else Role.RANGE
        role = Role.STEP if colons and i > colons[0] else before_colon
        found.append(_duration(word, role))
    return found


def _is_offset(words: list[Token], index: int) -> bool:
    """Whether this word is the modifier; a metric or a label may be named offset too."""
    word = words[index]
    if word.kind is not Kind.WORD or word.text.lower() != "offset" or index == 0:
        return False
    if index + 1 >= len(words):
        return False
    before = words[index - 1]
    if before.kind is Kind.WORD:
        return before.text.lower() not in _OPERATOR_WORDS
    return before.text in _ENDS_OPERAND or before.kind in (Kind.NUMBER, Kind.DURATION)


def _duration(token: Token, role: Role) -> DurationToken:
    if token.kind is Kind.DURATION:
        return DurationToken(token, role, parse_duration(token.text))
    milliseconds = number_value(token.text) * 1000
    if milliseconds.denominator != 1:
        raise SpeedError(f"{token.text} s is no whole number of milliseconds; write such as 500ms")
    return DurationToken(token, role, int(milliseconds))


def number_value(text: str) -> Fraction:
    """The exact value of a number as PromQL spells it."""
    plain = text.replace("_", "")
    return Fraction(int(plain, 16)) if plain[:2] in ("0x", "0X") else Fraction(plain)
