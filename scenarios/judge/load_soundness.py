"""Whether the load was what the drill declared: without it a rule on rates proves nothing."""

from collections.abc import Iterator

from scenarios.judge.evidence import Evidence
from scenarios.judge.finding import INTERRUPTED, Reason

SMALLEST_SHARE = 0.95
# A ledger has one line a second, and the first and the last may be cut.
EDGE_SECONDS = 1.0


def load_reasons(evidence: Evidence) -> Iterator[Reason]:
    """A load that was not started as often as its rate says, or that was declared and never ran."""
    timeline = evidence.timeline
    required = timeline.declaration.required_rate_per_second
    if required > 0 and not timeline.load_runs:
        text = f"no load ran, {required:g} a second are declared"
        yield Reason("load", text, INTERRUPTED)
    offered = sum(run.rate_per_second for run in timeline.load_runs)
    if timeline.load_runs and offered < SMALLEST_SHARE * required:
        text = f"loads of {offered:g} a second ran, {required:g} are declared"
        yield Reason("load", text, INTERRUPTED)
    for run in timeline.load_runs:
        due = run.rate_per_second * max(0.0, run.ended - run.began - EDGE_SECONDS)
        started = sum(
            second.started
            for second in timeline.load
            if second.load == run.load and run.began <= second.at <= run.ended + EDGE_SECONDS
        )
        if started < SMALLEST_SHARE * due:
            yield Reason(
                "load",
                f"load {run.load} started {started:g} of {due:g} arrivals due at "
                f"{run.rate_per_second:g} a second ({started / due:.0%})",
                INTERRUPTED,
                began=run.began,
            )
