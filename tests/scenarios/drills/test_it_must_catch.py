"""Mistakes in rules, routes and receivers, made for real: the drills must not stay green.

Each mistake is one edit to a copy of production's configuration; the drill then runs on a real
stack with it. All run side by side once; each test looks at what the judge said of its own.
"""

import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from scenarios.collect import ROOT, load_drill
from scenarios.drill import Drill, fault
from scenarios.report.folder import ReportFolder
from scenarios.report.result import DrillResult, Results
from scenarios.runner import Settings
from scenarios.schedule import Schedule
from stack.faults.redis_down import RedisDown
from stack.run.configuration import PRODUCTION
from stack.run.engines import require
from stack.run.local import ENGINES
from stack.run.local_way import LocalWay
from stack.run.stack import Stack

pytestmark = pytest.mark.drills

SPEED = 60.0
APPLICATION = "prometheus/rules/application.yml"
BUSINESS = "prometheus/rules/business.yml"
ALERTMANAGER = "alertmanager/alertmanager.yml"
PAYMENTS = "business/payment_failures"
REDIS_DOWN = "application/redis_down"
REDIS_LATENCY = "application/redis_latency"
API_DOWN = "business/api_down"
CACHE_MISSES = "application/cache_misses"
QUIET = "delivery/quiet_baseline"
META = "prometheus/rules/meta.yml"
FAILURES = "(rate(prometheus_rule_evaluation_failures_total[1m])) > "


@dataclass(frozen=True)
class Edit:
    """One replacement that must apply exactly once."""

    file: str
    old: str
    new: str


# An alert that cannot be evaluated, and the one that would tell of it never fires.
UNEVALUATED = (
    Edit(APPLICATION, "expr: redis_up == 0", "expr: redis_up * on () up == 0"),
    Edit(META, f"{FAILURES}0", f"{FAILURES}1000000"),
)


@dataclass(frozen=True)
class Mistake:
    """A drill run with a wrong configuration, and what the judge must say of it.

    ``alert`` is the alert that a finding must name, with one of the ``kinds``.
    """

    drill: str
    edits: tuple[Edit, ...]
    alert: str
    kinds: frozenset[str]


RATIO = ">= 0.05\n        for: 1m"
API_DOWN_RULE = """      - alert: ApiDown
        expr: up{job="flash-tickets-api"} == 0
        for: 1m
        labels:
          severity: critical"""

MISTAKES: Mapping[str, Mistake] = {
    "threshold of 50 % instead of 5 %": Mistake(
        PAYMENTS,
        (Edit(BUSINESS, RATIO, RATIO.replace("0.05", "0.5")),),
        "PaymentFailureRatioHigh",
        frozenset({"missed"}),
    ),
    "threshold of 1 % instead of 5 %": Mistake(
        PAYMENTS,
        (Edit(BUSINESS, RATIO, RATIO.replace("0.05", "0.01")),),
        "PaymentFailureRatioHigh",
        frozenset({"unexpected", "near miss fired", "early"}),
    ),
    "less than instead of greater than": Mistake(
        REDIS_LATENCY,
        (Edit(APPLICATION, ")) > 0.1", ")) < 0.1"),),
        "RedisLatencyHigh",
        frozenset({"unexpected", "near miss fired", "early"}),
    ),
    "for ten times longer": Mistake(
        API_DOWN,
        (Edit(BUSINESS, API_DOWN_RULE, API_DOWN_RULE.replace("for: 1m", "for: 10m")),),
        "ApiDown",
        frozenset({"late", "missed", "promise broken"}),
    ),
    "severity that goes to another receiver": Mistake(
        API_DOWN,
        (Edit(BUSINESS, API_DOWN_RULE, API_DOWN_RULE.replace("critical", "warning")),),
        "ApiDown",
        frozenset({"misrouted"}),
    ),
    "group_by without one label": Mistake(
        REDIS_DOWN,
        (Edit(ALERTMANAGER, "group_by: [alertname, service]", "group_by: [alertname]"),),
        "RedisDown",
        frozenset({"misgrouped"}),
    ),
    "two services of one receiver in one group": Mistake(
        CACHE_MISSES,
        (
            Edit(
                ALERTMANAGER,
                'matchers: [team="api"]\n      group_by: [service]',
                'matchers: [team="api"]\n      group_by: [team]',
            ),
        ),
        "DatabaseLoadFromCacheMisses",
        frozenset({"misgrouped"}),
    ),
    "group_wait ten times longer": Mistake(
        REDIS_DOWN,
        (Edit(ALERTMANAGER, "group_wait: 30s", "group_wait: 300s"),),
        "RedisDown",
        frozenset({"late", "promise broken"}),
    ),
    "receiver URL of nobody": Mistake(
        REDIS_DOWN,
        (
            Edit(
                ALERTMANAGER, "receivers/platform-pager/webhook", "receivers/platform-pagr/webhook"
            ),
        ),
        "RedisDown",
        frozenset({"misrouted", "missed"}),
    ),
    "inhibition that mutes too much": Mistake(
        REDIS_DOWN,
        (
            Edit(
                ALERTMANAGER,
                "inhibit_rules:\n",
                "inhibit_rules:\n"
                '  - source_matchers: [alertname="Watchdog"]\n'
                "    target_matchers: ['severity=~\"critical|warning\"']\n",
            ),
        ),
        "RedisDown",
        frozenset({"missed"}),
    ),
    "inhibition by a label that differs": Mistake(
        REDIS_DOWN,
        (
            Edit(
                ALERTMANAGER,
                'target_matchers: [alertname="RedisLatencyHigh"]\n    equal: [service]',
                'target_matchers: [alertname="RedisLatencyHigh"]\n    equal: [instance]',
            ),
        ),
        "RedisLatencyHigh",
        frozenset({"not inhibited"}),
    ),
    "route that drops the alert": Mistake(
        REDIS_DOWN,
        (
            Edit(
                ALERTMANAGER,
                '    - receiver: platform-pager\n      matchers: [severity="critical"]\n',
                "    - receiver: nobody\n"
                '      matchers: [service="redis"]\n'
                '    - receiver: platform-pager\n      matchers: [severity="critical"]\n',
            ),
            Edit(
                ALERTMANAGER,
                "receivers:\n  - name: dead",
                "receivers:\n  - name: nobody\n  - name: dead",
            ),
        ),
        "RedisDown",
        frozenset({"missed"}),
    ),
    "metric name misspelt": Mistake(
        REDIS_DOWN,
        (Edit(APPLICATION, "expr: redis_up == 0", "expr: redis_upp == 0"),),
        "RedisDown",
        frozenset({"missed"}),
    ),
}


@dataclass(frozen=True)
class NeverInjected(RedisDown):
    """A fault that forgets to do anything: what its readback must find out."""

    def inject(self, stack: Stack) -> None:
        """Leave Redis alone."""


def mistaken(tmp: Path, name: str, edits: tuple[Edit, ...]) -> Path:
    """A copy of production's configuration with the edits made."""
    source = tmp / name.replace(" ", "-").replace("%", "percent")
    for folder in ("prometheus", "alertmanager"):
        shutil.copytree(PRODUCTION / folder, source / folder)
    for edit in edits:
        path = source / edit.file
        text = path.read_text()
        assert text.count(edit.old) == 1, f"{edit.old!r} stands {text.count(edit.old)} times"
        path.write_text(text.replace(edit.old, edit.new))
    return source


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, DrillResult]]:
    """Every mistaken drill, run side by side on real stacks."""
    tmp = tmp_path_factory.mktemp("mistakes")
    way = LocalWay(require(ENGINES, print))
    runs: list[tuple[Drill, Settings]] = []
    for name, mistake in MISTAKES.items():
        drill = load_drill(ROOT / f"{mistake.drill}.py")
        source = mistaken(tmp, name, mistake.edits)
        runs.append((replace(drill, name=f"mistake/{name}"), Settings(SPEED, way, source)))
    forgetful = replace(
        load_drill(ROOT / f"{REDIS_DOWN}.py"),
        name="mistake/fault never injected",
        steps=[fault(NeverInjected())],
    )
    correct = replace(load_drill(ROOT / f"{REDIS_DOWN}.py"), name="mistake/no mistake")
    runs += [(forgetful, Settings(SPEED, way)), (correct, Settings(SPEED, way))]
    blind = replace(load_drill(ROOT / f"{QUIET}.py"), name="mistake/rule that is not evaluated")
    runs.append((blind, Settings(SPEED, way, mistaken(tmp, "unevaluated", UNEVALUATED))))
    results = Results(ReportFolder(tmp / "reports"), SPEED, keep_failed_stacks=False)
    schedule = Schedule(runs, results.finish, results.is_wanted_again)
    try:
        yield {
            drill.name.removeprefix("mistake/"): results.judged(
                drill, schedule.result(drill).result()
            )
            for drill, _ in runs
        }
    finally:
        schedule.close()


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_caught(name: str, results: Mapping[str, DrillResult]) -> None:
    mistake, result = MISTAKES[name], results[name]
    assert result.verdict == "fail", result.text
    assert result.judgement is not None
    kinds = {f.kind for f in result.judgement.findings if f.alert == mistake.alert}
    assert kinds & mistake.kinds, result.text


def test_without_a_mistake_the_same_run_is_green(results: Mapping[str, DrillResult]) -> None:
    assert results["no mistake"].verdict == "pass", results["no mistake"].text


def test_a_fault_that_was_never_injected_is_unknown(results: Mapping[str, DrillResult]) -> None:
    result = results["fault never injected"]
    assert result.verdict == "unknown", result.text
    assert "did not take effect" in result.text


def test_the_silence_of_a_rule_that_cannot_be_evaluated_is_unknown(
    results: Mapping[str, DrillResult],
) -> None:
    result = results["rule that is not evaluated"]
    assert result.verdict == "unknown", result.text
    told = r"the rule RedisDown in .*/application\.yml cannot be evaluated"
    assert re.search(told, result.text), result.text
