"""A timeline comes back from its file as it was; what is no timeline is refused with the reason."""

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.judge.expectation import (
    Fires,
    Heartbeat,
    Inhibited,
    Muted,
    Repeats,
    Silent,
)
from scenarios.judge.timeline import Refusal, Timeline
from scenarios.judge.verdict import judge
from scenarios.report.saved import CONVERTER, TimelineError, read_timeline, write_timeline


def test_a_timeline_read_back_is_equal_and_judged_the_same(
    quiet_timeline: Timeline, tmp_path: Path
) -> None:
    path = tmp_path / "timeline.json"
    write_timeline(quiet_timeline, path)
    again = read_timeline(path)
    assert again == quiet_timeline
    assert judge(again) == judge(quiet_timeline)
    assert judge(again).verdict == "pass"


def test_every_kind_of_expectation_comes_back_as_the_same_kind(
    quiet_timeline: Timeline, tmp_path: Path
) -> None:
    expects = (
        Fires("A", 360.0, "pager", {"service": "x"}, together_with=("B",), resolves=False),
        Inhibited("B", by="A", labels={"instance": "i"}),
        Muted("E", by="silence", labels={"instance": "i"}, fault="f"),
        Repeats("F", 420.0, "pager", {"service": "x"}, fault="f"),
        Heartbeat("C", 420.0, "switch", {"alertname": "C"}),
        Silent("D"),
    )
    declaration = dataclasses.replace(quiet_timeline.declaration, expects=expects)
    timeline = dataclasses.replace(quiet_timeline, declaration=declaration)
    path = tmp_path / "timeline.json"
    write_timeline(timeline, path)
    assert read_timeline(path).declaration.expects == expects


labels = st.dictionaries(st.text(), st.text(), max_size=3)
moments = st.floats(allow_nan=False, allow_infinity=False)


@given(
    group=labels,
    promise=moments,
    wanted=st.dictionaries(st.text(), moments | st.text(), max_size=3),
    problems=st.lists(st.text(), max_size=3),
    refused_at=moments,
)
def test_no_text_and_no_number_is_changed_by_saving(
    group: dict[str, str],
    promise: float,
    wanted: dict[str, float | str],
    problems: list[str],
    refused_at: float,
    request: pytest.FixtureRequest,
) -> None:
    """Labels may hold any text, times any number: none may come back different."""
    plain: Timeline = request.getfixturevalue("quiet_timeline")
    timeline = dataclasses.replace(
        plain,
        declaration=dataclasses.replace(
            plain.declaration, expects=(Fires("A", promise, "at", group, labels=group),)
        ),
        faults=(dataclasses.replace(plain.faults[0], wanted=wanted, healed=None),),
        refusals=(Refusal(refused_at, "nobody", 404, "no such receiver"),),
        problems=tuple(problems),
    )
    assert CONVERTER.structure(
        json.loads(json.dumps(CONVERTER.unstructure(timeline))), Timeline
    ) == (timeline)


def document(timeline: Timeline) -> dict[str, Any]:
    saved: dict[str, Any] = json.loads(json.dumps(CONVERTER.unstructure(timeline)))
    return saved


def changed(*keys: str | int, to: object) -> Callable[[dict[str, Any]], None]:
    """A change of one entry, deep in the document."""

    def change(saved: dict[str, Any]) -> None:
        holder: Any = saved
        for key in keys[:-1]:
            holder = holder[key]
        holder[keys[-1]] = to

    return change


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda saved: saved.pop("declaration"), "has no declaration"),
        (lambda saved: saved.pop("clock"), "clock"),
        (lambda saved: saved.pop("format"), "has format None; this judge reads 1"),
        (changed("format", to=2), "has format 2; this judge reads 1"),
        (changed("speed", to="fast"), "speed"),
        (changed("arrivals", to=3), "arrivals"),
        (changed("arrivals", 0, "alerts", 0, "status", to="sleeping"), "status"),
        (changed("declaration", "expects", 0, to={"alert": "A"}), "expects"),
        (changed("declaration", "expects", 0, "kind", to="sings"), "expects"),
        (changed("declaration", to=None), "declaration"),
        (changed("weather", to="rain"), "weather"),
        (changed("clock", "started", to=None), "started"),
    ],
)
def test_a_file_that_is_not_quite_a_timeline_is_refused_with_file_and_field(
    quiet_timeline: Timeline, tmp_path: Path, change: Callable[[dict[str, Any]], None], what: str
) -> None:
    saved = document(quiet_timeline)
    change(saved)
    path = tmp_path / "timeline.json"
    path.write_text(json.dumps(saved))
    with pytest.raises(TimelineError) as caught:
        read_timeline(path)
    assert str(path) in str(caught.value)
    assert what in str(caught.value)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not json",
        b'{"declaration": ',
        b"[]",
        b"null",
        b'"declaration"',
        b"\xff\xfe\x00",
        b"[" * 100_000,
        b"0" * 5000,
    ],
    ids=["empty", "text", "torn", "list", "null", "string", "binary", "deep", "long number"],
)
def test_garbage_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "garbage.json"
    path.write_bytes(content)
    with pytest.raises(TimelineError, match=r"garbage\.json"):
        read_timeline(path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(TimelineError, match=r"cannot read .*nothing\.json: No such file"):
        read_timeline(tmp_path / "nothing.json")
    with pytest.raises(TimelineError, match="Is a directory"):
        read_timeline(tmp_path)
