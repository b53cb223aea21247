"""A load's ledger is read while it is being written: torn lines are left out, whole ones kept."""

import json
import threading
from pathlib import Path

from scenarios.collect import ROOT, is_drill_file, load_drill
from scenarios.load import LOCUSTFILES, read_ledger


def line(at: float, started: float = 10.0) -> str:
    entry = {
        "at": at,
        "seconds": 1.0,
        "offered": 11,
        "started": started,
        "shed": 1,
        "completed": 9,
        "failed": 2,
        "in_flight": 3,
        "outcomes": {"paid": 7},
    }
    return json.dumps(entry)


def test_each_line_is_a_second_with_its_counts(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    path.write_text(f"{line(100.0)}\n{line(101.0)}\n")
    first, second = read_ledger(path, "load")
    assert (first.load, first.at, second.at) == ("load", 100.0, 101.0)
    assert (first.offered, first.started, first.completed, first.failed) == (11, 10, 9, 2)


def test_a_ledger_that_is_not_there_yet_has_no_seconds(tmp_path: Path) -> None:
    assert read_ledger(tmp_path / "load" / "ledger.jsonl", "load") == ()


def test_wherever_the_last_line_is_torn_the_ones_before_are_read(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    for cut in range(1, len(line(101.0))):
        path.write_text(f"{line(100.0)}\n{line(101.0)[:cut]}")
        assert [second.at for second in read_ledger(path, "load")] == [100.0], f"cut at {cut}"


def test_what_a_killed_load_left_torn_does_not_hide_what_the_next_one_appends(
    tmp_path: Path,
) -> None:
    """A line without its end, and then another load's first line on the same line."""
    path = tmp_path / "ledger.jsonl"
    path.write_text(f"{line(100.0)}\n{line(101.0)[:20]}\n\n{line(102.0)}\n")
    assert [second.at for second in read_ledger(path, "load")] == [100.0, 102.0]


def test_reading_while_another_writes_never_fails_nor_invents(tmp_path: Path) -> None:
    """The writer flushes in the middle of lines; every read is a prefix of what was written."""
    path = tmp_path / "ledger.jsonl"
    path.touch()

    def write() -> None:
        with path.open("a") as ledger:
            for at in range(300):
                text = f"{line(float(at))}\n"
                for part in (text[: at % 70], text[at % 70 :]):
                    ledger.write(part)
                    ledger.flush()

    writer = threading.Thread(target=write)
    writer.start()
    seen, is_writing = 0, True
    while is_writing:
        # Asked before reading: what is read after its end is all of it.
        last, is_writing = seen, writer.is_alive()
        ats = [second.at for second in read_ledger(path, "load")]
        seen = len(ats)
        assert ats == [float(at) for at in range(seen)]
        assert seen >= last
    assert seen == 300


def test_every_drill_uses_a_profile_that_exists_at_a_rate_above_zero() -> None:
    for path in filter(is_drill_file, ROOT.glob("*/*.py")):
        load = load_drill(path).load
        assert (LOCUSTFILES / f"{load.profile}.py").is_file(), path
        assert load.rate_per_second > 0, path
