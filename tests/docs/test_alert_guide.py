"""docs/ALERTS.md is what the rules, routes and drills give today."""

from scenarios.collect import ROOT, all_drills
from scenarios.report.guide import guide
from stack.run.configuration import PRODUCTION


def test_the_alert_guide_is_current() -> None:
    assert (ROOT.parent / "docs" / "ALERTS.md").read_text() == guide(all_drills(), PRODUCTION)


def test_every_alert_is_in_the_guide_and_drilled() -> None:
    text = (ROOT.parent / "docs" / "ALERTS.md").read_text()
    rules = (PRODUCTION / "prometheus" / "rules").glob("*.yml")
    names = [
        line.split("alert:")[1].strip()
        for path in rules
        for line in path.read_text().splitlines()
        if "- alert:" in line
    ]
    assert names
    assert [name for name in names if f"### {name}\n" not in text] == []
    assert "unproven" not in text
