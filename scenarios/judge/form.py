"""How far back a rule looks, in which form, and whose scrapes it reads.

The one place where the analysis of expressions is turned into what windows are made from.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from scenarios.judge.errors import ConfigurationError
from scenarios.judge.timeline import Configuration, Rule, ScrapeJob
from stack.run.speed import (
    ExpressionAnalysis,
    ExpressionForm,
    GaugeForm,
    QuantileForm,
    RateForm,
    RateRatioForm,
    Role,
    SelectorPath,
    SpeedError,
    UpForm,
    analyse,
)

Kind = Literal["general", "gauge", "up", "rate", "ratio", "quantile"]
RISING = frozenset({">", ">="})


@dataclass(frozen=True)
class Form:
    """What a window needs to know of an expression.

    ``window_seconds`` is R, along the longest path through recording rules, and
    ``recording_seconds`` their evaluation intervals on it. ``threshold`` is the share of events
    that must be bad before a ratio or quantile rises over its threshold; None in other forms.
    """

    kind: Kind
    window_seconds: float
    recording_seconds: float = 0.0
    threshold: float | None = None


def form_of(configuration: Configuration, rule: Rule) -> Form:
    """The form of a rule's expression. Raises ConfigurationError where it cannot be parsed."""
    try:
        analysis = analyse(rule.expression)
    except SpeedError as error:
        raise ConfigurationError(
            f"{rule.file}: the expression of {rule.name} cannot be judged: {error}"
        ) from error
    window, recording = _reach(configuration, rule.expression, frozenset())
    kind, threshold = _kind(analysis.form)
    if recording:
        return Form("general", window, recording)
    if kind == "general":
        present = _present_window(configuration, rule, analysis)
        return Form(kind, window if present is None else present)
    return Form(kind, window, threshold=threshold)


def look_back_seconds(configuration: Configuration, rule: Rule) -> float:
    """How far back the expression looks at most, offsets and recording rules included."""
    return sum(_reach(configuration, rule.expression, frozenset()))


def _kind(form: ExpressionForm) -> tuple[Kind, float | None]:
    """The kind of a form, and the share of bad events at which it rises over its threshold."""
    kind: Kind = "general"
    threshold = None
    match form:
        case GaugeForm():
            kind = "gauge"
        case UpForm():
            kind = "up"
        case RateForm():
            kind = "rate"
        case RateRatioForm():
            kind = "ratio"
            threshold = form.threshold if form.comparison in RISING else None
        case QuantileForm():
            kind = "quantile"
            threshold = 1 - form.quantile if form.comparison in RISING else None
    return kind, threshold


def scrape_interval_seconds(configuration: Configuration, rule: Rule) -> float:
    """S: the slowest scrape interval of the jobs whose metrics the rule reads."""
    return max((job.interval_seconds for job in jobs_of(configuration, rule)), default=0.0)


def scrape_timeout_seconds(
    configuration: Configuration, rule: Rule, disturbed: Iterable[str]
) -> float:
    """How long a scrape that the rule needs may hang, of the jobs that a fault disturbs."""
    names = frozenset(disturbed)
    return max(
        (job.timeout_seconds for job in jobs_of(configuration, rule) if job.job in names),
        default=0.0,
    )


def jobs_of(configuration: Configuration, rule: Rule) -> tuple[ScrapeJob, ...]:
    """The jobs whose metrics the rule reads, all of them where that is not known."""
    return _jobs(configuration, rule.expression, frozenset())


@lru_cache(maxsize=1024)
def _analysis(expression: str) -> ExpressionAnalysis | None:
    try:
        return analyse(expression)
    except SpeedError:
        return None


def _jobs(
    configuration: Configuration, expression: str, followed: frozenset[str]
) -> tuple[ScrapeJob, ...]:
    analysis = _analysis(expression)
    if analysis is None:
        return configuration.scrape_jobs
    read = [
        job for path in analysis.selectors for job in _jobs_of_path(configuration, path, followed)
    ]
    return tuple(job for job in configuration.scrape_jobs if job in read)


def _jobs_of_path(
    configuration: Configuration, path: SelectorPath, followed: frozenset[str]
) -> tuple[ScrapeJob, ...]:
    recorded = [
        rule for rule in _recording(configuration, path.metric) if rule.expression not in followed
    ]
    if recorded:
        return tuple(
            job
            for rule in recorded
            for job in _jobs(configuration, rule.expression, followed | {rule.expression})
        )
    exposing = configuration.metric_jobs.get(path.metric or "")
    jobs = tuple(
        job
        for job in configuration.scrape_jobs
        if (not exposing or job.job in exposing)
        and all(
            _is_selected(job.job, m.operator, m.value) for m in path.matchers if m.label == "job"
        )
    )
    return jobs or configuration.scrape_jobs


def _is_selected(job: str, operator: str, value: str) -> bool:
    same = re.fullmatch(value, job) is not None if operator in {"=~", "!~"} else job == value
    return same if operator in {"=", "=~"} else not same


def _recording(configuration: Configuration, metric: str | None) -> list[Rule]:
    return [
        rule for rule in configuration.rules if rule.kind == "recording" and rule.name == metric
    ]


def _reach(
    configuration: Configuration, expression: str, followed: frozenset[str]
) -> tuple[float, float]:
    """Ranges and recording rules' intervals on the longest path, in seconds."""
    analysis = _analysis(expression)
    if analysis is None:
        return 0.0, 0.0
    paths = [(0.0, 0.0)]
    for path in analysis.selectors:
        own = path.window_ms / 1000
        paths.append((own, 0.0))
        for rule in _recording(configuration, path.metric):
            if rule.expression not in followed:
                below, hops = _reach(configuration, rule.expression, followed | {rule.expression})
                paths.append((own + below, hops + rule.interval_seconds))
    return max(paths, key=sum)


def _present_window(
    configuration: Configuration, rule: Rule, analysis: ExpressionAnalysis
) -> float | None:
    """R where the present is compared with the past: that of the present alone.

    A selector with an offset still sees the time before the fault while the ranges without one
    fill, if its offset is longer than that takes. None where this does not hold.
    """
    if any(duration.role in {Role.SUBQUERY, Role.STEP} for duration in analysis.durations):
        return None
    offsets = [path.window_ms - (path.range_ms or 0) for path in analysis.selectors]
    present = [
        path.window_ms / 1000
        for path, offset in zip(analysis.selectors, offsets, strict=True)
        if offset == 0
    ]
    past = [offset / 1000 for offset in offsets if offset > 0]
    if not present or not past:
        return None
    scrape = scrape_interval_seconds(configuration, rule)
    filled = max(present) + scrape + 2 * rule.interval_seconds
    return max(present) if min(past) >= filled else None
