"""Programs on PATH: which is taken, which is not and why, and how often it is asked."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from stack.run.engines.catalogue import Acceptable, Program
from stack.run.engines.probe import Candidate, Probes, on_path

TOXIPROXY = Program("toxiproxy", r"toxiproxy-server version (\d+\.\d+\.\d+)", ("toxiproxy-server",))
ACCEPTABLE = Acceptable(minimum=(2, 12), below=(3,))


def looked_at(cache_root: Path) -> list[Candidate]:
    return list(on_path(TOXIPROXY, ACCEPTABLE, Probes(cache_root / "probes.json")))


def test_a_good_one_is_taken_under_any_of_its_names(
    cache_root: Path, only_path: Path, write_fake: Callable[..., Path]
) -> None:
    """A distribution's own name for a program is one of its names."""
    fake = write_fake(only_path / "toxiproxy-server", "toxiproxy-server version 2.12.3")
    assert looked_at(cache_root) == [Candidate(fake, "2.12.3", "")]


@pytest.mark.parametrize(
    ("says", "reason"),
    [
        ("toxiproxy-server version 2.1.4", "it is 2.1.4, and 2.12 or newer, below 3 is needed"),
        ("toxiproxy-server version 3.0.0", "it is 3.0.0"),
        ("a game about poison", "'a game about poison', which is no toxiproxy's"),
        ("", "says 'nothing'"),
    ],
)
def test_another_one_is_not_taken_and_says_why(
    cache_root: Path, only_path: Path, write_fake: Callable[..., Path], says: str, reason: str
) -> None:
    """Too old, too new, another program of that name: it is named and not used."""
    write_fake(only_path / "toxiproxy", says)
    [candidate] = looked_at(cache_root)
    assert reason in candidate.why_not


def test_one_that_fails_is_not_taken(
    cache_root: Path, only_path: Path, write_fake: Callable[..., Path]
) -> None:
    """The right version from a program that ends with an error is no program to use."""
    write_fake(only_path / "toxiproxy", "toxiproxy-server version 2.12.0", exit_code=1)
    [candidate] = looked_at(cache_root)
    assert "exit code 1" in candidate.why_not


def test_a_file_that_cannot_be_started_is_not_taken(cache_root: Path, only_path: Path) -> None:
    """A program for another machine is passed over instead of ending everything."""
    broken = only_path / "toxiproxy"
    broken.write_bytes(b"\x7fELF for another machine")
    broken.chmod(0o755)
    [candidate] = looked_at(cache_root)
    assert "it cannot be run" in candidate.why_not


def test_a_newer_one_further_down_path_is_seen(
    cache_root: Path,
    only_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    write_fake: Callable[..., Path],
) -> None:
    """An old one first on PATH does not hide a good one behind it."""
    write_fake(only_path / "first" / "toxiproxy", "toxiproxy-server version 2.1.4")
    write_fake(only_path / "second" / "toxiproxy", "toxiproxy-server version 2.12.0")
    monkeypatch.setenv("PATH", f"{only_path}/first:{only_path}/second")
    assert [bool(candidate.why_not) for candidate in looked_at(cache_root)] == [True, False]


def test_one_file_in_two_places_is_looked_at_once(
    cache_root: Path,
    only_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    write_fake: Callable[..., Path],
) -> None:
    """Where /bin is /usr/bin a program is named once."""
    write_fake(only_path / "real" / "toxiproxy", "toxiproxy-server version 2.1.4")
    (only_path / "link").symlink_to(only_path / "real")
    monkeypatch.setenv("PATH", f"{only_path}/link:{only_path}/real")
    assert len(looked_at(cache_root)) == 1


def test_it_is_asked_once_until_the_file_changes(
    cache_root: Path,
    only_path: Path,
    write_fake: Callable[..., Path],
    starts_of: Callable[[Path], int],
) -> None:
    """A program that was asked is not started again, and an upgraded one is."""
    fake = write_fake(only_path / "toxiproxy", "toxiproxy-server version 2.12.0")
    looked_at(cache_root)
    looked_at(cache_root)
    assert starts_of(fake) == 1
    write_fake(fake, "toxiproxy-server version 2.13.0")
    os.utime(fake, ns=(0, fake.stat().st_mtime_ns + 1))
    assert [candidate.version for candidate in looked_at(cache_root)] == ["2.13.0"]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"PATH/toxiproxy": 7}'])
def test_a_torn_memory_is_no_memory(
    cache_root: Path, only_path: Path, write_fake: Callable[..., Path], content: str
) -> None:
    """Whatever stands in the file of answers, the program is asked again."""
    fake = write_fake(only_path / "toxiproxy", "toxiproxy-server version 2.12.0")
    cache_root.mkdir()
    (cache_root / "probes.json").write_text(content.replace("PATH", str(only_path)))
    assert looked_at(cache_root) == [Candidate(fake, "2.12.0", "")]


def test_a_memory_that_cannot_be_written_is_done_without(
    tmp_path: Path, only_path: Path, write_fake: Callable[..., Path]
) -> None:
    """A cache that cannot be there hinders nobody whose engines are on PATH."""
    fake = write_fake(only_path / "toxiproxy", "toxiproxy-server version 2.12.0")
    (tmp_path / "file").write_text("")
    assert looked_at(tmp_path / "file" / "cache") == [Candidate(fake, "2.12.0", "")]
