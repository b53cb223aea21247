"""``pytest scenarios/`` as a user types it, where nothing is to be run: told clearly, and early.

All cases run once, side by side, each as a process of its own in an empty folder, with a temporary
directory of its own: whatever would start a stack would leave its mark there.
"""

import math
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from scenarios.collect import ROOT, is_drill_file, load_drill
from scenarios.plugin import DEFAULT_SPEED
from stack.run.configuration import PRODUCTION
from tests.scenarios.copied_checkout import copied_checkout

REDIS_DOWN = str(ROOT / "application" / "redis_down.py")
RULES = "prometheus/rules/application.yml"
ALERTMANAGER = "alertmanager/alertmanager.yml"
COPY = "{copy}/scenarios"
DONE_WITHIN_SECONDS = 120
REFUSED = pytest.ExitCode.USAGE_ERROR


@dataclass(frozen=True)
class Case:
    """One command. ``edit`` is (file, old, new) in a copy of the configuration to drill with.

    ``drill`` is the text of a drill in a copy of the project, ``{copy}`` in an argument its root,
    ``{link}`` a symbolic link to the project. ``own_report`` has the report go to the folder.
    """

    arguments: tuple[str, ...]
    edit: tuple[str, str, str] | None = None
    drill: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    own_report: bool = True


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str
    folder: Path

    @property
    def said(self) -> str:
        return self.out + self.err


WRONG_DRILL = '''"""It proves nothing."""

from scenarios.drill import Drill, fault, silent
from stack.faults.payment_failures import PaymentFailures

DRILL = Drill(
    steps=[
        fault(PaymentFailures(failure_ratio=5)),
    ],
    expects=[silent()],
)
'''

CASES: Mapping[str, Case] = {
    "explain": Case((str(ROOT), "--explain")),
    "explain, quietly": Case((str(ROOT), "--explain", "-q", "-k", "watchdog")),
    "explain at production's speed": Case((REDIS_DOWN, "--explain", "--speed", "1")),
    "collect only": Case((str(ROOT), "--collect-only", "-q")),
    "collect through a link": Case(("{link}/scenarios", "--collect-only", "-q")),
    "setup plan": Case((REDIS_DOWN, "--setup-plan")),
    "help": Case((REDIS_DOWN, "--help")),
    "speed too large": Case((REDIS_DOWN, "--speed", "100000")),
    "speed too small": Case((REDIS_DOWN, "--speed", "0.5")),
    "speed that is no number": Case((REDIS_DOWN, "--speed", "x")),
    "speed that is not a number": Case((REDIS_DOWN, "--speed", "nan")),
    "no such drill": Case((str(ROOT / "application" / "redis_dwn.py"),), own_report=False),
    "share that is none": Case((REDIS_DOWN, "--alert-coverage-fail-under", "120")),
    "share that is no number": Case((REDIS_DOWN, "--alert-coverage-fail-under", "all")),
    "no drill chosen": Case((str(ROOT), "-k", "nothing_of_that_name")),
    "report below a file": Case((REDIS_DOWN, "--report", "file/reports"), own_report=False),
    "no terminal": Case((REDIS_DOWN, "-p", "no:terminal")),
    "no JUnit": Case((REDIS_DOWN, "-p", "no:junitxml", "--speed", "x")),
    "no configuration": Case((REDIS_DOWN, "--configuration", "nowhere")),
    "YAML that is broken": Case(
        (REDIS_DOWN,), edit=(RULES, "        expr: redis_up == 0", "       expr: redis_up == 0")
    ),
    "PromQL that is broken": Case((REDIS_DOWN,), edit=(RULES, "redis_up == 0", "redis_up === 0")),
    "alert renamed": Case(
        (REDIS_DOWN,), edit=(RULES, "- alert: RedisDown\n", "- alert: RedisIsDown\n")
    ),
    "receiver renamed": Case(
        (REDIS_DOWN,),
        edit=(ALERTMANAGER, "- name: platform-pager\n", "- name: platform-page\n"),
    ),
    "cache that is a file": Case((REDIS_DOWN,), environment={"FLASH_DRILLS_CACHE": "file"}),
    "cache that cannot be": Case((REDIS_DOWN,), environment={"FLASH_DRILLS_CACHE": "/proc/x/y"}),
    "no engine of Docker": Case(
        (REDIS_DOWN, "--stack", "compose"),
        environment={"DOCKER_HOST": "unix:///nowhere/docker.sock"},
    ),
    "no compose file": Case((REDIS_DOWN, "--stack", "compose", "--compose-override", "absent.yml")),
    "compose file for a local stack": Case((REDIS_DOWN, "--compose-override", "file")),
    "Grafana without an address": Case((REDIS_DOWN, "--grafana", "grafana")),
    "no credentials": Case(
        (REDIS_DOWN, "--grafana", "http://127.0.0.1:3000", "--grafana-credentials", "absent")
    ),
    "credentials without a Grafana": Case((REDIS_DOWN, "--grafana-credentials", "file")),
    "wrong drill": Case((f"{COPY}/business",), drill=WRONG_DRILL),
    "wrong drill by name": Case((f"{COPY}/business/wrong.py",), drill=WRONG_DRILL),
}


def run(name: str, case: Case, folder: Path) -> Done:
    (folder / "tmp").mkdir(parents=True)
    (folder / "file").write_text("not a folder")
    (folder / "link").symlink_to(ROOT.parent)
    arguments = list(case.arguments)
    environment = {
        **os.environ,
        **case.environment,
        "TMPDIR": str(folder / "tmp"),
        # Plugins that have no part in this take half of the time of starting.
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }
    if case.edit is not None:
        source = folder / "configuration"
        for part in ("prometheus", "alertmanager"):
            shutil.copytree(PRODUCTION / part, source / part)
        file, old, new = case.edit
        text = (source / file).read_text()
        assert text.count(old) == 1, name
        (source / file).write_text(text.replace(old, new))
        arguments += ["--configuration", str(source)]
    if case.drill is not None:
        copy = folder / "copy"
        (copied_checkout(copy) / "business" / "wrong.py").write_text(case.drill)
    if case.own_report:
        arguments += ["--report", "reports"]
    places = {"{copy}": str(folder / "copy"), "{link}": str(folder / "link")}
    for place, path in places.items():
        arguments = [argument.replace(place, path) for argument in arguments]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=DONE_WITHIN_SECONDS,
        check=False,
    )
    return Done(done.returncode, done.stdout, done.stderr, folder)


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Done]:
    """Every case, run once."""
    root = tmp_path_factory.mktemp("command line")
    with ThreadPoolExecutor(4) as pool:
        futures = {
            name: pool.submit(run, name, case, root / str(number))
            for number, (name, case) in enumerate(CASES.items())
        }
    return {name: future.result() for name, future in futures.items()}


@pytest.mark.parametrize("name", CASES)
def test_nothing_is_started_and_no_traceback_is_shown(name: str, done: Mapping[str, Done]) -> None:
    result = done[name]
    assert list((result.folder / "tmp").iterdir()) == []
    assert "Traceback (most recent call last)" not in result.said
    assert "INTERNALERROR" not in result.said, result.said


@pytest.mark.parametrize("name", CASES)
def test_no_report_hides_the_one_before(name: str, done: Mapping[str, Done]) -> None:
    """Nothing was run, so ``latest`` must not point to it."""
    assert not (done[name].folder / "reports" / "latest").is_symlink()


@pytest.mark.parametrize(
    "name",
    ["explain", "explain, quietly", "collect only", "collect through a link", "help", "setup plan"],
)
def test_what_only_tells_makes_no_report_and_succeeds(name: str, done: Mapping[str, Done]) -> None:
    assert done[name].code == pytest.ExitCode.OK, done[name].said
    assert not (done[name].folder / "reports").exists()


def test_explaining_names_for_every_drill_its_windows_and_what_they_are_made_of(
    done: Mapping[str, Done],
) -> None:
    text = done["explain"].out
    for path in filter(is_drill_file, ROOT.glob("*/*.py")):
        name = path.relative_to(ROOT).with_suffix("").as_posix()
        begins = re.search(rf"^{name}: ", text, re.MULTILINE)
        assert begins is not None, name
        told = text[begins.start() :].partition("\n\n")[0]
        if "fires(" in path.read_text():
            assert re.search(r"notified after [\d.]+ to [\d.]+ s = .*evaluation", told), told
            assert re.search(r"resolved after .* = .*group interval", told), told
            speed = min(float(DEFAULT_SPEED), load_drill(path).largest_speed or math.inf)
            promised = rf"promised within \d+ s of production, [\d.]+ s at speed {speed:g}"
            assert re.search(promised, told), told
        if "near_miss(" in path.read_text():
            assert re.search(r"stays silent in near miss .*\n +held for [\d.]+ s", told), told
        if "heartbeat(" in path.read_text():
            assert re.search(r"repeated after [\d.]+ to [\d.]+ s", told), told
        assert re.search(r"silent|fires|inhibited|beats", told), told


def test_explaining_at_production_s_speed_tells_production_s_seconds(
    done: Mapping[str, Done],
) -> None:
    text = done["explain at production's speed"].out
    assert "= 15 scrape + 15 evaluation + 30 group wait + 0.25 allowance" in text
    assert "promised within 120 s of production, 120.00 s at speed 1" in text


def test_a_checkout_behind_a_link_has_all_its_drills(done: Mapping[str, Done]) -> None:
    def names(output: str) -> set[str]:
        return set(re.findall(r"scenarios/(\w+/\w+\.py)::drill", output))

    assert names(done["collect through a link"].out) == names(done["collect only"].out)
    assert len(names(done["collect only"].out)) >= 11


def test_help_shows_the_options_of_the_drills(done: Mapping[str, Done]) -> None:
    for option in (
        "--speed",
        "--explain",
        "--keep-stack",
        "--report",
        "--configuration",
        "--alert-coverage-fail-under",
        "--stack",
        "--compose-override",
    ):
        assert option in done["help"].out


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("speed too large", "prometheus.yml:3: global.scrape_interval: at speed 100000"),
        ("speed too large", "The largest whole speed that works is 150"),
        ("speed too small", "slower than production; write 1 or more"),
        ("speed that is no number", "a speed of 'x' is not a number; write such as 1, 20 or 2.5"),
        ("speed that is not a number", "a speed of 'nan' is not a number"),
        ("share that is none", "'120' is no percentage; write a number from 0 to 100"),
        ("share that is no number", "'all' is no percentage; write a number from 0 to 100"),
        ("no such drill", "file or directory not found"),
        ("report below a file", "cannot make a report folder in file/reports: Not a directory"),
        ("report below a file", "choose another with --report"),
        ("no terminal", "drills report through pytest's terminal; do not turn it off"),
        ("no JUnit", "a speed of 'x' is not a number"),
        ("no configuration", "nowhere/prometheus/prometheus.yml: cannot be read"),
        ("YAML that is broken", f"configuration/{RULES}:6: "),
        ("PromQL that is broken", f"configuration/{RULES}:6: "),
        ("PromQL that is broken", "RedisDown"),
        ("alert renamed", "no alerting rule RedisDown is loaded"),
        ("alert renamed", "did you mean RedisIsDown"),
        ("alert renamed", REDIS_DOWN),
        ("receiver renamed", "platform-pager"),
        ("receiver renamed", "did you mean platform-page"),
        ("cache that is a file", "set FLASH_DRILLS_CACHE to a directory"),
        ("no engine of Docker", "Docker's engine does not answer"),
        ("no engine of Docker", "run the drills that need no containers with --stack local"),
        ("no compose file", "--compose-override absent.yml: there is no such file"),
        ("compose file for a local stack", "--compose-override is for --stack compose"),
        ("cache that cannot be", "set FLASH_DRILLS_CACHE to a directory"),
        ("Grafana without an address", "--grafana: 'grafana' is no address"),
        ("no credentials", "cannot read the credentials in absent: No such file"),
        ("credentials without a Grafana", "--grafana-credentials is for --grafana"),
    ],
)
def test_what_cannot_be_run_is_refused_with_the_reason_and_the_way_out(
    name: str, what: str, done: Mapping[str, Done]
) -> None:
    assert done[name].code == REFUSED, done[name].said
    assert what in done[name].said


def test_a_choice_that_leaves_no_drill_is_no_success(done: Mapping[str, Done]) -> None:
    assert done["no drill chosen"].code == pytest.ExitCode.NO_TESTS_COLLECTED
    assert re.search(r"\d+ deselected", done["no drill chosen"].out)


@pytest.mark.parametrize("name", ["wrong drill", "wrong drill by name"])
def test_a_drill_that_is_written_wrongly_is_named_once_and_keeps_the_others_from_running(
    name: str, done: Mapping[str, Done]
) -> None:
    result = done[name]
    assert result.code == pytest.ExitCode.INTERRUPTED
    path = result.folder / "copy" / "scenarios" / "business" / "wrong.py"
    message = (
        f"{path}:8: ValueError: PaymentFailures.failure_ratio must be a ratio above 0 and at most "
        "1, not 5"
    )
    assert result.out.count("PaymentFailures.failure_ratio must be") == 1, result.out
    assert message in result.out
    assert "1 error during collection" in result.out
