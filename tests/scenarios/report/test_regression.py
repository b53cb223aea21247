"""A run beside earlier ones: what they proved and it does not is told, and nothing else."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from scenarios.__main__ import main
from scenarios.judge.coverage_inventory import RuleKey
from scenarios.judge.coverage_proof import Proof
from scenarios.judge.finding import Finding, Reason
from scenarios.judge.verdict import Row
from scenarios.report.read_back import Source, read_source
from scenarios.report.regression import Change, Regression, Timing, regression

Report = Callable[..., Path]
EditJson = Callable[[Path, Callable[[Any], object]], None]
Compare = Callable[..., tuple[int, str, str]]
REDIS_DOWN = 'RedisDown {severity="critical"}'


@pytest.fixture
def compare(capsys: pytest.CaptureFixture[str]) -> Compare:
    def run(*reports: Path) -> Any:
        code = main(["compare", *map(str, reports)])
        return (code, *capsys.readouterr())

    return run


def test_a_run_that_proves_as_much_is_no_regression(report: Report, compare: Compare) -> None:
    code, out, err = compare(report("one", "delivery/one"), report("two", "delivery/one"))
    assert (code, err) == (0, "")
    assert out == "all that was proven before is proven\n"


@pytest.mark.parametrize("verdict", ["fail", "unknown", "error", "skipped"])
def test_a_drill_that_passed_and_does_not_now_is_a_regression(
    report: Report, compare: Compare, verdict: str
) -> None:
    one = report("one", "delivery/one", "delivery/two")
    two = report("two", "delivery/one", "delivery/two", verdicts={"delivery/two": verdict})
    code, out, _ = compare(one, two)
    assert code == 1
    told = f"delivery/two: {verdict}\n  text of delivery/two\n"
    assert f"drills that passed before:\n{told}" in out
    assert "delivery/one" not in out
    assert out.endswith("regressed\n")


def test_what_the_judge_found_is_told_of_a_drill_that_fell(report: Report) -> None:
    """Every finding of a failed drill once, and of an unknown one every reason."""
    one, two = of(report, "one"), of(report, "two")
    result = two.results["delivery/one"]
    assert result.judgement is not None
    late = Finding("late", "RedisDown came late", "RedisDown", 1.0, 2.0)
    held_up = Reason("stall", "the host stood still", frozenset({"late"}))
    for verdict, findings, reasons, why in (
        ("fail", (late, late), (held_up,), "RedisDown came late"),
        ("unknown", (), (held_up, held_up), "the host stood still"),
    ):
        judgement = replace(result.judgement, findings=findings, reasons=reasons)
        fell = replace(result, verdict=verdict, judgement=judgement)
        found = regression([one], replace(two, results={"delivery/one": fell}))
        assert [(fallen.now, fallen.reasons) for fallen in found.fallen] == [(verdict, (why,))]


def test_a_drill_that_is_gone_is_a_regression(report: Report, compare: Compare) -> None:
    """A drill that nobody runs any more is how a proof is lost without any red line."""
    code, out, _ = compare(
        report("one", "delivery/one", "delivery/two"), report("two", "delivery/one")
    )
    assert code == 1
    assert "delivery/two: not run\n" in out


def test_what_is_lost_stays_lost_until_it_is_there_again(report: Report, compare: Compare) -> None:
    good, bad = (
        report(name, "delivery/one", verdicts={"delivery/one": verdict})
        for name, verdict in (("good", "pass"), ("bad", "fail"))
    )
    again = report("again", "delivery/one", verdicts={"delivery/one": "fail"})
    healed = report("healed", "delivery/one")
    assert compare(good, bad, again)[0] == 1
    assert compare(bad, again)[0] == 0
    assert compare(good, bad, again, healed)[0] == 0


def test_a_drill_that_never_passed_is_no_regression_and_a_new_one_is_told(
    report: Report, compare: Compare
) -> None:
    one = report("one", "delivery/one", verdicts={"delivery/one": "fail"})
    assert compare(one, report("two", "delivery/one", verdicts={"delivery/one": "error"}))[0] == 0
    code, out, _ = compare(one, report("three", "delivery/one"))
    assert code == 0
    assert "proven now, and not before:\n" in out


def of(report: Report, name: str) -> Source:
    return read_source(report(name, "delivery/one"))


def with_proof(source: Source, change: Callable[[Proof], Proof]) -> Source:
    return replace(source, proofs=tuple(map(change, source.proofs)))


def without_proofs(proof: Proof) -> Proof:
    return proof.with_verdict("fail")


def without_rule(name: str) -> Callable[[Proof], Proof]:
    def change(proof: Proof) -> Proof:
        kept = tuple(rule for rule in proof.inventory.alerts if rule.name != name)
        return replace(proof, inventory=replace(proof.inventory, alerts=kept))

    return change


def changes(found: Regression) -> dict[str, Change]:
    return {change.name: change for change in found.lost}


def test_what_was_proven_of_an_alert_and_is_not_is_told_by_property(report: Report) -> None:
    one, two = of(report, "one"), of(report, "two")
    assert regression([one], two).lost == ()
    found = changes(regression([one], with_proof(two, without_proofs)))
    assert found[REDIS_DOWN].properties == ("baseline",)
    assert found[REDIS_DOWN].is_there


def test_a_rule_that_is_gone_is_told_as_gone(report: Report) -> None:
    one, two = of(report, "one"), of(report, "two")
    found = changes(regression([one], with_proof(two, without_rule("RedisDown"))))
    assert list(found) == [REDIS_DOWN]
    assert not found[REDIS_DOWN].is_there


def test_a_rule_that_tells_of_a_state_now_needs_no_near_miss_any_more(report: Report) -> None:
    def with_degree(proof: Proof) -> Proof:
        inventory = proof.inventory
        return replace(proof, inventory=replace(inventory, gradual=frozenset(inventory.alerts)))

    one = with_proof(of(report, "one"), with_degree)
    two = of(report, "two")
    assert regression([one], two).lost == ()
    found = changes(regression([one], with_proof(with_proof(two, without_proofs), with_degree)))
    assert "near miss" in found[REDIS_DOWN].properties


def test_a_rule_that_only_moved_is_the_same(report: Report) -> None:
    """Its file and group tell where it stands, not what it is."""

    def moved(proof: Proof) -> Proof:
        def elsewhere(rule: RuleKey) -> RuleKey:
            return replace(rule, file="other.yml", group="other")

        inventory = proof.inventory
        seen = proof.seen
        fields = {
            name: frozenset(map(elsewhere, value))
            for name, value in vars(seen).items()
            if isinstance(value, frozenset) and all(isinstance(v, RuleKey) for v in value)
        }
        return replace(
            proof,
            inventory=replace(inventory, alerts=tuple(map(elsewhere, inventory.alerts))),
            seen=replace(seen, **fields),
        )

    one, two = of(report, "one"), of(report, "two")
    assert regression([one], with_proof(two, moved)).lost == ()


def row(source: Source, seconds: float | None, **changed: Any) -> Source:
    """The source with one row in the judgement of its drill: an alert told after so long."""
    result = source.results["delivery/one"]
    assert result.judgement is not None
    told = Row(
        "delivery/one", "fires", "RedisDown", "pass", seconds, (1.0, 3.0), 4.0, "pager", {"a": "b"}
    )
    judgement = replace(result.judgement, rows=(replace(told, **changed),))
    return replace(source, results={"delivery/one": replace(result, judgement=judgement)})


def test_times_are_told_in_production_beside_those_of_each_earlier_run(report: Report) -> None:
    runs = [of(report, name) for name in ("one", "two", "three")]
    found = regression([row(runs[0], 1.5), row(runs[1], 2.0)], row(runs[2], 2.5))
    assert found.timings == (Timing("delivery/one", "RedisDown", "pager", 150.0, (90.0, 120.0)),)


@pytest.mark.parametrize(
    "changed",
    [{"verdict": "fail"}, {"receiver": "chat"}, {"group": {"a": "c"}}, {"kind": "repeats"}],
)
def test_only_the_same_expectation_that_was_met_is_compared(
    report: Report, changed: dict[str, Any]
) -> None:
    found = regression([row(of(report, "one"), 1.5, **changed)], row(of(report, "two"), 2.0))
    assert [timing.earlier_seconds for timing in found.timings] == [()]


def test_changed_files_are_named(report: Report, compare: Compare, edit_json: EditJson) -> None:
    one, two = report("one", "delivery/one"), report("two", "delivery/one")
    path = "prometheus/rules/meta.yml"
    edit_json(one / "run.json", lambda run: run["configuration"].update({path: "another"}))
    code, out, _ = compare(one, two)
    assert (code, out.splitlines()[:2]) == (0, [f"changed since {one}:", path])


def refused(told: tuple[int, str, str]) -> str:
    code, out, err = told
    assert (code, out) == (2, "")
    assert err.startswith("compare: error: ")
    assert "Traceback" not in err
    return err


def test_what_cannot_be_compared_is_refused(
    report: Report, compare: Compare, edit_json: EditJson, tmp_path: Path
) -> None:
    one, two = report("one", "delivery/one"), report("two", "delivery/one")
    assert "at least two report folders" in refused(compare(one))
    assert "is given twice" in refused(compare(one, one))
    assert "is no folder" in refused(compare(tmp_path / "none", one))
    slower = report("three", "delivery/one", speed=30.0)
    assert "compare runs of one speed" in refused(compare(one, slower))
    edit_json(two / "run.json", lambda run: run.update({"stack": "compose"}))
    assert "compare runs of one kind of stack" in refused(compare(one, two))
    (two / "results.json").write_text("{")
    assert "does not hold a run's results" in refused(compare(one, two))
