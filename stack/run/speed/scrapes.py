"""Names the rules whose ranges hold too few scrapes to work with.

``rate`` needs two samples in its range and is stable from four. Range and scrape interval are
divided alike, so the number is the same at any speed; that they keep their ratio, and that scrapes
do not come closer than is sound, is checked with the speed (see ``rounding`` and
``prometheus_config``).
"""

from collections.abc import Iterator, Mapping

from stack.run.speed.durations import format_duration
from stack.run.speed.issues import Cause
from stack.run.speed.lint import Finding
from stack.run.speed.rules import Rule, read_rules
from stack.run.speed.tree import Selector, walk

FEWEST_SCRAPES = 4


def lint_scrapes(texts: Mapping[str, str], intervals_ms: Mapping[str, int]) -> list[Finding]:
    """The rules with a range that holds fewer than four scrapes.

    ``texts`` are rule files by path, ``intervals_ms`` the scrape intervals of the jobs. A selector
    that names no job is taken to be of the job that is scraped most often. Ranges over recorded
    series are left out: those get their samples by evaluation. Raises SpeedError where a file
    cannot be read.
    """
    rules = [rule for path, text in texts.items() for rule in read_rules(text, path).rules]
    recorded = {rule.name for rule in rules if rule.kind == "record"}
    return [
        Finding(
            path=rule.path,
            line=rule.expr.line,
            rule=rule.name,
            cause=Cause.FEW_SCRAPES,
            what=f"{Cause.FEW_SCRAPES.value}: the range {format_duration(range_ms)} over scrapes "
            f"every {format_duration(interval_ms)}",
            why=f"rates are stable from {FEWEST_SCRAPES} scrapes in their range",
        )
        for rule in rules
        for range_ms, interval_ms in _scraped_ranges(rule, recorded, intervals_ms)
        if range_ms < FEWEST_SCRAPES * interval_ms
    ]


def _scraped_ranges(
    rule: Rule, recorded: set[str], intervals_ms: Mapping[str, int]
) -> Iterator[tuple[int, int]]:
    """Each range over scraped samples, and their interval."""
    shortest_ms = min(intervals_ms.values(), default=0)
    for part in walk(rule.expression.tree):
        if not isinstance(part, Selector) or part.range_ms is None or part.metric in recorded:
            continue
        jobs = [m.value for m in part.matchers if (m.label, m.operator) == ("job", "=")]
        interval_ms = intervals_ms.get(jobs[0], shortest_ms) if jobs else shortest_ms
        yield part.range_ms, interval_ms
