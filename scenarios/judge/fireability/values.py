"""What a label may hold, as far as it is known, and what matchers make of that.

A label that is missing holds the text '', as Prometheus and Alertmanager have it. Whatever is not
certain is left open: a matcher answers yes, no, or None.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from scenarios.judge.errors import ConfigurationError
from scenarios.judge.matchers import Matcher

_LITERAL = r"[\w\-/: @,]*"
_LITERALS = re.compile(rf"\((?:\?:)?({_LITERAL}(?:\|{_LITERAL})*)\)|({_LITERAL}(?:\|{_LITERAL})*)")
_NEGATED = {"=": "!=", "!=": "=", "=~": "!~", "!~": "=~"}
_ANY_TEXT = frozenset({".*", "(.*)"})
_SOME_TEXT = frozenset({".+", "(.+)"})


@dataclass(frozen=True)
class Values:
    """One of the ``listed`` texts; with None any text, but not '' where ``filled``."""

    listed: frozenset[str] | None = None
    filled: bool = False

    @property
    def is_missing(self) -> bool:
        """Whether the label is certainly not there."""
        return self.listed == frozenset({""})

    @property
    def is_present(self) -> bool:
        """Whether the label is certainly there."""
        return self.filled if self.listed is None else "" not in self.listed

    def differs_from(self, other: "Values") -> bool:
        """Whether the two can never hold the same."""
        if self.listed is not None and other.listed is not None:
            return self.listed.isdisjoint(other.listed)
        return (self.is_missing and other.is_present) or (self.is_present and other.is_missing)

    def meet(self, other: "Values") -> "Values":
        """What both hold, where both hold the same; the first where that cannot be."""
        if self.differs_from(other):
            return self
        if self.listed is None and other.listed is None:
            return Values(None, self.filled or other.filled)
        both = [values for values in (self, other) if values.listed is not None]
        texts = frozenset.intersection(*(values.listed or frozenset() for values in both))
        if self.is_present or other.is_present:
            texts -= {""}
        return Values(texts)

    def join(self, other: "Values") -> "Values":
        """What one or the other holds."""
        if self.listed is not None and other.listed is not None:
            return Values(self.listed | other.listed)
        return Values(None, self.is_present and other.is_present)


ANYTHING = Values()
PRESENT = Values(filled=True)
MISSING = Values(frozenset({""}))


def exactly(*texts: str) -> Values:
    """One of these texts."""
    return Values(frozenset(texts))


def matches(matcher: Matcher, values: Values) -> bool | None:
    """Whether the matcher takes a label that holds these values; None where that is not certain."""
    if values.listed is not None:
        answers = {_takes(matcher, text) for text in values.listed}
        return answers.pop() if len(answers) == 1 else None
    if matcher.operator in {"!=", "!~"}:
        opposite = matches(negated(matcher), values)
        return None if opposite is None else not opposite
    if matcher.operator == "=~" and matcher.value in _ANY_TEXT:
        return True
    if values.filled and matcher.operator == "=~" and matcher.value in _SOME_TEXT:
        return True
    if values.filled and literals(matcher) == frozenset({""}):
        return False
    return None


def negated(matcher: Matcher) -> Matcher:
    """The matcher that takes exactly what this one does not."""
    return Matcher(matcher.name, _NEGATED[matcher.operator], matcher.value)


def literals(matcher: Matcher) -> frozenset[str] | None:
    """The texts that a matcher takes, where they are few enough to be spelled out in it."""
    if matcher.operator == "=":
        return frozenset({matcher.value})
    if matcher.operator == "!~" and matcher.value in _SOME_TEXT:
        return frozenset({""})
    if matcher.operator != "=~":
        return None
    words = _LITERALS.fullmatch(matcher.value)
    if words is None:
        return None
    inside = words[2] if words[1] is None else words[1]
    return frozenset(inside.split("|"))


def allowed(matchers: Iterable[Matcher]) -> Values | None:
    """What one label may hold that all these matchers take; None where nothing can."""
    all_of_them = tuple(matchers)
    spelled_out = [texts for texts in map(literals, all_of_them) if texts is not None]
    if spelled_out:
        texts = frozenset(
            text
            for text in frozenset.intersection(*spelled_out)
            if not any(_takes(matcher, text) is False for matcher in all_of_them)
        )
        return Values(texts) if texts else None
    if any(negated(m) in all_of_them or _takes_nothing(m) for m in all_of_them):
        return None
    return Values(None, any(_takes(matcher, "") is False for matcher in all_of_them))


def contradiction(matchers: Iterable[Matcher]) -> tuple[Matcher, ...]:
    """The matchers of one label that no text satisfies together; none where there may be one."""
    by_name: dict[str, list[Matcher]] = {}
    for matcher in matchers:
        by_name.setdefault(matcher.name, []).append(matcher)
    for of_one_label in by_name.values():
        if allowed(of_one_label) is None:
            return tuple(of_one_label)
    return ()


def implies(matchers: Iterable[Matcher], other: Matcher) -> bool:
    """Whether what satisfies all the matchers certainly satisfies the other one too."""
    return bool(contradiction((*matchers, negated(other))))


def spelled(matcher: Matcher) -> str:
    """The matcher as it is written."""
    return f'{matcher.name}{matcher.operator}"{matcher.value}"'


def _takes_nothing(matcher: Matcher) -> bool:
    return matcher.operator == "!~" and matcher.value in _ANY_TEXT


def _takes(matcher: Matcher, text: str) -> bool | None:
    try:
        return matcher.matches({matcher.name: text})
    except ConfigurationError:
        # Go's expressions have some forms that Python's lack.
        return None
