"""``python -m scenarios check``: what cannot work is told before anything is started."""

import re
import shutil
from pathlib import Path

import pytest

from scenarios.__main__ import main
from scenarios.judge.fireability import CHECKS
from scenarios.preflight import PreflightError, preflight
from scenarios.report.fireability import checks_table
from stack.run.configuration import PRODUCTION
from stack.run.supervisor import REPOSITORY

RULES = "prometheus/rules/business.yml"
ROUTES = "alertmanager/alertmanager.yml"
# Between them every check that needs no stack; what each edit of ours makes impossible.
BREAKAGES = {
    "few-scrapes": (RULES, "rate(http_request_duration_seconds_bucket[2m])", "[2m]", "[20s]"),
    "no-series": (RULES, 'up{job="flash-tickets-api"} == 0', "flash-tickets-api", "flash-api"),
    "never-true": (RULES, 'up{job="flash-tickets-api"} == 0', "== 0", "> 1"),
    "blank-label": (RULES, "{{ $value }} people", "{{ $value }}", "{{ $labels.instance }}"),
    "dead-route": (ROUTES, '[team="business"]', "business", "payments"),
}


@pytest.fixture
def configuration(tmp_path: Path) -> Path:
    """A copy of production's, to break."""
    for part in ("prometheus", "alertmanager"):
        shutil.copytree(PRODUCTION / part, tmp_path / "copy" / part)
    return tmp_path / "copy"


def break_with(configuration: Path, file: str, around: str, old: str, new: str) -> None:
    path = configuration / file
    text = path.read_text()
    assert around in text
    path.write_text(text.replace(around, around.replace(old, new)))


def checked(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str, str]:
    code = main(["check", *map(str, arguments)])
    out, err = capsys.readouterr()
    return code, out, err


def test_our_own_configuration_and_drills_have_no_error(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, out, err = checked(capsys)
    assert (code, err) == (0, "")
    assert "error [" not in out
    assert re.search(r"checked \d+ alerts, .*\d+ drills: 0 errors, \d+ warnings?\n$", out)


@pytest.mark.parametrize("check", BREAKAGES)
def test_each_breakage_is_told_with_place_reason_and_remedy(
    check: str, configuration: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, *_ = BREAKAGES[check]
    break_with(configuration, *BREAKAGES[check])
    code, out, _ = checked(capsys, "--configuration", configuration, "--speed", "1")
    told = re.search(
        rf"^(error|warning) \[{check}\] {configuration / file}:\d+: .+\n +why: .+\n +do: .+$",
        out,
        re.MULTILINE,
    )
    assert told is not None, out
    assert code == (1 if told[1] == "error" else 0)


@pytest.mark.parametrize("check", ["no-series", "never-true", "dead-route"])
def test_an_error_stops_the_run_before_any_stack_is_started(
    check: str, configuration: Path
) -> None:
    assert preflight([], configuration, 60) == preflight([], PRODUCTION, 60)
    break_with(configuration, *BREAKAGES[check])
    with pytest.raises(PreflightError, match=r"nothing was run:\n.*:\d+: "):
        preflight([], configuration, 60)


def test_a_warning_is_told_and_stops_nothing(configuration: Path) -> None:
    break_with(configuration, *BREAKAGES["blank-label"])
    added = set(preflight([], configuration, 60)) - set(preflight([], PRODUCTION, 60))
    assert added
    assert all("shows $labels.instance" in warning for warning in added)


def test_rule_files_alone_need_no_configuration(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "rules.yml"
    file.write_text(
        "groups: [{name: g, rules: [{alert: A, expr: 'up{job=\"x\"} > 1'}, "
        "{record: 'a:b', expr: 'rate(x[1s])'}]}]"
    )
    code, out, _ = checked(capsys, file)
    assert code == 1
    assert out.endswith("checked 1 alert, 1 recording rule, no routes: 1 error, 0 warnings\n")
    code, out, _ = checked(capsys, "--configuration", PRODUCTION, file)
    assert "prometheus.yml scrapes no such job" in out
    assert "[few-scrapes]" in out


@pytest.mark.parametrize(
    "text", ["groups: [", "groups: [{name: g, rules: [{alert: A, expr: 'x ='}]}]"]
)
def test_a_file_that_cannot_be_read_is_told_without_a_traceback(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "rules.yml"
    file.write_text(text)
    code, out, err = checked(capsys, file)
    assert (code, out) == (2, "")
    assert re.match(rf"check: error: {file}:\d+: ", err)
    code, _, err = checked(capsys, tmp_path / "nowhere.yml")
    assert code == 2
    assert "nowhere.yml" in err
    code, _, err = checked(capsys, "--configuration", tmp_path)
    assert code == 2
    assert "prometheus.yml: cannot be read" in err


def test_a_speed_that_is_none_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = checked(capsys, "--speed", "x")
    assert code == 2
    assert "a speed of 'x' is not a number" in err


def test_the_page_on_the_checks_is_current() -> None:
    text = (REPOSITORY / "docs" / "FIREABILITY.md").read_text()
    assert checks_table() in text
    assert len({check.name for check in CHECKS}) == len(CHECKS)
