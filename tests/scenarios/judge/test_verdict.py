"""The verdict weighs findings and doubts as its table says, and a judgement carries all of both."""

import math
from dataclasses import replace

import pytest

from scenarios.judge.errors import DeclarationError
from scenarios.judge.expectation import Allowed, Silent
from scenarios.judge.finding import DELAYED, KINDS, MISTIMED, Finding, Reason, verdict_of
from scenarios.judge.verdict import judge
from tests.scenarios.judge.score import (
    START,
    Score,
    chat_group,
    fires,
    inhibited,
    kept,
)

LATE = Finding("late", "late", "A", 10.0, 20.0, expectation=0, fault="f", overrun_seconds=1.0)
DOUBT = Reason("stall", "stalled", DELAYED)


def test_nothing_found_and_nothing_doubtful_passes() -> None:
    assert verdict_of([], []) == "pass"


def test_nothing_found_and_any_doubt_is_unknown() -> None:
    assert verdict_of([], [replace(DOUBT, explains=frozenset())]) == "unknown"


def test_a_finding_that_no_reason_accounts_for_fails() -> None:
    assert verdict_of([LATE], []) == "fail"
    assert verdict_of([LATE, replace(LATE, kind="unexpected")], [DOUBT]) == "fail"


def test_findings_that_reasons_account_for_are_unknown() -> None:
    assert verdict_of([LATE], [DOUBT]) == "unknown"
    assert verdict_of([LATE, LATE], [replace(DOUBT, explains=frozenset()), DOUBT]) == "unknown"


@pytest.mark.parametrize(
    ("reason", "accounts"),
    [
        (DOUBT, True),
        (replace(DOUBT, explains=frozenset({"missed"})), False),
        (replace(DOUBT, began=20.0), True),
        (replace(DOUBT, began=20.1), False),
        (replace(DOUBT, ended=10.0), True),
        (replace(DOUBT, ended=9.9), False),
        (replace(DOUBT, limit_seconds=1.0), True),
        (replace(DOUBT, limit_seconds=0.9), False),
        (replace(DOUBT, alerts=frozenset({"A"})), True),
        (replace(DOUBT, alerts=frozenset({"B"})), False),
        (replace(DOUBT, fault="f"), True),
        (replace(DOUBT, fault="g"), False),
        (replace(DOUBT, expectation=0), True),
        (replace(DOUBT, expectation=1), False),
    ],
)
def test_a_reason_accounts_for_what_it_can_have_caused(reason: Reason, accounts: bool) -> None:
    assert reason.accounts_for(LATE) is accounts


def test_no_doubt_accounts_for_evidence() -> None:
    """Whatever the host did, these were seen."""
    assert set(KINDS) - MISTIMED == {
        "misrouted",
        "misgrouped",
        "wrong labels",
        "wrong annotations",
        "wrong message",
        "unexpected",
        "fired unseen",
        "near miss fired",
        "not inhibited",
        "not muted",
        "refused",
        "not stopped",
    }


def test_a_drill_with_no_expectation_is_an_error() -> None:
    empty = Score().timeline()
    with pytest.raises(DeclarationError, match="a drill with no expectation"):
        judge(empty)
    near_miss_only = Score(near_misses={"x": "QueueLong"}).timeline()
    with pytest.raises(DeclarationError, match=r"scenarios/business/queue\.py"):
        judge(near_miss_only)


def test_everything_is_evaluated_before_anything_fails() -> None:
    score = Score(expects=[fires(), inhibited(), Silent("ApiDown")]).fault()
    score.fired("ApiDown", active=13.5, firing=14.0)
    score.refused()
    judgement = judge(score.timeline())
    assert [f.kind for f in judgement.findings] == [
        "missed",
        "nothing to inhibit",
        "fired unseen",
        "refused",
    ]
    assert [row.verdict for row in judgement.rows] == ["fail", "fail", "fail"]


def test_a_row_says_what_the_table_shows() -> None:
    (row,) = judge(kept().timeline()).rows
    assert (row.drill, row.kind, row.alert, row.verdict) == (
        "business/queue",
        "fires",
        "QueueLong",
        "pass",
    )
    assert (row.receiver, row.group) == ("pager", {"service": "tickets"})
    assert row.promise_seconds == 8.0
    assert row.notified_seconds == pytest.approx(2.01)
    assert row.window_seconds is not None
    earliest, latest = row.window_seconds
    assert earliest == pytest.approx(1.4)
    assert latest == pytest.approx(2.5)


def test_a_row_of_a_fault_that_was_not_seen_has_an_open_window() -> None:
    (row,) = judge(Score(expects=[fires()]).fault(confirmed=None).timeline()).rows
    assert row.verdict == "unknown"
    assert row.notified_seconds is None
    assert row.window_seconds is not None
    assert row.window_seconds[1] is None


def test_a_row_without_any_fault_has_no_window() -> None:
    (row,) = judge(Score(expects=[fires()]).timeline()).rows
    assert row.window_seconds is None
    assert row.notified_seconds is None


def test_a_near_miss_has_a_row_of_its_own() -> None:
    score = kept()
    score.near_misses = {"small": "QueueLong"}
    score.fault("small", near_miss=True, at=5.0, confirmed=5.25, healing=7.5, healed=7.75)
    rows = judge(score.timeline()).rows
    assert [(row.kind, row.alert, row.verdict) for row in rows] == [
        ("fires", "QueueLong", "pass"),
        ("near miss", "QueueLong", "pass"),
    ]


def test_each_row_has_its_own_verdict_and_the_drill_has_the_worst() -> None:
    score = kept()
    score.expects = [*score.expects, Silent("ApiSlow")]
    score.fired("ApiSlow", active=13.5, firing=15.0)
    judgement = judge(score.timeline())
    assert [row.verdict for row in judgement.rows] == ["pass", "fail"]
    assert judgement.verdict == "fail"


def test_reasons_of_the_drill_make_every_row_unknown() -> None:
    timeline = replace(kept().timeline(), problems=("x",))
    assert [row.verdict for row in judge(timeline).rows] == ["unknown"]


def test_allowed_and_duplicates_are_counted() -> None:
    score = kept().fired("ApiSlow", active=13.5, firing=15.0)
    score.allows = [Allowed("ApiSlow", "chat", "slow while the queue is long")]
    slow = score.firing("ApiSlow", since=15.0)
    for at in (15.51, 15.6):
        score.notified(slow, at=at, receiver="chat", group=chat_group("ApiSlow"))
    judgement = judge(score.timeline())
    assert judgement.verdict == "pass"
    assert (judgement.allowed, judgement.duplicates) == (2, 1)
    assert (judge(kept().timeline()).allowed, judge(kept().timeline()).duplicates) == (0, 0)


def test_a_window_that_never_closes_is_none_not_infinite() -> None:
    judgement = judge(Score(expects=[fires()]).fault(confirmed=None).timeline())
    assert all(
        result.window.latest is None or math.isfinite(result.window.latest)
        for outcome in judgement.outcomes
        for result in outcome.windows
    )
    assert judgement.outcomes[0].began == START + 10


@pytest.mark.parametrize("kind", ["stall", "saturated", "scrapes", "evaluations", "starved"])
def test_a_drill_that_is_unknown_for_the_host_alone_is_starved(kind: str) -> None:
    unknown = replace(judge(kept().timeline()), verdict="unknown")
    of_host = Reason(kind, "", frozenset())
    assert replace(unknown, reasons=(of_host,)).is_starved
    assert not replace(unknown, reasons=(of_host, replace(of_host, kind="load"))).is_starved
    assert not replace(unknown, verdict="fail", reasons=(of_host,)).is_starved
    assert not replace(unknown, verdict="pass", reasons=(of_host,)).is_starved


def test_a_drill_that_the_host_held_up_in_every_way_is_starved() -> None:
    kinds = ("stall", "saturated", "scrapes", "evaluations", "starved")
    reasons = tuple(Reason(kind, "", frozenset()) for kind in kinds)
    assert replace(judge(kept().timeline()), verdict="unknown", reasons=reasons).is_starved


def test_a_finding_is_no_delay_unless_it_says_so() -> None:
    """So a reason that explains no delay at all may still account for it."""
    missed = Finding("missed", "", "A", 10.0, 20.0)
    assert replace(DOUBT, limit_seconds=0.0).accounts_for(missed)
