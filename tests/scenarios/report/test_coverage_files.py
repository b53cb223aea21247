"""Coverage is taken from report folders and timelines as they were saved, in any mix."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from scenarios.__main__ import main
from scenarios.judge.timeline import Timeline
from scenarios.report.coverage_files import CoverageError, inventory_of_files, read_proofs
from scenarios.report.folder import ReportFolder
from scenarios.report.saved import write_timeline
from stack.run.configuration import PRODUCTION


@pytest.fixture
def folder(quiet_timeline: Timeline, tmp_path: Path) -> Path:
    """A run of one drill that passed, one that was skipped, and one whose books disagree."""
    report = ReportFolder(tmp_path / "reports")
    report.save_timeline(quiet_timeline)
    declaration = replace(quiet_timeline.declaration, name="business/sold_twice")
    report.save_timeline(replace(quiet_timeline, declaration=declaration))
    verdicts = {
        "delivery/quiet": "pass",
        "business/sold_twice": "fail",
        "system/host_memory": "skipped",
    }
    drills = [{"drill": name, "verdict": verdict} for name, verdict in verdicts.items()]
    report.results.write_text(json.dumps({"drills": drills}))
    return report.path


def verdicts(*paths: Path) -> dict[str, str]:
    return {proof.drill: proof.verdict for proof in read_proofs(paths)}


def run(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str, str]:
    code = main(["coverage", *map(str, arguments)])
    out, err = capsys.readouterr()
    return code, out, err


def document(capsys: pytest.CaptureFixture[str], *paths: Path) -> Any:
    code, out, err = run(capsys, "--json", *paths)
    assert (code, err) == (0, "")
    return json.loads(out)


def test_a_folder_tells_all_its_drills_and_what_the_run_said_of_them(folder: Path) -> None:
    """Its orders disagree, whatever its alerts did: that stands in no timeline."""
    assert verdicts(folder) == {
        "delivery/quiet": "pass",
        "business/sold_twice": "fail",
        "system/host_memory": "skipped",
    }
    (sold_twice,) = (p for p in read_proofs([folder]) if p.drill == "business/sold_twice")
    assert not sold_twice.seen.silent_in_near_miss


def test_a_timeline_is_judged_again_whatever_was_said_of_it(
    folder: Path, quiet_timeline: Timeline
) -> None:
    doubtful = replace(quiet_timeline, problems=("the sink was gone",))
    write_timeline(doubtful, folder / "timelines" / "delivery-quiet.json")
    assert verdicts(folder)["delivery/quiet"] == "unknown"


def test_a_run_that_was_ended_before_it_wrote_results_counts_by_its_timelines(
    folder: Path,
) -> None:
    (folder / "results.json").unlink()
    assert verdicts(folder) == {"delivery/quiet": "pass", "business/sold_twice": "pass"}


def test_single_timelines_count_beside_folders(folder: Path, quiet_timeline: Timeline) -> None:
    path = folder.parent / "one.json"
    declaration = replace(quiet_timeline.declaration, name="business/other")
    write_timeline(replace(quiet_timeline, declaration=declaration), path)
    assert verdicts(path) == {"business/other": "pass"}
    assert set(verdicts(folder, path)) > set(verdicts(folder))


@pytest.mark.parametrize(
    ("results", "what"),
    [
        ("{", "does not hold a run's results"),
        ("[]", "does not hold a run's results"),
        ('{"drills": [{"drill": "a"}]}', "does not hold a run's results"),
    ],
)
def test_results_that_cannot_be_read_are_an_error(folder: Path, results: str, what: str) -> None:
    (folder / "results.json").write_text(results)
    with pytest.raises(CoverageError, match=what):
        read_proofs([folder])


def test_a_folder_of_reports_is_no_report(folder: Path) -> None:
    with pytest.raises(CoverageError, match="give one run's folder, such as reports/latest"):
        read_proofs([folder.parent])


def test_every_rule_of_the_files_is_there_to_be_proven() -> None:
    names = {key.name for key in inventory_of_files(PRODUCTION).alerts}
    assert {"Watchdog", "RedisDown", "HostCpuHigh"} <= names


def test_reports_of_several_jobs_prove_together_what_each_proves_alone(
    folder: Path, quiet_timeline: Timeline, capsys: pytest.CaptureFixture[str]
) -> None:
    """One job ran the near miss; in the other the same drill, elsewhere, failed."""
    path = folder.parent / "other.json"
    declaration = replace(
        quiet_timeline.declaration, name="business/other", near_misses={}, path="other.py"
    )
    write_timeline(replace(quiet_timeline, declaration=declaration, faults=()), path)
    near_miss, baseline = "silent in near miss", "silent at baseline"

    def drills(name: str, *paths: Path) -> list[str]:
        told = document(capsys, *paths)
        # Production's files have a rule of this name too, which is another.
        (rule,) = (
            rule
            for rule in told["rules"]
            if rule["name"] == "RedisDown" and rule["labels"] == {"severity": "critical"}
        )
        found: list[str] = rule["properties"][name]["drills"]
        return found

    assert drills(near_miss, folder) == ["delivery/quiet"]
    assert drills(near_miss, path) == []
    assert drills(baseline, path) == ["business/other"]
    assert drills(near_miss, folder, path) == ["delivery/quiet"]
    assert "business/other" in drills(baseline, folder, path)
    assert document(capsys, folder, path)["drills"]["business/sold_twice"] == "fail"


def test_people_get_tables_and_less_than_wanted_exits_with_1(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = run(capsys, folder)
    assert (code, err) == (0, "")
    assert out.startswith("alert coverage by observed delivery, from the 1 of 3 drills that passed")
    assert "HostCpuHigh" in out
    code, _, err = run(capsys, folder, "--alert-coverage-fail-under", "90")
    assert code == 1
    assert "90 % are wanted" in err
    assert run(capsys, folder, "--alert-coverage-fail-under", "0")[0] == 0


def test_no_rule_anywhere_is_not_enough_for_any_share(
    quiet_timeline: Timeline, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for part in ("prometheus", "alertmanager"):
        shutil.copytree(PRODUCTION / part, tmp_path / "configuration" / part)
    for rules in (tmp_path / "configuration" / "prometheus" / "rules").glob("*.yml"):
        rules.write_text("groups: []\n")
    timeline = tmp_path / "timeline.json"
    configuration = replace(quiet_timeline.configuration, rules=())
    write_timeline(replace(quiet_timeline, configuration=configuration), timeline)
    arguments = (timeline, "--configuration", tmp_path / "configuration")
    code, _, err = run(capsys, *arguments, "--alert-coverage-fail-under", "0")
    assert code == 1
    assert "no alerting rule was loaded or found in the files" in err


@pytest.mark.parametrize("share", ["101", "most"])
def test_a_share_that_is_none_is_a_mistake_of_usage(
    folder: Path, share: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as refused:
        run(capsys, folder, "--alert-coverage-fail-under", share)
    assert refused.value.code == 2
    assert "write a number from 0 to 100" in capsys.readouterr().err


def test_what_cannot_be_read_exits_with_2_and_names_the_file(
    folder: Path, quiet_timeline: Timeline, capsys: pytest.CaptureFixture[str]
) -> None:
    garbage = folder / "timelines" / "garbage.json"
    garbage.write_text("{")
    code, out, err = run(capsys, folder)
    assert (code, out) == (2, "")
    assert f"coverage: error: {garbage} is not JSON" in err
    declaration = replace(quiet_timeline.declaration, expects=())
    write_timeline(replace(quiet_timeline, declaration=declaration), garbage)
    assert f"coverage: error: {garbage}: " in run(capsys, folder)[2]
    assert run(capsys, folder / "nothing")[0] == 2
    assert run(capsys, folder.parent / "one.json", "--configuration", folder)[0] == 2
