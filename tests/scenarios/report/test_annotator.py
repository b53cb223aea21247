"""Grafana is told beside the drills: in full, or with what is missing, and never for long."""

import dataclasses
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from scenarios.__main__ import main
from scenarios.judge.timeline import Timeline
from scenarios.report.annotator import Annotator
from scenarios.report.grafana import Grafana
from scenarios.report.saved import write_timeline
from tests.scenarios.report.grafana_double import TOKEN, GrafanaDouble, Handler, running

OF_A_DRILL = 2


@pytest.fixture
def double() -> Iterator[GrafanaDouble]:
    with running(GrafanaDouble()) as grafana:
        yield grafana


@pytest.fixture
def timelines(quiet_timeline: Timeline, tmp_path: Path) -> list[Path]:
    """Three drills, of two annotations each."""
    paths = [tmp_path / f"{name}.json" for name in ("one", "two", "three")]
    for path in paths:
        declaration = dataclasses.replace(quiet_timeline.declaration, name=path.stem)
        write_timeline(dataclasses.replace(quiet_timeline, declaration=declaration), path)
    return paths


@pytest.fixture
def credentials(tmp_path: Path) -> Path:
    path = tmp_path / "token"
    path.write_text(TOKEN)
    return path


def test_all_that_is_added_is_there_when_it_is_closed(
    double: GrafanaDouble, timelines: list[Path]
) -> None:
    annotator = Annotator(Grafana(double.url, f"Bearer {TOKEN}"))
    for path in timelines:
        annotator.add(path)
    assert annotator.close() == []
    assert annotator.added == len(double.annotations) == OF_A_DRILL * len(timelines)
    of_drills = [tag for one in double.annotations for tag in one["tags"] if "drill:" in tag]
    assert sorted(set(of_drills)) == ["drill:one", "drill:three", "drill:two"]


def test_a_refusal_is_told_once_with_all_that_is_missing_and_asked_once_a_drill(
    double: GrafanaDouble, timelines: list[Path]
) -> None:
    annotator = Annotator(Grafana(double.url, "Bearer wrong"))
    for path in timelines:
        annotator.add(path)
    (problem,) = annotator.close()
    assert problem.startswith(
        f"Grafana at {double.url}: 6 annotations of one, two, three were not added: it refused with"
    )
    assert double.requests == len(timelines)


def test_a_grafana_that_comes_back_gets_the_drills_after_that(
    double: GrafanaDouble, timelines: list[Path]
) -> None:
    def restart(handler: Handler) -> None:
        double.answer = None
        handler.send_json(503, {"message": "starting"})

    double.answer = restart
    annotator = Annotator(Grafana(double.url, f"Bearer {TOKEN}"))
    for path in timelines:
        annotator.add(path)
    (problem,) = annotator.close()
    assert "2 annotations of one were not added: it answered 503" in problem
    assert annotator.added == len(double.annotations) == OF_A_DRILL * 2


def test_a_grafana_that_sends_a_byte_now_and_then_does_not_hold_up_the_end(
    double: GrafanaDouble, timelines: list[Path]
) -> None:
    """No timeout of a request ends such an answer."""
    over = threading.Event()

    def drip(handler: Handler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
        while not over.wait(0.05):
            handler.wfile.write(b"x")
            handler.wfile.flush()

    double.answer = drip
    annotator = Annotator(Grafana(double.url, f"Bearer {TOKEN}"))
    for path in timelines:
        annotator.add(path)
    try:
        assert annotator.close(within_seconds=0.5) == [
            f"Grafana at {double.url}: it was not done with one, two, three after 0.5 s"
        ]
    finally:
        over.set()


def annotate(*arguments: object) -> int:
    return main(["annotate", *map(str, arguments)])


def test_the_command_adds_saved_timelines(
    double: GrafanaDouble,
    timelines: list[Path],
    credentials: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    code = annotate(*timelines, "--grafana", double.url, "--grafana-credentials", credentials)
    assert code == 0
    assert len(double.annotations) == OF_A_DRILL * len(timelines)
    assert capsys.readouterr().out == "6 annotations added\n"


def test_the_command_says_what_is_missing_and_exits_with_1(
    double: GrafanaDouble, timelines: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert annotate(*timelines, "--grafana", double.url) == 1
    out, err = capsys.readouterr()
    assert out == "0 annotations added\n"
    assert err.startswith(f"annotate: Grafana at {double.url}: 6 annotations of one, two, three")


def test_the_command_says_which_file_is_no_timeline_and_adds_the_others(
    double: GrafanaDouble,
    timelines: list[Path],
    credentials: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    timelines[1].write_text("{}")
    code = annotate(*timelines, "--grafana", double.url, "--grafana-credentials", credentials)
    assert code == 1
    out, err = capsys.readouterr()
    assert out == "4 annotations added\n"
    assert f"{timelines[1]} is not a timeline" in err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--grafana", "grafana"), "annotate: error: 'grafana' is no address"),
        (
            ("--grafana", "http://127.0.0.1:9", "--grafana-credentials", "absent"),
            "annotate: error: cannot read the credentials in absent",
        ),
    ],
)
def test_the_command_refuses_what_it_cannot_use_and_exits_with_2(
    timelines: list[Path], options: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert annotate(timelines[0], *options) == 2
    assert capsys.readouterr().err.startswith(said)
