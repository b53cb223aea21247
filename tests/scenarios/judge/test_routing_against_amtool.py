"""The walk of the route tree chooses the receivers that Alertmanager's own tool chooses."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scenarios.judge.routing import destinations
from stack.run.engines import require

pytestmark = pytest.mark.engines

NAMES = ("alertname", "severity", "team")
VALUES = ("a", "b", "ab", "a.b")
RECEIVERS = ("root", "chat", "pager", "ticket")

names = st.sampled_from(NAMES)
values = st.sampled_from(VALUES)
expressions = st.sampled_from(("a", "a|b", "a.*", ".+", ".*", "[ab]+", "a\\.b", "(?i)AB", ""))
labels = st.dictionaries(names, values)


@st.composite
def matcher_lines(draw: st.DrawFn) -> str:
    """One matcher in the new syntax, quoted or bare, with any operator."""
    operator = draw(st.sampled_from(("=", "!=", "=~", "!~")))
    value = draw(expressions if "~" in operator else st.one_of(values, st.just("")))
    space = draw(st.sampled_from(("", " ")))
    bare = value in VALUES and draw(st.booleans())
    written = value if bare else json.dumps(value)
    line = f"{draw(names)}{space}{operator}{space}{written}"
    return f"{{{line}}}" if draw(st.booleans()) else line


def routes(children: st.SearchStrategy[list[dict[str, Any]]]) -> st.SearchStrategy[dict[str, Any]]:
    """A route below the root: at least one condition, as Alertmanager recommends, or none."""
    return st.fixed_dictionaries(
        {},
        optional={
            "receiver": st.sampled_from(RECEIVERS),
            "matchers": st.lists(matcher_lines(), max_size=2),
            "match": st.dictionaries(names, values, max_size=1),
            "match_re": st.dictionaries(names, expressions, max_size=1),
            "continue": st.booleans(),
            "group_by": st.sampled_from(([], ["..."], ["alertname"])),
            "routes": children,
        },
    )


trees = st.recursive(
    st.just([]), lambda children: st.lists(routes(children), max_size=3), max_leaves=8
)


@pytest.fixture(scope="module")
def amtool() -> Path:
    """Alertmanager's own tool, of the very version that the drills run."""
    return require(["amtool"], print)["amtool"].path


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(children=trees, alerts=st.lists(labels, min_size=1, max_size=3))
def test_the_same_receivers_are_chosen(
    amtool: Path,
    tmp_path: Path,
    children: list[dict[str, Any]],
    alerts: list[dict[str, str]],
) -> None:
    configuration = {
        "route": {"receiver": "root", "routes": children},
        "receivers": [{"name": name} for name in RECEIVERS],
    }
    file = tmp_path / "alertmanager.yml"
    file.write_text(json.dumps(configuration))
    for alert in alerts:
        chosen = subprocess.run(
            [
                *(str(amtool), "config", "routes", "test", "--config.file", str(file)),
                *(f"{name}={value}" for name, value in alert.items()),
            ],
            check=True,
            capture_output=True,
            text=True,
            timeout=30,
        ).stdout.strip()
        ours = [found.receiver for found in destinations(configuration, alert)]
        assert chosen.split(",") == ours
