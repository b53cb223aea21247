"""The real Prometheus and Alertmanager load what was divided, and read it as it was meant."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

import stack
from stack.run.engines import require
from stack.run.speed import compress_production, compress_rules, read_production
from stack.run.speed.promql import read_expression

pytestmark = pytest.mark.engines

Run = Callable[..., str]


@pytest.fixture(scope="module")
def run() -> Run:
    """Runs an engine's tool, which has to be content, and returns what it printed."""

    def run_tool(name: str, *arguments: str) -> str:
        done = subprocess.run(
            [str(require([name], print)[name].path), *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    return run_tool


@pytest.mark.parametrize("speed", [20, 7.7])
def test_prometheus_takes_published_rules_at_any_speed(
    run: Run, all_published: dict[str, str], tmp_path: Path, speed: float
) -> None:
    """promtool finds as many rules as before and nothing wrong."""
    for path, text in all_published.items():
        file = tmp_path / path
        file.write_text(compress_rules(text, path, speed))
        count = sum(len(group["rules"]) for group in yaml.safe_load(text)["groups"])
        assert f"SUCCESS: {count} rules found" in run("promtool", "check", "rules", str(file))


@pytest.mark.parametrize("speed", [1, 20, 150])
def test_both_engines_take_our_own_configuration(run: Run, tmp_path: Path, speed: float) -> None:
    """promtool and amtool check the files that a stack at this speed would be given."""
    home = Path(stack.__file__).parent
    faster = compress_production(
        read_production(
            home / "prometheus" / "prometheus.yml", home / "alertmanager" / "alertmanager.yml"
        ),
        speed,
    )
    (tmp_path / "rules").mkdir()
    for path, text in faster.rules.items():
        (tmp_path / "rules" / Path(path).name).write_text(text)
    prometheus = tmp_path / "prometheus.yml"
    prometheus.write_text(yaml.safe_dump(faster.prometheus))
    assert "SUCCESS" in run("promtool", "check", "config", str(prometheus))
    alertmanager = tmp_path / "alertmanager.yml"
    alertmanager.write_text(yaml.safe_dump(faster.alertmanager))
    assert "SUCCESS" in run("amtool", "check-config", str(alertmanager))


@pytest.mark.parametrize(
    "expression",
    [
        "rate(x[300])",
        "rate(x[ 1h30m15s500ms ])",
        "rate(x[0x10])",
        "rate(x[1_000])",
        "rate(x[.5])",
        "rate(x[1e2])",
        "x offset -5m",
        "x offset 0s",
        "x offset 30",
        "max_over_time(x[1h:5m] offset 1d @ end())",
        "offset offset 5m + offset + 5m",
        "rate(x{a=`\\d`}[5m # minutes\n])",
    ],
)
def test_prometheus_reads_the_same_durations(run: Run, expression: str) -> None:
    """promtool's own printer shows each duration that was found here."""
    printed = run("promtool", "--experimental", "promql", "format", expression)
    ours = [duration.milliseconds for duration in read_expression(expression).durations]
    theirs = [duration.milliseconds for duration in read_expression(printed.strip()).durations]
    assert theirs == [milliseconds for milliseconds in ours if milliseconds]
