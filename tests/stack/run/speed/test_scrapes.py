"""A range has to hold four scrapes, which is the same at any speed."""

from stack.run.speed import Cause, lint_scrapes

RULES = """\
groups:
  - name: g
    rules:
      - record: recorded
        expr: rate(a[1m])
      - alert: TooShort
        expr: |
          up == 0
            and rate(a[59s]) > 1
      - alert: OfSlowJob
        expr: rate(a{job="slow"}[2m]) > 1
      - alert: OfUnknownJob
        expr: rate(a{job=~"slow|fast"}[1m]) > 1
      - alert: OverRecorded
        expr: max_over_time(recorded[10s]) > 1
"""
TEXTS = {"r.yml": RULES}
INTERVALS_MS = {"fast": 15_000, "slow": 60_000}


def test_ranges_that_hold_too_few_scrapes_are_named() -> None:
    """By the interval of the job they name, or else of the job that is scraped most often."""
    found = lint_scrapes(TEXTS, INTERVALS_MS)
    assert [(f.rule, f.line, f.cause) for f in found] == [
        ("TooShort", 8, Cause.FEW_SCRAPES),
        ("OfSlowJob", 11, Cause.FEW_SCRAPES),
    ]
    assert str(found[0]) == (
        "r.yml:8: TooShort: too few scrapes: the range 59s over scrapes every 15s: "
        "rates are stable from 4 scrapes in their range"
    )


def test_ranges_that_hold_four_are_not() -> None:
    """Exactly four is enough."""
    assert lint_scrapes(TEXTS, {"fast": 14_750, "slow": 30_000}) == []
