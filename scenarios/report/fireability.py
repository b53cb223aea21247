"""What the fireability checks are, and what they found, as text."""

from collections.abc import Iterator, Sequence

from scenarios.judge.fireability import CHECKS
from scenarios.judge.fireability.defect import Check, Defect


def checks_table() -> str:
    """The table of docs/FIREABILITY.md, one row a check."""
    rows = [
        "| check | finds | because | is |",
        "|---|---|---|---|",
        *(_row(check) for check in CHECKS),
    ]
    return "\n".join(rows) + "\n"


def defect_lines(defects: Sequence[Defect]) -> Iterator[str]:
    """Each defect with where, why and what to do."""
    for defect in defects:
        yield f"{defect.severity} [{defect.check}] {defect.place.file_and_line}: {defect.what}"
        yield f"    why: {defect.why}"
        yield f"    do:  {defect.remedy}"


def counted(number: int, what: str) -> str:
    """``1 error``, ``2 errors``."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _row(check: Check) -> str:
    texts = (check.finds, check.because, " or ".join(check.severities))
    return f"| `{check.name}` | {' | '.join(text.replace('|', chr(92) + '|') for text in texts)} |"
