"""Rules as they are published are divided, and those that do not survive are named."""

import re
from fractions import Fraction

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stack.run.speed import (
    Cause,
    SpeedError,
    analyse,
    compress_rules,
    divide,
    lint_rule_files,
    read_rules,
)


def test_only_durations_change_in_any_of_them(published: str) -> None:
    """Word for word, a changed line differs in its durations alone."""
    duration = re.compile(r"\b(?:[0-9]+(?:ms|[smhdwy]))+\b")
    divided = compress_rules(published, "rules.yml", 20)
    assert divided != published
    for before, after in zip(published.splitlines(), divided.splitlines(), strict=True):
        assert duration.sub("D", before) == duration.sub("D", after)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(speed=st.fractions(min_value=1, max_value=2000, max_denominator=8))
def test_each_duration_is_the_divided_one_at_any_speed(published: str, speed: Fraction) -> None:
    """Read back from the result, in the same order; where that is refused, at the speed named."""
    before = [duration.milliseconds for duration in read_rules(published, "r.yml").durations()]
    try:
        divided = compress_rules(published, "r.yml", speed)
    except SpeedError as refused:
        speed = Fraction(refused.largest_speed or 0)
        divided = compress_rules(published, "r.yml", speed)
    after = [duration.milliseconds for duration in read_rules(divided, "r.yml").durations()]
    assert after == [divide(milliseconds, speed) for milliseconds in before]


def test_exactly_the_rules_that_do_not_survive_are_named(all_published: dict[str, str]) -> None:
    """Counts, predictions, the clock, the calendar, load averages and seconds; nothing else."""
    named: dict[str, set[Cause]] = {}
    for finding in lint_rule_files(all_published):
        if not finding.accepted:
            named.setdefault(finding.rule, set()).add(finding.cause)
    assert named == {
        "DeploymentReplicasMissing": {Cause.COUNT},
        "JobRunsTooLong": {Cause.CLOCK},
        "VolumeFillsUp": {Cause.PREDICTION},
        "LoadHigh": {Cause.LOAD_AVERAGE},
        "ReplicationLags": {Cause.CALENDAR},
        "CertificateExpires": {Cause.CLOCK},
        "Latency": {Cause.SECONDS},
    }


def test_every_expression_can_be_analysed(published: str) -> None:
    """The judge asks for the window of each rule it meets."""
    for group in yaml.safe_load(published)["groups"]:
        for rule in group["rules"]:
            analysis = analyse(rule["expr"])
            ranges = [path.range_ms or 0 for path in analysis.selectors]
            assert analysis.longest_window_ms >= max(ranges, default=0)
