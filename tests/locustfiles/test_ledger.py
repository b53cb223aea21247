"""Tests of the ledger: each second has its line, and the lines add up."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from locustfiles.ledger import Ledger, Outcome


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 500.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.jsonl"


@pytest.fixture
def ledger(clock: Clock, path: Path) -> Ledger:
    ledger = Ledger(path, clock=clock, wall_clock=lambda: clock.now + 1_000_000)
    ledger.begin()
    return ledger


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_second_is_written_when_it_is_over_and_not_before(
    ledger: Ledger, clock: Clock, path: Path
) -> None:
    """The line names when its second began, and what happened in it."""
    ledger.count("offered")
    ledger.count("started")
    clock.now += 0.999
    ledger.roll(clock.now)
    assert lines(path) == []
    clock.now += 0.001
    ledger.roll(clock.now)
    assert lines(path) == [
        {
            "at": 1_000_500.0,
            "seconds": 1.0,
            "offered": 1,
            "started": 1,
            "shed": 0,
            "completed": 0,
            "failed": 0,
            "abandoned": 0,
            "requests": 0,
            "request_failures": 0,
            "in_flight": 1,
            "outcomes": {},
        }
    ]


def test_seconds_of_a_stall_have_lines_of_their_own(
    ledger: Ledger, clock: Clock, path: Path
) -> None:
    """What was due while Locust stood still shows as offered then, and as started only later."""
    clock.now += 3.2
    for due_at in (500.5, 501.5, 502.5, 503.1):
        ledger.count("offered", due_at)
        ledger.count("started")
    ledger.roll(clock.now)
    clock.now += 1
    ledger.roll(clock.now)
    assert [(line["offered"], line["started"]) for line in lines(path)] == [
        (1, 0),
        (1, 0),
        (1, 0),
        (1, 4),
    ]


def test_what_comes_too_late_for_its_second_is_not_lost(
    ledger: Ledger, clock: Clock, path: Path
) -> None:
    """A count for a second that is already written goes into the next."""
    clock.now += 1
    ledger.roll(clock.now)
    ledger.count("offered", 500.9)
    clock.now += 1
    ledger.roll(clock.now)
    assert [line["offered"] for line in lines(path)] == [0, 1]


def test_the_end_of_a_run_abandons_what_is_in_flight(
    ledger: Ledger, clock: Clock, path: Path
) -> None:
    """The last line is as short as its part of a second, and nothing stays in flight."""
    for _ in range(3):
        ledger.count("started")
    ledger.complete(Outcome.PAID)
    ledger.complete(Outcome.FAILED)
    clock.now += 1.25
    ledger.end()
    first, last = lines(path)
    assert first["outcomes"] == {"paid": 1, "failed": 1}
    assert (first["completed"], first["failed"], first["in_flight"]) == (2, 1, 1)
    assert (last["seconds"], last["abandoned"], last["in_flight"]) == (0.25, 1, 0)
    assert not ledger.running


def test_a_second_run_appends_and_counts_from_zero(
    ledger: Ledger, clock: Clock, path: Path
) -> None:
    """A start again from the web UI keeps the first run's lines."""
    ledger.count("started")
    clock.now += 0.5
    ledger.end()
    ledger.end()
    ledger.begin()
    clock.now += 0.5
    ledger.end()
    assert [(line["at"], line["started"]) for line in lines(path)] == [
        (1_000_500.0, 1),
        (1_000_500.5, 0),
    ]
    assert ledger.totals["started"] == 0


def test_a_ledger_without_a_file_still_counts(clock: Clock) -> None:
    """The web page shows counts whether or not LOAD_LEDGER is set."""
    ledger = Ledger(None, clock=clock)
    ledger.begin()
    ledger.count("started")
    clock.now += 2
    ledger.roll(clock.now)
    assert (ledger.totals["started"], ledger.in_flight) == (1, 1)


def test_a_file_that_cannot_be_written_is_refused_at_once(tmp_path: Path) -> None:
    """A wrong path is known before any load is made."""
    with pytest.raises(FileNotFoundError):
        Ledger(tmp_path / "no-such-folder" / "ledger.jsonl")


def test_what_others_tell_of_a_second_is_added_to_it(ledger: Ledger, path: Path) -> None:
    """And what comes after the line was written counts in the next, so that the sums hold."""
    ledger.add(0, {"offered": 3, "started": 3}, {})
    ledger.add(0, {"offered": 2, "started": 2, "completed": 1}, {"browsed": 1})
    ledger.settle(1)
    ledger.add(0, {"completed": 4}, {"paid": 4})
    ledger.settle(2)
    first, second = lines(path)
    assert (first["offered"], first["completed"], first["in_flight"]) == (5, 1, 4)
    assert (second["completed"], second["in_flight"], second["outcomes"]) == (4, 0, {"paid": 4})
    assert ledger.totals["started"] == ledger.totals["completed"] == 5


def test_a_ledger_tells_of_each_second_that_is_over(clock: Clock) -> None:
    """By its number in the run, also where the run began before."""
    told: list[tuple[int, int]] = []
    ledger = Ledger(
        None, clock=clock, tell=lambda second, counts, _: told.append((second, counts["offered"]))
    )
    ledger.begin(elapsed_seconds=7.5)
    ledger.count("offered")
    clock.now += 1.0
    ledger.count("offered")
    ledger.count("offered")
    ledger.roll(clock.now)
    assert told == [(7, 1)]
    ledger.end()
    assert told == [(7, 1), (8, 2)]
