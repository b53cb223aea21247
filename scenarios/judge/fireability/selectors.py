"""Selectors that can take no series: no such job, matchers at odds, a record that nobody makes."""

from collections.abc import Iterator

from scenarios.judge.fireability.defect import Check, Defect, did_you_mean
from scenarios.judge.fireability.essential import essential_parts
from scenarios.judge.fireability.scrape_jobs import job_matchers, scrape_jobs
from scenarios.judge.fireability.subject import Subject, place_of
from scenarios.judge.fireability.values import contradiction, spelled
from scenarios.judge.matchers import Matcher
from stack.run.speed.tree import Call, Node, Selector, children

CHECK = Check(
    "no-series",
    "a selector of a job that is not scraped, with matchers that exclude each other, or of a "
    "recorded series that no loaded rule records",
    "an expression that selects nothing gives nothing, and its alert never fires. It is an error "
    "where the whole expression hangs on it, a warning in one branch of an `or` and the like",
    ("error", "warning"),
)
_ASKING_FOR_NOTHING = frozenset({"absent", "absent_over_time"})


def find(subject: Subject) -> Iterator[Defect]:
    jobs = scrape_jobs(subject)
    recorded = {rule.name for rule in subject.rules if rule.kind == "record"}
    for rule in subject.rules:
        tree = rule.expression.tree
        essential = [part for part in essential_parts(tree) if isinstance(part, Selector)]
        for selector in dict.fromkeys(_asked_for(tree)):
            is_certain = selector in essential
            at_odds = contradiction(
                Matcher(m.label, m.operator, m.value) for m in selector.matchers
            )
            if at_odds:
                yield CHECK.defect(
                    place_of(rule),
                    f"{rule.name} selects {' and '.join(map(spelled, at_odds))}",
                    "no series satisfies that",
                    "leave one of them out, or write one regular expression"
                    if len(at_odds) > 1
                    else "correct or leave out the matcher",
                    is_certain=is_certain,
                )
            elif selector.metric is None or selector.metric in recorded:
                continue
            elif ":" in selector.metric:
                yield CHECK.warning(
                    place_of(rule),
                    f"{rule.name} reads {selector.metric}",
                    "a name with a colon is a recorded one, and no loaded rule records it",
                    did_you_mean(selector.metric, recorded) if recorded else "load the rule too",
                )
            elif jobs is not None and jobs.are_all and not jobs.selected(selector):
                matchers = ", ".join(map(spelled, job_matchers(selector)))
                yield CHECK.defect(
                    place_of(rule),
                    f"{rule.name} selects {selector.metric}{{{matchers}}}",
                    "prometheus.yml scrapes no such job",
                    did_you_mean(job_matchers(selector)[0].value, jobs.intervals_ms)
                    if jobs.intervals_ms
                    else "add the job",
                    is_certain=is_certain,
                )


def _asked_for(node: Node) -> Iterator[Selector]:
    """The selectors that are meant to take something; ``absent`` means to take nothing."""
    if isinstance(node, Selector):
        yield node
    if isinstance(node, Call) and node.function in _ASKING_FOR_NOTHING:
        return
    for child in children(node):
        yield from _asked_for(child)
