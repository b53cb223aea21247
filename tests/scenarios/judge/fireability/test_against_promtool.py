"""What is said of expressions holds in Prometheus' own evaluation of them over many series.

Random expressions are read here and evaluated by promtool. What can never match or be true must
give nothing, and no label may hold what it was said never to hold.
"""

import random
import re
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import yaml

from scenarios.judge.fireability.comparisons import find as never_true
from scenarios.judge.fireability.label_values import label_values
from scenarios.judge.fireability.values import ANYTHING, Values
from scenarios.judge.fireability.vector_matching import find as never_matched
from stack.run.engines import require
from stack.run.speed.parser import parse
from tests.scenarios.judge.fireability.subjects import alert, rules_alone

pytestmark = pytest.mark.engines

EXPRESSIONS = 400
LABELS = ("job", "instance", "mode", "zone")
# Each series has job and instance, as all that is scraped.
SERIES = [
    f'{name}{{job="{job}", instance="{job}-{n}"{more}}}'
    for name in ("x", "y", "up")
    for job in ("a", "b")
    for n in (1, 2)
    for more in ("", ', mode="r"', ', mode="w", zone="e"')
]


class Writer:
    """Writes random expressions from a seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def vector(self, depth: int) -> str:  # noqa: PLR0911 - one for each form
        choose = self.random.choice
        if depth == 0:
            return self.selector("")
        inner = self.vector(depth - 1)
        match self.random.randrange(9):
            case 0:
                return self.selector("")
            case 1:
                operator = choose(["sum", "count", "avg", "max", "min", "group", "stddev"])
                return f"{operator} {self.grouping()}({inner})"
            case 2:
                return f"{choose(['rate', 'increase', 'changes'])}({self.selector('[5m]')})"
            case 3:
                return f"({inner} {self.operator()} {choose(['0', '1', '2', '-1', '0.5'])})"
            case 4 | 5:
                other = self.vector(depth - 1)
                return f"({inner} {self.operator()} {self.matching()} {other})"
            case 6:
                return f"({inner} {choose(['and', 'or', 'unless'])} {self.on()} {self.vector(0)})"
            case 7:
                label, text = choose(LABELS), choose(['"k"', '"$1"', '""'])
                source, pattern = choose(LABELS), choose(['""', '"(.*)"', '"(a|r)"'])
                return f'label_replace({inner}, "{label}", {text}, "{source}", {pattern})'
            case _:
                return choose(
                    [f"absent({inner})", f"abs({inner})", f"clamp({inner}, 0, 1)", f"-{inner}"]
                )

    def selector(self, window: str) -> str:
        matchers = ["", '{mode="r"}', '{mode!=""}', '{mode=""}', '{job=~"a|b"}', '{zone=~".+"}']
        name = self.random.choice(["x", "y", "up"])
        return f"{name}{self.random.choice(matchers)}{window}"

    def operator(self) -> str:
        return self.random.choice(["+", "-", "*", "/", ">", "<", ">=", "<=", "==", "!=", "> bool"])

    def labels(self) -> str:
        return ", ".join(self.random.sample(LABELS, self.random.randrange(0, 4)))

    def grouping(self) -> str:
        return self.random.choice(["", f"by ({self.labels()}) ", f"without ({self.labels()}) "])

    def on(self) -> str:
        kind = self.random.choice(["on", "ignoring"])
        return self.random.choice(["", f"{kind} ({self.labels()})"])

    def matching(self) -> str:
        on = self.on()
        group = self.random.choice(["group_left", "group_right"])
        return self.random.choice([on, f"{on} {group} (zone)" if on and "zone" not in on else on])


def claims(expression: str) -> Iterator[str]:
    """Expressions that give nothing if what is said of this one is true."""
    subject = rules_alone(alert("A", expression))
    if any(d.severity == "error" for find in (never_true, never_matched) for d in find(subject)):
        yield expression
        return
    for label in LABELS:
        values = label_values(parse(expression), label, {})
        if values != ANYTHING:
            yield holding_anything_else(expression, label, values)


def holding_anything_else(expression: str, label: str, values: Values) -> str:
    """Nothing, unless a series of the result holds something else in the label."""
    right = ".+" if values.listed is None else "|".join(map(re.escape, sorted(values.listed)))
    marked = f'label_replace({expression}, "wrong", "1", "", "")'
    cleared = f'label_replace({marked}, "wrong", "", "{label}", "{right}")'
    return f"count by (wrong) ({cleared}) unless on (wrong) vector(1)"


def given_by_promtool(expressions: Sequence[str], directory: Path) -> list[str]:
    """Those of the expressions that give something, with what they give."""
    file = directory / "test.yml"
    numbers = random.Random(1)
    tests = {
        "interval": "15s",
        "input_series": [
            {"series": series, "values": f"{numbers.choice([0, 1, 1, 5])}+1x40"}
            if not series.startswith("up")
            else {"series": series, "values": f"{numbers.choice([0, 1])}x40"}
            for series in SERIES
        ],
        "promql_expr_test": [
            {"expr": expression, "eval_time": "8m", "exp_samples": []} for expression in expressions
        ],
    }
    file.write_text(yaml.safe_dump({"rule_files": [], "tests": [tests]}))
    promtool = require(["promtool"], print)["promtool"].path
    done = subprocess.run(
        [promtool, "test", "rules", file], capture_output=True, text=True, timeout=120, check=False
    )
    told = done.stdout + done.stderr
    assert "FAILED" in told or "SUCCESS" in told, told
    return [part for part in told.split("expr: ")[1:] if "got:" in part and "got:nil" not in part]


@pytest.mark.parametrize("seed", range(3))
def test_what_is_said_of_expressions_is_so(seed: int, tmp_path: Path) -> None:
    writer = Writer(seed)
    expressions = [writer.vector(3) for _ in range(EXPRESSIONS)]
    claimed = [claim for expression in expressions for claim in claims(expression)]
    nothing = [expression for expression in expressions if expression in set(claimed)]
    assert len(claimed) > EXPRESSIONS
    assert len(nothing) > EXPRESSIONS / 20
    assert given_by_promtool(claimed, tmp_path) == []


def test_promtool_would_tell_of_what_is_wrong(tmp_path: Path) -> None:
    wrong = holding_anything_else("x", "mode", Values(frozenset({"r", ""})))
    assert len(given_by_promtool(["x > 0", wrong, "x > 1000"], tmp_path)) == 2
