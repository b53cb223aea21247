"""The table at the end: each expectation in a line, columns that align, silences counted."""

from dataclasses import replace
from pathlib import Path

import pytest

from scenarios.collect import ROOT, load_drill
from scenarios.judge.timeline import Timeline
from scenarios.judge.verdict import Judgement, Row
from scenarios.report.folder import ReportFolder
from scenarios.report.result import DrillResult, Results
from scenarios.report.table import HEADINGS, summary_lines, table
from scenarios.runner import Ran


def row(kind: str, alert: str, **changes: object) -> Row:
    fields: dict[str, object] = {
        "drill": "business/x",
        "kind": kind,
        "alert": alert,
        "verdict": "pass",
        "notified_seconds": None,
        "window_seconds": None,
        "promise_seconds": None,
        "receiver": "",
        "group": {},
    }
    return Row(**(fields | changes))  # type: ignore[arg-type]


def result(*rows: Row, verdict: str = "pass") -> DrillResult:
    judgement = Judgement(
        drill="business/x",
        verdict="pass",
        findings=(),
        reasons=(),
        outcomes=(),
        rows=rows,
        arrivals=(),
        allowed=0,
        duplicates=0,
    )
    return DrillResult("business/x", "It proves.", verdict, "text", judgement)  # type: ignore[arg-type]


def columns(line: str, lines: list[str]) -> list[str]:
    """The cells of a line, cut where the headings begin."""
    starts = [lines[0].index(heading) for heading in HEADINGS]
    return [line[start:end].strip() for start, end in zip(starts, [*starts[1:], None], strict=True)]


def test_an_alert_that_fired_shows_when_it_was_due_and_where() -> None:
    lines = table(
        [
            result(
                row(
                    "fires",
                    "PaymentFailureRatioHigh",
                    notified_seconds=3.456,
                    window_seconds=(2.4, 4.75),
                    receiver="payments-pager",
                    group={"service": "payments", "alertname": "A"},
                )
            )
        ]
    )
    assert columns(lines[1], lines) == [
        "business/x",
        "PaymentFailureRatioHigh",
        "pass",
        "3.46",
        "2.40 to 4.75",
        "payments-pager",
        "alertname=A, service=payments",
    ]


def test_what_never_came_and_a_window_without_an_end_are_shown_as_such() -> None:
    """And the tolerance for early samples never shows as a window before the fault."""
    lines = table([result(row("fires", "A", verdict="unknown", window_seconds=(-0.1, None)))])
    assert columns(lines[1], lines)[2:5] == ["unknown", "-", "0.00 to …"]


def test_kinds_other_than_firing_are_named() -> None:
    lines = table([result(row("inhibited", "A"), row("near miss", "B"), row("heartbeat", "C"))])
    assert [columns(line, lines)[1] for line in lines[1:]] == [
        "A (inhibited)",
        "B (near miss)",
        "C (heartbeat)",
    ]


def test_silences_are_counted_by_verdict_so_that_the_failed_one_is_named() -> None:
    silences = [row("silent", name) for name in "ABC"]
    lines = table([result(*silences, row("silent", "Loud", verdict="fail"), verdict="fail")])
    assert [columns(line, lines)[1:3] for line in lines[1:]] == [
        ["3 alerts silent", "pass"],
        ["Loud silent", "fail"],
    ]


def test_a_drill_without_judgement_has_a_line_too() -> None:
    lines = table([DrillResult("business/x", "", "error", "redis did not start")])
    assert columns(lines[1], lines) == ["business/x", "-", "error", "-", "-", "-", "-"]


def test_columns_are_as_wide_as_their_widest_cell_and_nothing_is_cut() -> None:
    long = "A" * 80
    lines = table([result(row("fires", long, receiver="r" * 40)), result(row("fires", "B"))])
    starts = {line.index("pass") for line in lines[1:]}
    assert len(starts) == 1
    assert long in lines[1]


def test_a_run_of_nothing_still_has_headings_and_figures(tmp_path: Path) -> None:
    results = Results(ReportFolder(tmp_path), 60.0, keep_failed_stacks=False)
    _, lines = next(summary_lines(results))
    assert [columns(line, lines) for line in lines] == [list(HEADINGS)]


def test_the_end_of_a_run_tells_why_a_drill_is_unknown_and_why_one_was_skipped(
    tmp_path: Path, quiet_timeline: Timeline
) -> None:
    results = Results(ReportFolder(tmp_path), 60.0, keep_failed_stacks=False)
    watchdog = load_drill(ROOT / "delivery" / "watchdog.py")
    results.skip(watchdog, "too little memory")
    quiet = load_drill(ROOT / "delivery" / "quiet_baseline.py")
    results.finish(quiet, Ran(timeline=replace(quiet_timeline, problems=("why", "why"))))
    sections = list(summary_lines(results))
    assert [title for title, _ in sections][1:] == [
        "unknown: these drills prove nothing either way",
        "drills",
    ]
    assert sections[1][1] == ["delivery/quiet_baseline: why"]
    assert sections[2][1][0] == "1 unknown, 1 skipped"
    assert "skipped: delivery/watchdog: too little memory" in sections[2][1]


@pytest.mark.parametrize("verdict", ["fail", "unknown", "error"])
def test_only_verdicts_that_occur_are_counted(tmp_path: Path, verdict: str) -> None:
    results = Results(ReportFolder(tmp_path), 60.0, keep_failed_stacks=False)
    results._put(result(row("fires", "A"), verdict=verdict))
    assert dict(summary_lines(results))["drills"][0] == f"1 {verdict}"
