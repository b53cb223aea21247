"""Ranges that hold too few scrapes of the jobs that can expose the metric."""

from collections.abc import Iterator

from scenarios.judge.fireability.defect import Check, Defect
from scenarios.judge.fireability.essential import essential_parts
from scenarios.judge.fireability.scrape_jobs import ScrapeJobs, scrape_jobs
from scenarios.judge.fireability.subject import Subject
from stack.run.speed import Place, format_duration
from stack.run.speed.issues import Word, locate
from stack.run.speed.rules import Rule
from stack.run.speed.tree import Call, Selector, walk

CHECK = Check(
    "few-scrapes",
    "a range that holds fewer than four scrapes of the job that exposes the metric; where no "
    "matcher names one, of the job that is scraped most often, until the running stack tells",
    "a rate needs two samples in its range (fewer is an error) and is steady from four, which "
    "leaves enough when a scrape fails",
    ("error", "warning"),
)
STEADY = 4
# Of these one sample makes nothing; the others tell of a single one too.
_NEED_TWO = frozenset(
    {
        *("rate", "irate", "increase", "delta", "idelta", "deriv", "predict_linear"),
        *("double_exponential_smoothing", "holt_winters", "changes", "resets"),
    }
)
_NEED_THE_LAST_TWO = frozenset({"irate", "idelta"})


def find(subject: Subject) -> Iterator[Defect]:
    jobs = scrape_jobs(subject)
    if jobs is None:
        return
    for rule in subject.rules:
        seen: dict[str, int] = {}
        for part in walk(rule.expression.tree):
            if not isinstance(part, Call):
                continue
            occurrence = seen.get(part.function, 0)
            seen[part.function] = occurrence + 1
            for selector in part.arguments:
                if isinstance(selector, Selector) and selector.range_ms is not None:
                    yield from _few(subject, jobs, rule, part, selector, occurrence)


def shortfall(function: str, range_ms: int, interval_ms: int) -> tuple[str, bool] | None:
    """Why the range holds too few samples for the function, and whether it hardly works at all.

    None where it holds enough.
    """
    needed = 2 if function in _NEED_TWO else 1
    steady = needed if function in _NEED_THE_LAST_TWO or needed == 1 else STEADY
    if range_ms >= steady * interval_ms:
        return None
    if range_ms >= needed * interval_ms:
        return (
            f"{function} is steady from {STEADY} scrapes, and breaks when one of few fails",
            False,
        )
    samples = "two samples" if needed > 1 else "one sample"
    gets = "hardly ever" if range_ms <= (needed - 1) * interval_ms else "not always"
    return f"{function} needs {samples} in its range, and {gets} gets that many", needed > 1


def remedy(interval_ms: int) -> str:
    return f"look back over {format_duration(STEADY * interval_ms)} at least, or scrape more often"


def _few(
    subject: Subject,
    jobs: ScrapeJobs,
    rule: Rule,
    call: Call,
    selector: Selector,
    occurrence: int,
) -> Iterator[Defect]:
    interval_ms, source = _interval_ms(subject, jobs, selector)
    range_ms = selector.range_ms or 0
    found = shortfall(call.function, range_ms, interval_ms) if interval_ms else None
    if found is None:
        return
    why, is_hopeless = found
    offset, text = locate(rule.expression, Word(call.function, occurrence, is_call=True))
    yield CHECK.defect(
        Place(rule.path, rule.name, rule.expr.line_at(offset)),
        f"{rule.name}: {text} looks back over {format_duration(range_ms)} at {source}",
        why,
        remedy(interval_ms),
        is_certain=is_hopeless and call in essential_parts(rule.expression.tree),
    )


def _interval_ms(subject: Subject, jobs: ScrapeJobs, selector: Selector) -> tuple[int, str]:
    """The shortest interval at which the samples can come, and how to say it; 0 if unknown."""
    recorded = [
        subject.group_of(rule).interval_ms
        for rule in subject.rules
        if rule.kind == "record" and rule.name == selector.metric
    ]
    if recorded:
        return min(recorded), f"values recorded every {format_duration(min(recorded))}"
    selected = jobs.selected(selector)
    if (
        not selected
        or (selector.metric or ":").startswith("ALERTS")
        or ":" in (selector.metric or ":")
    ):
        return 0, ""
    interval_ms = min(jobs.intervals_ms[job] for job in selected)
    return interval_ms, f"scrapes every {format_duration(interval_ms)}"
