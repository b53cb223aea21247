"""Reports that cannot be merged honestly are refused with what is wrong, and nothing is written."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scenarios.report.run_record import hashes
from stack.run.configuration import PRODUCTION

Report = Callable[..., Path]
Merge = Callable[..., tuple[int, str, str]]
EditJson = Callable[[Path, Callable[[Any], object]], None]


def refused(told: tuple[int, str, str], folder: Path) -> str:
    """The refusal's text: exit code 2, nothing printed as a result, nothing written."""
    code, out, err = told
    assert (code, out) == (2, "")
    assert err.startswith("merge: error: ")
    assert "Traceback" not in err
    assert not (folder / "merged").exists()
    assert not list(folder.glob(".merged*"))
    return err


@pytest.mark.parametrize("verdict", ["pass", "fail"])
def test_a_drill_in_two_reports_is_refused_whatever_its_verdicts(
    report: Report, merge: Merge, tmp_path: Path, verdict: str
) -> None:
    """No order of the reports may choose which verdict counts."""
    one = report("one", "delivery/one", verdicts={"delivery/one": verdict})
    two = report("two", "delivery/one")
    text = refused(merge(one, two), tmp_path)
    assert f"delivery/one is in two reports: {verdict} in {one}, pass in {two}" in text
    assert "pass in" in refused(merge(two, one), tmp_path)
    assert "give only the report that counts" in refused(merge(two, two), tmp_path)


def test_a_report_is_not_merged_into_one_of_its_own_sources(
    report: Report, merge: Merge, tmp_path: Path
) -> None:
    """It would be read as a part of that report from then on."""
    one = report("one", "delivery/one")
    text = refused(merge(one, report("two", "delivery/two"), into="one/merged"), tmp_path)
    assert f"{one / 'merged'} is inside of {one}; name a folder outside of it" in text
    assert not (one / "merged").exists()


def test_different_speeds_are_refused(report: Report, merge: Merge, tmp_path: Path) -> None:
    text = refused(
        merge(report("one", "delivery/one"), report("two", "delivery/two", speed=30.0)), tmp_path
    )
    assert "ran at speed 60, " in text
    assert "at 30; merge runs of one speed" in text


def test_different_stacks_are_refused(
    report: Report, merge: Merge, tmp_path: Path, edit_json: EditJson
) -> None:
    one, two = report("one", "delivery/one"), report("two", "delivery/two")
    edit_json(two / "run.json", lambda run: run.update({"stack": "compose"}))
    text = refused(merge(one, two), tmp_path)
    assert f"{one} ran with --stack local, {two} with --stack compose" in text
    assert "python -m scenarios coverage" in text


def test_different_configurations_are_refused_with_the_file(
    report: Report, merge: Merge, tmp_path: Path, edit_json: EditJson
) -> None:
    one, two = report("one", "delivery/one"), report("two", "delivery/two")
    file = "prometheus/rules/business.yml"
    edit_json(two / "run.json", lambda run: run["configuration"].update({file: "another"}))
    text = refused(merge(one, two), tmp_path)
    assert f"drilled different configurations: {file}" in text
    assert f"are not of the configuration in {PRODUCTION}: {file}" in refused(merge(two), tmp_path)


def test_a_configuration_of_ones_own_is_named(
    report: Report, merge: Merge, tmp_path: Path, edit_json: EditJson
) -> None:
    """Coverage is of the rules that were drilled, so those must be at hand."""
    own = tmp_path / "own"
    for part in ("prometheus", "alertmanager"):
        shutil.copytree(PRODUCTION / part, own / part)
    (own / "prometheus" / "rules" / "mine.yml").write_text("groups: []\n")
    one = report("one", "delivery/one")
    edit_json(one / "run.json", lambda run: run.update(configuration=hashes(own)))
    assert "prometheus/rules/mine.yml" in refused(merge(one), tmp_path)
    assert merge(one, options=("--configuration", str(own)))[0] == 0


def test_a_missing_shard_is_named_with_its_drills(
    report: Report, merge: Merge, tmp_path: Path
) -> None:
    one = report("one", "delivery/one", "delivery/two", shard=1)
    text = refused(merge(one), tmp_path)
    assert "these shards are missing: 2/3 (delivery/three)" in text
    assert "3/3" not in text
    two = report("two", "delivery/three", shard=2)
    assert "1/3 (delivery/one, delivery/two)" in refused(merge(two), tmp_path)


def test_a_report_of_other_drills_may_stand_beside_a_split(report: Report, merge: Merge) -> None:
    one = report("one", "delivery/one", "delivery/two", shard=1)
    two = report("two", "delivery/three", shard=2)
    assert merge(one, two, report("more", "delivery/four"))[0] == 0


def test_a_run_that_was_ended_early_is_refused(
    report: Report, merge: Merge, tmp_path: Path, edit_json: EditJson
) -> None:
    one = report("one", "delivery/one", "delivery/two")
    edit_json(one / "results.json", lambda results: results["drills"].pop())
    (one / "timelines" / "delivery-two.json").unlink()
    assert "did not come to its end: it has no result of delivery/two" in refused(
        merge(one), tmp_path
    )


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("results.json", "a run that was killed leaves none"),
        ("run.json", "cannot read"),
        ("junit.xml", "a run makes it unless --junitxml is given"),
        ("timelines/delivery-one.json", "is missing, and with it what delivery/one was judged by"),
    ],
)
def test_a_missing_file_is_refused(
    report: Report, merge: Merge, tmp_path: Path, file: str, text: str
) -> None:
    one = report("one", "delivery/one")
    (one / file).unlink()
    said = refused(merge(one), tmp_path)
    assert text in said
    assert str(one / file) in said


@pytest.mark.parametrize(
    "file", ["results.json", "run.json", "junit.xml", "timelines/delivery-one.json"]
)
@pytest.mark.parametrize("content", ["", "{", "[]", '{"format": 1}', "<a/>"])
def test_a_damaged_file_is_refused(
    report: Report, merge: Merge, tmp_path: Path, file: str, content: str
) -> None:
    one = report("one", "delivery/one")
    (one / file).write_text(content)
    assert str(one / file) in refused(merge(one), tmp_path)


def test_a_pass_that_its_timeline_does_not_bear_out_is_refused(
    report: Report, merge: Merge, tmp_path: Path, edit_json: EditJson
) -> None:
    one = report("one", "delivery/one", verdicts={"delivery/one": "unknown"})
    edit_json(one / "results.json", lambda results: results["drills"][0].update(verdict="pass"))
    assert "says that delivery/one is a pass; its timeline, judged again, is unknown" in refused(
        merge(one), tmp_path
    )


def test_a_timeline_in_anothers_place_is_refused(
    report: Report, merge: Merge, tmp_path: Path, edit_json: EditJson
) -> None:
    one = report("one", "delivery/one", "delivery/two")
    shutil.copy(one / "timelines" / "delivery-one.json", one / "timelines" / "delivery-two.json")
    assert "holds the timeline of another drill: delivery/one" in refused(merge(one), tmp_path)
    (one / "timelines" / "delivery-two.json").unlink()
    edit_json(one / "results.json", lambda results: results["drills"].pop(0))
    edit_json(one / "run.json", lambda run: run["drills"].remove("delivery/one"))
    assert "timelines of drills of which results.json does not tell: delivery/one" in refused(
        merge(one), tmp_path
    )


def test_a_folder_that_is_there_is_not_written_into(
    report: Report, merge: Merge, tmp_path: Path
) -> None:
    one = report("one", "delivery/one")
    before = sorted(one.rglob("*"))
    code, _, err = merge(one, into="one")
    assert code == 2
    assert f"{one} is there already; name a folder that is not" in err
    assert sorted(one.rglob("*")) == before
    assert "is no folder; give report folders" in refused(merge(tmp_path / "none"), tmp_path)
