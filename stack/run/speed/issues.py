"""Reasons why an expression says something else once its durations are divided."""

from dataclasses import dataclass
from enum import Enum

from stack.run.speed.lexer import Kind, Token
from stack.run.speed.promql import Expression


class Cause(Enum):
    """What does not survive division."""

    COUNT = "a count over a window"
    PREDICTION = "a prediction"
    CLOCK = "the clock"
    CALENDAR = "the calendar"
    SECONDS = "seconds as a number"
    LOAD_AVERAGE = "the kernel's load average"
    TEMPLATE_QUERY = "a query in a template"
    KEPT_REAL = "a duration that stays real"
    FEW_SCRAPES = "too few scrapes"


WHY = {
    Cause.COUNT: "its window shrinks with the speed while the load stays, so it counts less",
    Cause.PREDICTION: "it looks ahead by real seconds from a window that was divided",
    Cause.CLOCK: "the clock, and every age and timestamp, goes by real seconds",
    Cause.CALENDAR: "the calendar does not go faster with the speed",
    Cause.SECONDS: "a number is not divided by the speed, though it means a duration",
    Cause.LOAD_AVERAGE: "the kernel averages over 1, 5 and 15 real minutes",
    Cause.TEMPLATE_QUERY: "templates are not rewritten, so it keeps production's durations",
}


@dataclass(frozen=True)
class Word:
    """A function or a metric in an expression: the ``occurrence``-th of that name, from 0."""

    text: str
    occurrence: int
    is_call: bool


@dataclass(frozen=True)
class Issue:
    """Something that does not survive; ``detail`` says how the part at ``word`` is used."""

    cause: Cause
    word: Word
    detail: str
    why: str


def locate(expression: Expression, word: Word) -> tuple[int, str]:
    """Offset and source of a call or selector; offset 0 where its name is not spelled out."""
    words = expression.words
    found = [
        index
        for index, token in enumerate(words)
        if token.kind is Kind.WORD
        and token.text == word.text
        and _opens(words, index + 1, "(") == word.is_call
    ]
    if word.occurrence >= len(found):
        return 0, word.text
    first = found[word.occurrence]
    last = first
    for opening, closing in (("(", ")"), ("{", "}"), ("[", "]")):
        if _opens(words, last + 1, opening) and (opening == "(") <= word.is_call:
            last = _matching(words, last + 1, opening, closing)
    start, end = words[first].start, words[last].end
    return start, " ".join(expression.text[start:end].split())


def _opens(words: tuple[Token, ...], index: int, bracket: str) -> bool:
    return index < len(words) and words[index].text == bracket


def _matching(words: tuple[Token, ...], opening: int, left: str, right: str) -> int:
    depth = 0
    for index in range(opening, len(words)):
        depth += (words[index].text == left) - (words[index].text == right)
        if depth == 0:
            return index
    return len(words) - 1
