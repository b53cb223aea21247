"""What cannot work, or hardly can: where it stands, why, and what to do."""

import difflib
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from stack.run.speed import Place

Severity = Literal["error", "warning"]
NEAREST = 3
LISTED = 8


@dataclass(frozen=True)
class Defect:
    """One thing that cannot work as it is written."""

    check: str
    severity: Severity
    place: Place
    what: str
    why: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.place.file_and_line}: {self.what}: {self.why}; {self.remedy}"


@dataclass(frozen=True)
class Check:
    """What is looked for, and how grave it is where it is found.

    An error holds whatever else is loaded or running; a warning hangs on something that may still
    be different elsewhere: rules in other files, series that come with the first failure.
    """

    name: str
    finds: str
    because: str
    severities: tuple[Severity, ...] = ("error",)

    def error(self, place: Place, what: str, why: str, remedy: str) -> Defect:
        return Defect(self.name, "error", place, what, why, remedy)

    def warning(self, place: Place, what: str, why: str, remedy: str) -> Defect:
        return Defect(self.name, "warning", place, what, why, remedy)

    def defect(self, place: Place, what: str, why: str, remedy: str, *, is_certain: bool) -> Defect:
        """An error where it is certain that nothing else can make up for it."""
        return (self.error if is_certain else self.warning)(place, what, why, remedy)


def did_you_mean(name: str, known: Collection[str]) -> str:
    """The nearest of the known names, or all of them where none is near."""
    nearest = difflib.get_close_matches(name, sorted(known), NEAREST, cutoff=0.6)
    if nearest:
        return f"did you mean {' or '.join(nearest)}?"
    return f"there are {listed(known)}"


def listed(names: Collection[str]) -> str:
    """Some of the names, in order, and how many more there are."""
    shown = sorted(names)[:LISTED]
    more = len(names) - len(shown)
    return (", ".join(shown) or "none") + (f" and {more} more" if more > 0 else "")
