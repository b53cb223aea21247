"""Which jobs prometheus.yml scrapes, how often, and whether it tells all of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scenarios.judge.fireability.subject import Subject
from scenarios.judge.matchers import Matcher, all_match
from stack.run.speed import scrape_intervals_ms
from stack.run.speed.tree import Selector

# Discovery that can write any label of its targets.
_FREE_LABELS = ("file_sd_configs", "http_sd_configs")


@dataclass(frozen=True)
class ScrapeJobs:
    """The intervals of the jobs by name; ``are_all`` unless a series can get its job elsewhere."""

    intervals_ms: Mapping[str, int]
    are_all: bool

    def selected(self, selector: Selector) -> tuple[str, ...]:
        """The jobs whose series the selector can take, as far as its matchers name the job."""
        matchers = job_matchers(selector)
        return tuple(job for job in self.intervals_ms if all_match(matchers, {"job": job}))


def scrape_jobs(subject: Subject) -> ScrapeJobs | None:
    """The jobs of the configuration; None where there is no prometheus.yml to tell them."""
    config = subject.prometheus
    if config is None:
        return None
    intervals = dict(scrape_intervals_ms(config, subject.prometheus_source))
    jobs: list[Mapping[str, Any]] = list(config.get("scrape_configs") or [])
    for job in jobs:
        for static in job.get("static_configs") or []:
            written = (static.get("labels") or {}).get("job")
            if written is not None:
                intervals.setdefault(str(written), intervals[str(job.get("job_name"))])
    return ScrapeJobs(intervals, not any(_may_rename(job) for job in jobs))


def job_matchers(selector: Selector) -> list[Matcher]:
    """The selector's matchers on the job."""
    return [Matcher(m.label, m.operator, m.value) for m in selector.matchers if m.label == "job"]


def _may_rename(job: Mapping[str, Any]) -> bool:
    relabelled = [
        step
        for key in ("relabel_configs", "metric_relabel_configs")
        for step in job.get(key) or []
        if _writes_job(step)
    ]
    return bool(relabelled or job.get("honor_labels") or any(job.get(key) for key in _FREE_LABELS))


def _writes_job(step: Mapping[str, Any]) -> bool:
    action = str(step.get("action") or "replace").lower()
    if action == "labelmap":
        return True
    return action not in {"keep", "drop"} and step.get("target_label") == "job"
