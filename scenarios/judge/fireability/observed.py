"""What only the running stack tells: selectors that match none of its series, the last bucket."""

import math
from collections.abc import Iterator, Mapping, Sequence

from scenarios.judge.fireability.comparisons import never_true
from scenarios.judge.fireability.defect import Check, Defect, listed
from scenarios.judge.fireability.essential import essential_parts
from scenarios.judge.fireability.few_scrapes import CHECK as FEW_SCRAPES
from scenarios.judge.fireability.few_scrapes import remedy, shortfall
from scenarios.judge.fireability.values import spelled
from scenarios.judge.matchers import Matcher, all_match
from scenarios.judge.timeline import Configuration, Rule
from stack.run.speed import Place, format_duration
from stack.run.speed.promql import read_expression
from stack.run.speed.tree import Call, Selector, walk

CHECK = Check(
    "not-there",
    "a selector that matches no series of the running stack, asked before the first step of a "
    "drill, for each alert that the drill expects or shows to stay silent",
    "an alert cannot fire from a label that no series of its metric has (error), and its silence "
    "proves nothing. A value, or a whole metric, that is not there yet may come with the first "
    "failure (warning)",
    ("error", "warning"),
)
Series = Mapping[str, Sequence[Mapping[str, str]]]


def find(configuration: Configuration, alerts: Sequence[str], series: Series) -> Iterator[Defect]:
    """``series`` are the labels of all series by metric, for the metrics that rules name."""
    recorded = {rule.name: rule for rule in configuration.rules if rule.kind == "recording"}
    highest = {metric: _highest_bucket(found) for metric, found in series.items()}
    for rule in configuration.rules:
        if rule.kind != "alerting" or rule.name not in alerts:
            continue
        tree = read_expression(rule.expression).tree
        place = Place(rule.file, rule.name)
        yield from never_true(rule.name, tree, place, highest)
        for read in _read(rule, recorded):
            yield from _unmatched(rule, read, series, set(recorded))
            yield from _too_few(configuration, rule, read, series)


def metrics_read(configuration: Configuration, alerts: Sequence[str]) -> frozenset[str]:
    """The metrics whose series are to be asked for."""
    recorded = {rule.name: rule for rule in configuration.rules if rule.kind == "recording"}
    return frozenset(
        part.metric
        for rule in configuration.rules
        if rule.kind == "alerting" and rule.name in alerts
        for read in _read(rule, recorded)
        for part in walk(read_expression(read.expression).tree)
        if isinstance(part, Selector) and part.metric is not None
    )


def _read(rule: Rule, recorded: Mapping[str, Rule]) -> list[Rule]:
    """The rule and the recording rules that it reads, directly or through others."""
    found = [rule]
    for reader in found:
        for part in walk(read_expression(reader.expression).tree):
            record = recorded.get(part.metric or "") if isinstance(part, Selector) else None
            if record is not None and record not in found:
                found.append(record)
    return found


def _unmatched(alert: Rule, read: Rule, series: Series, recorded: set[str]) -> Iterator[Defect]:
    through = "" if read is alert else f" through {read.name}"
    essential = [
        part
        for part in essential_parts(read_expression(read.expression).tree)
        if isinstance(part, Selector)
    ]
    for selector in dict.fromkeys(essential):
        if selector.metric is None or selector.metric in recorded:
            continue
        there = series.get(selector.metric, ())
        matchers = [
            Matcher(m.label, m.operator, m.value)
            for m in selector.matchers
            if m.label != "__name__"
        ]
        if any(all_match(matchers, labels) for labels in there):
            continue
        inside = ", ".join(map(spelled, matchers))
        what = f"{alert.name} selects {selector.metric}{{{inside}}}{through}"
        place = Place(read.file, read.name)
        if not there:
            yield CHECK.warning(
                place,
                what,
                "the running stack has no series of that name",
                "check the name, unless it comes with the first failure",
            )
            continue
        yield from _culprit(place, what, matchers, there)


def _culprit(
    place: Place, what: str, matchers: Sequence[Matcher], there: Sequence[Mapping[str, str]]
) -> Iterator[Defect]:
    """Names the matcher that no series satisfies; a label that none of them has is an error."""
    for matcher in matchers:
        if any(matcher.matches(labels) for labels in there):
            continue
        held = {labels.get(matcher.name, "") for labels in there}
        if held == {""}:
            names = {name for labels in there for name in labels} - {"__name__"}
            yield CHECK.error(
                place,
                what,
                f"none of its {len(there)} series has a label {matcher.name}",
                f"their labels are {listed(names)}",
            )
        else:
            yield CHECK.warning(
                place,
                what,
                f"none of its {len(there)} series has {spelled(matcher)} yet",
                f"there are {listed(held)}; right, if it comes with the first failure",
            )
        return
    yield CHECK.warning(
        place,
        what,
        f"none of its {len(there)} series satisfies all matchers together yet",
        "right, if such a series comes with the first failure",
    )


def _too_few(
    configuration: Configuration, alert: Rule, read: Rule, series: Series
) -> Iterator[Defect]:
    """Ranges held against the jobs that really expose the metric; of several the most often."""
    intervals = {job.job: job.interval_seconds for job in configuration.scrape_jobs}
    tree = read_expression(read.expression).tree
    for call in dict.fromkeys(part for part in walk(tree) if isinstance(part, Call)):
        for selector in call.arguments:
            if not isinstance(selector, Selector) or selector.range_ms is None:
                continue
            there = series.get(selector.metric or "", ())
            known = [
                round(1000 * intervals[labels["job"]])
                for labels in there
                if labels.get("job") in intervals
            ]
            found = shortfall(call.function, selector.range_ms, min(known)) if known else None
            if found is not None:
                yield FEW_SCRAPES.defect(
                    Place(read.file, read.name),
                    f"{alert.name}: {call.function} of {selector.metric} looks back over "
                    f"{format_duration(selector.range_ms)} at scrapes every "
                    f"{format_duration(min(known))}",
                    found[0],
                    remedy(min(known)),
                    is_certain=found[1] and call in essential_parts(tree),
                )


def _highest_bucket(series: Sequence[Mapping[str, str]]) -> float:
    """The largest finite bucket that any series has; infinite where there are no buckets."""
    ends = [_number(labels["le"]) for labels in series if "le" in labels]
    return max((end for end in ends if math.isfinite(end)), default=math.inf)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.inf
