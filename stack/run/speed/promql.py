"""Divides the durations of a PromQL expression in its text, and proves that nothing else moved.

The text is cut into tokens, the duration tokens are replaced, and both texts are parsed: apart
from the durations the two trees must be equal, and the durations must be those expected.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from stack.run.speed.durations import Speed, divide, format_duration
from stack.run.speed.errors import SpeedError
from stack.run.speed.lexer import (
    DurationToken,
    Kind,
    Role,
    Token,
    duration_tokens,
    meaningful,
    tokens,
)
from stack.run.speed.parser import parse
from stack.run.speed.tree import Node, durations_ms, masked


@dataclass(frozen=True)
class Expression:
    """An expression as text, tokens and tree. ``durations`` are in the order of the text."""

    text: str
    words: tuple[Token, ...]
    durations: tuple[DurationToken, ...]
    tree: Node

    @property
    def scalar_durations(self) -> tuple[Token, ...]:
        """Durations that stand where a number does, as in ``x > 5m``; these are not divided."""
        divided = {duration.token.start for duration in self.durations}
        return tuple(
            word for word in self.words if word.kind is Kind.DURATION and word.start not in divided
        )


@lru_cache(maxsize=1024)
def read_expression(text: str) -> Expression:
    """Cut and parse an expression. Raises SpeedError saying what cannot be read."""
    all_tokens = tokens(text)
    durations = duration_tokens(all_tokens)
    tree = parse(_for_parser(all_tokens, durations))
    seen = sorted(d.milliseconds for d in durations if d.milliseconds != 0)
    if seen != sorted(durations_ms(tree)):
        raise SpeedError(
            "its durations cannot be told apart for sure: found "
            f"{_listed(seen)} in the text, {_listed(durations_ms(tree))} in its meaning"
        )
    return Expression(text, tuple(meaningful(all_tokens)), tuple(durations), tree)


def divided_tokens(expression: Expression, speed: Speed) -> list[tuple[Token, str]]:
    """Each duration token with what stands there at this speed, in the order of the text."""
    return [
        (duration.token, format_duration(divide(duration.milliseconds, speed)))
        for duration in expression.durations
    ]


def divide_expression(text: str, speed: Speed) -> str:
    """The expression with every range, subquery, step and offset divided. Raises SpeedError.

    Spaces, comments, strings and numbers stay as they are written.
    """
    expression = read_expression(text)
    pieces = []
    position = 0
    for token, new in divided_tokens(expression, speed):
        pieces += [text[position : token.start], new]
        position = token.end
    divided = "".join((*pieces, text[position:]))
    expected_ms = [divide(duration.milliseconds, speed) for duration in expression.durations]
    check_only_durations_changed(expression, divided, expected_ms)
    return divided


def check_only_durations_changed(
    original: Expression, rewritten: str, expected_ms: Sequence[int]
) -> None:
    """Raise SpeedError unless the new text differs in its durations alone, and has these."""
    changed = read_expression(rewritten)
    if masked(changed.tree) != masked(original.tree):
        raise SpeedError(
            f"dividing its durations would change its meaning: {original.text!r} became "
            f"{rewritten!r}; please report this expression"
        )
    if [d.milliseconds for d in changed.durations] != list(expected_ms):
        raise SpeedError(
            f"its durations were not divided as meant: {original.text!r} became {rewritten!r}; "
            "please report this expression"
        )


def _for_parser(all_tokens: Sequence[Token], durations: Sequence[DurationToken]) -> str:
    """The same expression in the part of the language that promql-parser reads.

    It knows no comment between brackets, no backslash in a raw string, no underscore in a number,
    no range that starts with a point and no offset of zero, all of which Prometheus takes.
    """
    zero_offsets = {
        d.token.start for d in durations if d.role is Role.OFFSET and not d.milliseconds
    }
    pieces: list[str] = []
    for token in all_tokens:
        if token.kind is Kind.SPACE:
            pieces.append(" ")
        elif token.kind is Kind.STRING and token.text.startswith("`"):
            pieces.append(_quoted(token.text[1:-1]))
        elif token.kind is Kind.NUMBER:
            leading_zero = "0" if token.text.startswith(".") else ""
            pieces.append(leading_zero + token.text.replace("_", ""))
        else:
            pieces.append(token.text)
        if token.start in zero_offsets:
            del pieces[_last_offset(pieces) :]
    return "".join(pieces)


def _last_offset(pieces: Sequence[str]) -> int:
    return max(index for index, piece in enumerate(pieces) if piece.lower() == "offset")


def _quoted(raw: str) -> str:
    escaped = raw.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _listed(lengths: Sequence[int]) -> str:
    return ", ".join(format_duration(length) for length in lengths) or "none"
