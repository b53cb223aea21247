"""Reports of several jobs become one that says the same."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from scenarios.__main__ import main
from scenarios.report.run_record import read_record

Report = Callable[..., Path]
Merge = Callable[..., tuple[int, str, str]]
EditJson = Callable[[Path, Callable[[Any], object]], None]


def test_two_shards_become_one_report(report: Report, merge: Merge, tmp_path: Path) -> None:
    """With every drill, timeline, load and JUnit case of both, and coverage of all."""
    one = report("one", "delivery/one", "delivery/two", shard=1)
    two = report("two", "delivery/three", shard=2)
    code, _, err = merge(one, two)
    assert (code, err) == (0, "")
    merged = tmp_path / "merged"
    results = json.loads((merged / "results.json").read_text())
    drills = ["delivery/one", "delivery/three", "delivery/two"]
    assert [entry["drill"] for entry in results["drills"]] == drills
    assert (results["format"], results["speed"], results["wall_seconds"]) == (1, 60.0, 60.0)
    assert [entry["shard"] for entry in results["reports"]] == ["1/3", "2/3"]
    timelines = sorted(path.name for path in (merged / "timelines").iterdir())
    assert timelines == [f"{drill.replace('/', '-')}.json" for drill in drills]
    assert (merged / "load" / "delivery-three" / "ledger.jsonl").read_text() == "delivery/three\n"
    junit = ET.parse(merged / "junit.xml")  # noqa: S314 - our own file
    assert [case.get("classname") for case in junit.iter("testcase")] == ["one", "two"]
    covered = json.loads((merged / "coverage.json").read_text())
    assert covered["drills"] == dict.fromkeys(drills, "pass")
    assert read_record(merged).drills == tuple(drills)


def test_the_tables_of_a_run_are_printed(report: Report, merge: Merge) -> None:
    code, out, _ = merge(report("one", "delivery/one"), report("two", "delivery/three"))
    assert code == 0
    assert "alerts at the receiver (speed 60, report: " in out
    assert "delivery/three  RedisDown (near miss)  pass" in out
    assert "\n2 pass\n" in out
    assert "alert coverage by observed delivery, from the 2 of 2 drills that passed" in out


def test_coverage_is_what_the_reports_prove_together(
    report: Report, merge: Merge, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same as ``python -m scenarios coverage`` of both, and later of the merged one."""
    reports = report("one", "delivery/one"), report("two", "delivery/three")
    merge(*reports)
    merged = tmp_path / "merged"
    for folders in (reports, (merged,)):
        assert main(["coverage", "--json", *map(str, folders)]) == 0
        expected = json.loads(capsys.readouterr().out)
        assert json.loads((merged / "coverage.json").read_text()) == expected


def test_a_merged_report_can_be_merged_again(report: Report, merge: Merge, tmp_path: Path) -> None:
    merge(report("one", "delivery/one"), report("two", "delivery/two"))
    code, out, err = merge(tmp_path / "merged", report("three", "delivery/three"), into="all")
    assert (code, err) == (0, "")
    assert "\n3 pass\n" in out


@pytest.mark.parametrize("verdict", ["fail", "unknown", "error"])
def test_one_drill_that_is_not_a_pass_exits_with_1(
    report: Report, merge: Merge, verdict: str
) -> None:
    one = report("one", "delivery/one")
    two = report("two", "delivery/three", verdicts={"delivery/three": verdict})
    code, out, err = merge(one, two)
    assert (code, err) == (1, "")
    assert f"1 pass, 1 {verdict}" in out


def test_a_drill_that_a_host_cannot_run_is_named_and_fails_nothing(
    report: Report, merge: Merge
) -> None:
    """As in a run."""
    two = report("two", "delivery/three", verdicts={"delivery/three": "skipped"})
    code, out, _ = merge(report("one", "delivery/one"), two)
    assert code == 0
    assert "skipped: delivery/three: text of delivery/three" in out


def test_fields_that_this_version_does_not_know_are_kept(
    report: Report, merge: Merge, tmp_path: Path, edit_json: EditJson
) -> None:
    one = report("one", "delivery/one")
    edit_json(one / "results.json", lambda results: results["drills"][0].update(to_come={"a": [1]}))
    (one / "starved").mkdir()
    (one / "starved" / "first.json").write_text("{}")
    assert merge(one)[0] == 0
    results = json.loads((tmp_path / "merged" / "results.json").read_text())
    assert results["drills"][0]["to_come"] == {"a": [1]}
    assert (tmp_path / "merged" / "starved" / "first.json").exists()
