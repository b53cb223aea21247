"""What earlier runs proved and the newest does not: a night's report beside those before it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from scenarios.judge.coverage import Coverage, RuleCoverage, coverage
from scenarios.judge.coverage_inventory import Inventory
from scenarios.judge.lookup import label_text
from scenarios.judge.verdict import Row
from scenarios.report.coverage import COLUMNS, route_text
from scenarios.report.read_back import ReportError, Source
from scenarios.report.result import DrillResult
from scenarios.report.run_record import differing

NOT_RUN = "not run"
SEEN = "seen"
# What is to be proven, by kind and name, to the properties that are: one without any is there too.
Proven = Mapping[tuple[str, str], frozenset[str]]


@dataclass(frozen=True)
class Fallen:
    """A drill that passed in an earlier run; ``now`` is its verdict, or that it was not run."""

    drill: str
    now: str
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Change:
    """What some runs prove of a rule, a route, a receiver or an inhibition, and others do not.

    ``is_there`` tells whether those others know it at all.
    """

    kind: str
    name: str
    properties: tuple[str, ...]
    is_there: bool


@dataclass(frozen=True)
class Timing:
    """How long an expected alert took from its cause to the receiver. Seconds of production.

    ``earlier_seconds`` has one for each earlier run in which it arrived as expected. Those of a
    heartbeat are between two beats.
    """

    drill: str
    alert: str
    receiver: str
    now_seconds: float
    earlier_seconds: tuple[float, ...]


@dataclass(frozen=True)
class Regression:
    """The newest run beside all earlier ones. Nothing is lost that the newest still proves."""

    fallen: tuple[Fallen, ...]
    lost: tuple[Change, ...]
    gained: tuple[Change, ...]
    changed_files: tuple[str, ...]
    timings: tuple[Timing, ...]

    @property
    def is_any(self) -> bool:
        return bool(self.fallen or self.lost)


def regression(earlier: Sequence[Source], newest: Source) -> Regression:
    """Hold a run against those before it, oldest first. Raises ReportError, JudgeError.

    What any of the earlier proved counts as proven before, so that a proof that was lost some runs
    ago stays lost until it is there again.
    """
    for source in earlier:
        _refuse_unlike(source, newest)
    before = [_proven(coverage(source.proofs, Inventory())) for source in earlier]
    covered = coverage(newest.proofs, Inventory())
    now = _proven(covered)
    once = _union(before)
    return Regression(
        fallen=tuple(_fallen(earlier, newest)),
        lost=tuple(_missing(once, now, _not_applicable(covered))),
        gained=tuple(_missing(now, once, {})),
        changed_files=tuple(
            differing(earlier[-1].record.configuration, newest.record.configuration)
        ),
        timings=tuple(_timings(earlier, newest)),
    )


def _refuse_unlike(source: Source, newest: Source) -> None:
    if source.path.resolve() == newest.path.resolve():
        raise ReportError(f"{newest.path} is given twice; give each run's report once")
    if source.record.stack != newest.record.stack:
        raise ReportError(
            f"{source.path} ran with --stack {source.record.stack}, {newest.path} with --stack "
            f"{newest.record.stack}; compare runs of one kind of stack"
        )
    if source.speed != newest.speed:
        raise ReportError(
            f"{source.path} ran at speed {source.speed:g}, {newest.path} at {newest.speed:g}; "
            "compare runs of one speed"
        )


def _fallen(earlier: Sequence[Source], newest: Source) -> Iterator[Fallen]:
    passed = {
        drill
        for source in earlier
        for drill, result in source.results.items()
        if result.verdict == "pass"
    }
    for drill in sorted(passed):
        result = newest.results.get(drill)
        if result is None:
            yield Fallen(drill, NOT_RUN, ("it is no longer there, or was not chosen",))
        elif result.verdict != "pass":
            yield Fallen(drill, result.verdict, _why(result))


def _why(result: DrillResult) -> tuple[str, ...]:
    found = () if result.judgement is None else result.judgement.findings
    texts = tuple(dict.fromkeys(finding.text for finding in found)) or result.reasons
    # An error tells of itself in its first line, and goes on with logs.
    return tuple(text.partition("\n")[0] for text in texts or (result.text,))


def _key_of(rule: RuleCoverage) -> tuple[str, str]:
    """By name and labels: one that only moved to another file is the same."""
    return "alert", f"{rule.rule.name} {label_text(dict(rule.rule.labels))}"


def _proven(covered: Coverage) -> Proven:
    found: dict[tuple[str, str], frozenset[str]] = {}
    for rule in covered.rules:
        properties = frozenset(COLUMNS[name] for name, drills in rule.proven.items() if drills)
        key = _key_of(rule)
        # Of two rules that look alike only what is proven of both is proven.
        found[key] = properties & found.get(key, properties)
    seen = (
        *(("route", route_text(route), drills) for route, drills in covered.routes.items()),
        *(("receiver", name, drills) for name, drills in covered.receivers.items()),
        *(("inhibition", text, drills) for text, drills in covered.inhibitions.items()),
        *(("recording rule", rule.name, drills) for rule, drills in covered.recordings.items()),
    )
    for kind, name, drills in seen:
        found[kind, name] = frozenset({SEEN} if drills else ())
    return found


def _not_applicable(covered: Coverage) -> Proven:
    """What need not be proven of a rule any more: a rule that tells of a state has no near miss."""
    return {
        _key_of(rule): frozenset(
            column for name, column in COLUMNS.items() if name not in rule.proven
        )
        for rule in covered.rules
    }


def _union(runs: Sequence[Proven]) -> Proven:
    found: dict[tuple[str, str], frozenset[str]] = {}
    for run in runs:
        for key, properties in run.items():
            found[key] = found.get(key, frozenset()) | properties
    return found


def _missing(of: Proven, other: Proven, excused: Proven) -> Iterator[Change]:
    """What is proven in ``of`` and not in ``other``."""
    for key, properties in of.items():
        missing = properties - other.get(key, frozenset()) - excused.get(key, frozenset())
        if missing:
            ordered = tuple(name for name in (*COLUMNS.values(), SEEN) if name in missing)
            yield Change(*key, ordered, key in other)


def _timings(earlier: Sequence[Source], newest: Source) -> Iterator[Timing]:
    past = [dict(_rows_told(source)) for source in earlier]
    for key, row in _rows_told(newest):
        assert row.notified_seconds is not None
        yield Timing(
            row.drill,
            row.alert,
            row.receiver,
            row.notified_seconds * newest.speed,
            tuple(
                seconds * newest.speed
                for rows in past
                if key in rows and (seconds := rows[key].notified_seconds) is not None
            ),
        )


def _rows_told(source: Source) -> Iterator[tuple[tuple[object, ...], Row]]:
    """Each expectation of which the receiver was told, by what makes it the same in another run."""
    for drill, result in source.results.items():
        seen: dict[tuple[object, ...], int] = {}
        for row in () if result.judgement is None else result.judgement.rows:
            if row.verdict != "pass" or row.notified_seconds is None:
                continue
            key = (drill, row.kind, row.alert, row.receiver, frozenset(row.group.items()))
            seen[key] = seen.get(key, 0) + 1
            yield (*key, seen[key]), row
