"""What was appended to the journal is there after a restart, and only that."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sink.journal import FILE_NAME, Arrival, Journal, JournalError


def arrival(raw: str, receiver: str = "pages") -> Arrival:
    return Arrival(receiver, 1795368844.5, 1715.25, f"identity of {raw}", raw)


def contents(directory: Path) -> list[tuple[int, Arrival]]:
    with Journal(directory) as journal:
        return [(entry.seq, journal.read(entry)) for entry in journal.entries]


def test_what_was_appended_is_read_back_by_the_next_journal(tmp_path: Path) -> None:
    stored = [arrival('{"a": "\\n"}'), arrival('{\r\n"ü": "\u2028"\n}', "other")]
    with Journal(tmp_path) as journal:
        for one in stored:
            journal.append([one])
    assert contents(tmp_path) == list(enumerate(stored, start=1))


def test_a_journal_cut_at_any_byte_of_its_last_record_loses_that_record_alone(
    tmp_path: Path,
) -> None:
    """A kill can leave any beginning of a write. The next record must not merge with it."""
    kept, torn, later = arrival('{"kept": 1}'), arrival('{"torn": "ü\\n"}'), arrival('{"later": 1}')
    with Journal(tmp_path) as journal:
        [kept_entry] = journal.append([kept])
        [torn_entry] = journal.append([torn])
    whole = (tmp_path / FILE_NAME).read_bytes()
    assert len(whole) == kept_entry.length + torn_entry.length

    for left_bytes in range(torn_entry.length):
        (tmp_path / FILE_NAME).write_bytes(whole[: torn_entry.offset + left_bytes])
        with Journal(tmp_path) as journal:
            assert journal.torn_bytes == left_bytes
            journal.append([later])
        assert contents(tmp_path) == [(1, kept), (2, later)], f"cut after {left_bytes} bytes"

    (tmp_path / FILE_NAME).write_bytes(whole)
    assert contents(tmp_path) == [(1, kept), (2, torn)]


@settings(deadline=None, max_examples=60)
@given(batches=st.lists(st.lists(st.text(), min_size=1, max_size=3), max_size=4), data=st.data())
def test_a_journal_cut_anywhere_keeps_every_whole_record_before_the_cut(
    batches: list[list[str]], data: st.DataObject
) -> None:
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        with Journal(directory) as journal:
            entries = [
                entry
                for batch in batches
                for entry in journal.append([arrival(text) for text in batch])
            ]
        texts = [text for batch in batches for text in batch]
        size = (directory / FILE_NAME).stat().st_size
        left_bytes = data.draw(st.integers(0, size), label="left_bytes")
        with (directory / FILE_NAME).open("r+b") as file:
            file.truncate(left_bytes)
        whole = sum(entry.offset + entry.length <= left_bytes for entry in entries)

        with Journal(directory) as journal:
            journal.append([arrival("later")])
        assert contents(directory) == list(
            enumerate([arrival(text) for text in [*texts[:whole], "later"]], start=1)
        )


@pytest.mark.parametrize(
    "line",
    [
        b"not JSON",
        b"[]",
        b"null",
        b"",
        b'{"seq": 3, "receiver": "pages"}',
        b'{"seq": "3", "receiver": "pages", "identity": "i"}',
        b'{"seq": 1, "receiver": "pages", "identity": "i"}',
        b"\xff",
    ],
)
def test_a_whole_line_that_is_no_record_is_refused_with_its_number(
    tmp_path: Path, line: bytes
) -> None:
    """No kill leaves a whole bad line, so it hides something acknowledged: nobody may skip it."""
    with Journal(tmp_path) as journal:
        journal.append([arrival("{}")])
    before = (tmp_path / FILE_NAME).read_bytes() + line + b"\n"
    (tmp_path / FILE_NAME).write_bytes(before)
    with pytest.raises(JournalError, match=rf"{FILE_NAME}, line 2: not a record"):
        Journal(tmp_path)
    assert (tmp_path / FILE_NAME).read_bytes() == before


def test_a_directory_has_one_journal_at_a_time(tmp_path: Path) -> None:
    with Journal(tmp_path), pytest.raises(JournalError, match="another sink is using"):
        Journal(tmp_path)
    with Journal(tmp_path) as journal:
        assert journal.entries == []
