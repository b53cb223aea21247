"""Coverage as tables, as JSON, and as a share that must be reached."""

import argparse
import json
from pathlib import Path
from typing import Any

import pytest

from scenarios.judge.coverage import Coverage, RuleCoverage
from scenarios.judge.coverage_inventory import RouteKey, RuleKey
from scenarios.report.coverage import (
    coverage_lines,
    percentage,
    shortfall,
    write_coverage,
)

PAGER = RouteKey('{}/{team="api"}', "api-pager", ("service",))
ALL_LABELS = RouteKey("{}", "chat", None)
PROVEN: dict[Any, tuple[str, ...]] = {
    "fires": ("business/a", "flow/b"),
    "reaches": ("business/a",),
    "grouped": ("business/a",),
    "resolves": ("business/a",),
    "silent at baseline": ("delivery/quiet",),
}


def rule(name: str, *, full: bool = True, is_loaded: bool = True, **labels: str) -> RuleCoverage:
    proven = PROVEN if full else dict.fromkeys([*PROVEN, "silent in near miss"], ())
    key = RuleKey(name, "rules.yml", "g", tuple(labels.items()))
    return RuleCoverage(key, is_loaded, proven)


def found(*rules: RuleCoverage) -> Coverage:
    return Coverage(
        drills={"business/a": "pass", "flow/b": "pass", "business/c": "fail"},
        rules=rules,
        routes={PAGER: ("business/a",), ALL_LABELS: ()},
        receivers={"api-pager": ("business/a", "flow/b"), "chat": ()},
        inhibitions={'a="b" mutes c="d"': ()},
        recordings={RuleKey("job:x:rate", "rules.yml", "g"): ("business/a",)},
    )


def lines(coverage: Coverage) -> dict[str, list[str]]:
    return dict(coverage_lines(coverage))


def test_the_table_shows_of_each_rule_what_is_proven_what_is_not_and_what_does_not_apply() -> None:
    told = lines(found(rule("Up"), rule("Down", full=False), rule("Gone", full=False)))
    title = "alert coverage by observed delivery, from the 2 of 3 drills that passed"
    heading, *rows, share = told[title]
    assert heading.split()[-1] == "in"
    assert rows[0].split() == [
        *("Up", "yes", "yes", "yes", "yes", "yes", "-"),
        *("business/a,", "flow/b"),
    ]
    assert rows[1].split() == ["Down", *["no"] * 6, "no", "drill:", "unproven"]
    assert share == "1 of 3 alerting rules are fully proven, 33.3 %"


def test_a_rule_that_no_drill_loaded_is_said_to_be_so() -> None:
    told = lines(found(rule("DiskFull", full=False, is_loaded=False)))
    assert any(line.endswith("not loaded by any drill") for line in next(iter(told.values())))


def test_rules_of_one_name_are_told_apart_by_their_labels() -> None:
    told = lines(found(rule("Up", severity="critical"), rule("Up", severity="warning")))
    text = "\n".join(next(iter(told.values())))
    assert 'Up {severity="critical"}' in text
    assert 'Up {severity="warning"}' in text


def test_an_alert_that_did_not_arrive_by_all_its_routes_names_the_others() -> None:
    lacking = RuleCoverage(RuleKey("Up", "f", "g"), True, PROVEN, unseen=(PAGER, ALL_LABELS))
    assert (
        'Up was not seen by its route {}/{team="api"} to api-pager, grouped by service and {} to '
        "chat, grouped by all labels"
    ) in next(iter(lines(found(lacking)).values()))


def test_routes_receivers_inhibitions_and_recording_rules_show_where_they_were_seen() -> None:
    told = lines(found(rule("Up")))["seen in a drill that passed"]
    assert [line.split()[0] for line in told[1:6]] == [
        *("route", "route", "receiver", "receiver", "inhibition"),
    ]
    assert told[1].endswith("grouped by service  business/a")
    assert told[2].endswith("grouped by all labels  no") or told[2].endswith("  no")
    assert told[3].endswith("business/a, flow/b")
    assert told[6].split() == ["recording", "rule", "job:x:rate", "business/a"]
    assert told[7] == (
        "1 of 2 routes, 1 of 2 receivers, 0 of 1 inhibitions, 1 of 1 recording rules"
    )


def test_nothing_at_all_has_headings_and_no_share() -> None:
    nothing = Coverage({}, (), {}, {}, {}, {})
    (_, first), (_, second) = coverage_lines(nothing)
    assert first[-1] == "0 of 0 alerting rules are fully proven"
    assert len(second) == 2


@pytest.mark.parametrize(
    ("full", "total", "wanted", "needed"),
    [
        (3, 4, 75.0, None),
        (3, 4, 75.1, 4),
        (1, 3, 33.3, None),
        (1, 3, 33.4, 2),
        (0, 3, 0.0, None),
        (4, 4, 100.0, None),
        (7, 10, 70.0, None),
        (6, 10, 70.0, 7),
    ],
)
def test_the_share_must_be_reached_and_is_never_rounded_up(
    full: int, total: int, wanted: float, needed: int | None
) -> None:
    coverage = found(*(rule(f"R{n}", full=n < full) for n in range(total)))
    text = shortfall(coverage, wanted)
    if needed is None:
        assert text is None
    else:
        assert text is not None
        assert f"{full} of {total} alerting rules are fully proven" in text
        assert f"{wanted:g} % are wanted, that is {needed}:" in text


def test_a_share_is_told_with_what_was_reached_and_no_more() -> None:
    coverage = found(*(rule(f"R{n}", full=n < 1999) for n in range(2000)))
    assert "are fully proven, 99.9 %" in str(shortfall(coverage, 100))


@pytest.mark.parametrize("wanted", [0.0, 1.0, 100.0])
def test_no_rule_at_all_is_never_enough(wanted: float) -> None:
    text = shortfall(Coverage({}, (), {}, {}, {}, {}), wanted)
    assert text is not None
    assert "no alerting rule" in text


@pytest.mark.parametrize("text", ["0", "100", "66.7"])
def test_a_percentage_is_a_number_from_0_to_100(text: str) -> None:
    assert percentage(text) == float(text)


@pytest.mark.parametrize("text", ["-1", "100.1", "nan", "inf", "most", ""])
def test_what_is_no_percentage_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="write a number from 0 to 100"):
        percentage(text)


def test_machines_get_every_property_with_the_drills_that_prove_it(tmp_path: Path) -> None:
    path = tmp_path / "coverage.json"
    missing = RuleCoverage(RuleKey("X", "f", "g", (("a", "b"),)), False, {"fires": ()}, (PAGER,))
    write_coverage(found(rule("Up"), missing), path)
    document = json.loads(path.read_text())
    assert document["format"] == 1
    assert document["drills"]["business/c"] == "fail"
    assert (document["alerting_rules"], document["fully_proven"]) == (2, 1)
    assert document["fully_proven_percent"] == 50.0
    up, other = document["rules"]
    assert (up["name"], up["loaded"], up["fully_proven"]) == ("Up", True, True)
    assert up["properties"]["fires"] == {
        "applies": True,
        "proven": True,
        "drills": ["business/a", "flow/b"],
    }
    assert up["properties"]["silent in near miss"] == {
        "applies": False,
        "proven": False,
        "drills": [],
    }
    assert other["properties"]["fires"] == {"applies": True, "proven": False, "drills": []}
    assert (other["labels"], other["loaded"], other["fully_proven"]) == ({"a": "b"}, False, False)
    assert other["routes_not_seen"] == [
        {"path": '{}/{team="api"}', "receiver": "api-pager", "group_by": ["service"]}
    ]
    assert document["routes"][1] == {
        "path": "{}",
        "receiver": "chat",
        "group_by": ["..."],
        "drills": [],
    }
    assert document["receivers"][0] == {"name": "api-pager", "drills": ["business/a", "flow/b"]}
    assert document["inhibitions"] == [{"rule": 'a="b" mutes c="d"', "drills": []}]
    assert document["recording_rules"][0]["name"] == "job:x:rate"
