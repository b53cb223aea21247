"""Rules whose durations overtake one that no speed divides are named."""

from fractions import Fraction

import pytest

from stack.run.speed import (
    ALERTMANAGER_SHORTEST_ATTEMPT,
    Cause,
    RealDuration,
    lint_real_durations,
)

RULES = """\
groups:
  - name: g
    interval: 5m
    rules:
      - alert: Fails
        expr: |
          rate(a[2m]) > 1
            and rate(b[1h:1m] offset 3m) > 1
        for: 5m
      - alert: Down
        expr: up == 0
      - record: r
        expr: rate(a[10m])
"""
RESERVATION = RealDuration("a reservation", 120_000)


@pytest.mark.parametrize(
    ("speed", "rules"),
    [
        (1, []),
        (1.4, []),
        (1.5, ["Fails"]),
        (2.5, ["Fails"]),
        (4.9, ["Fails"]),
        (5, ["Fails", "r"]),
        (Fraction(5), ["Fails", "r"]),
    ],
)
def test_a_rule_is_named_once_a_real_duration_is_no_longer_shorter(
    speed: float, rules: list[str]
) -> None:
    """2 min < 3 min holds in production, and 2 min < 3 min / 1.5 does not."""
    found = lint_real_durations({"r.yml": RULES}, [RESERVATION], speed)
    assert [finding.rule for finding in found] == rules


def test_a_finding_says_which_durations_and_where() -> None:
    """All of the rule's durations that were overtaken, at the line of the shortest."""
    fails, _ = lint_real_durations({"r.yml": RULES}, [RESERVATION], 20)
    assert fails.cause is Cause.KEPT_REAL
    assert str(fails) == (
        "r.yml:8: Fails: a duration that stays real: a reservation (2m): in production it is "
        "shorter than offset in expr, for (3m), at speed 20 that is 9s"
    )


def test_a_duration_that_is_not_shorter_in_production_is_no_finding() -> None:
    """2 min against the range of 2 min is the same on either side of the division."""
    equal = RULES.replace("[1h:1m] offset 3m", "[2m]").replace("for: 5m", "for: 2m")
    found = lint_real_durations({"r.yml": equal}, [RESERVATION], 1000)
    assert [finding.rule for finding in found] == ["r"]


def test_each_real_duration_is_compared() -> None:
    """One finding for each rule and real duration."""
    found = lint_real_durations(
        {"r.yml": RULES}, [RESERVATION, ALERTMANAGER_SHORTEST_ATTEMPT], 1000
    )
    assert [(f.rule, f.line) for f in found] == [("Fails", 8), ("Fails", 8), ("r", 13), ("r", 13)]
