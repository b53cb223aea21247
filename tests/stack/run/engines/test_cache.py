"""What is placed in the cache is found, and what is not what was placed is not used."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from stack.run.engines.cache import MANIFEST, Absent, Cache
from stack.run.engines.catalogue import GoModule, Program

MODULE = GoModule(
    name="pair",
    version="1.2.3",
    module="example.test/pair",
    module_version="v1.2.3",
    module_sum="h1:none",
    programs=(Program("one", "one (.*)"), Program("two", "two (.*)")),
    version_variable="main.version",
)


@pytest.fixture
def placed(cache_root: Path, write_fake: Callable[..., Path]) -> Path:
    """The directory of a module of two fakes, as a build places it."""
    cache = Cache(cache_root)
    with cache.workplace() as directory:
        built = directory / "built"
        write_fake(built / "one", "one 1.2.3")
        write_fake(built / "two", "two 1.2.3")
        cache.place(MODULE, built, built_with="go0")
    return cache.directory_of(MODULE)


def found(cache_root: Path, *, full_hash: bool = False) -> dict[str, Path] | Absent:
    return Cache(cache_root).installed(MODULE, full_hash=full_hash)


def test_nothing_is_absent_without_a_reason(cache_root: Path) -> None:
    """A first run has nothing to explain."""
    assert found(cache_root) == Absent("")


def test_what_was_placed_is_found(cache_root: Path, placed: Path) -> None:
    """Both programs of a module are there, by name, and the workplace is gone."""
    assert found(cache_root) == {"one": placed / "one", "two": placed / "two"}
    assert not Cache(cache_root).building.exists()


def test_a_program_of_another_size_is_not_used(cache_root: Path, placed: Path) -> None:
    """A file that was cut short is seen without asking for it."""
    os.truncate(placed / "two", 5)
    assert found(cache_root) == Absent(
        f"{placed / 'two'} is not the file that was built (its SHA-256 differs)"
    )


def test_other_content_is_seen_by_its_time_or_by_its_hash(cache_root: Path, placed: Path) -> None:
    """Same size, other bytes: seen at once by the time, and with the old time by the full hash."""
    status = (placed / "one").stat()
    content = bytearray((placed / "one").read_bytes())
    content[-2] ^= 1
    (placed / "one").write_bytes(content)
    os.utime(placed / "one", ns=(0, status.st_mtime_ns + 1))
    assert isinstance(found(cache_root), Absent)
    os.utime(placed / "one", ns=(0, status.st_mtime_ns))
    assert isinstance(found(cache_root), dict)
    assert isinstance(found(cache_root, full_hash=True), Absent)


def test_a_copy_with_other_times_is_used_and_hashed_once(cache_root: Path, placed: Path) -> None:
    """A cache restored from a backup is what was built; its new times are noted."""
    os.utime(placed / "one", ns=(0, 1))
    assert isinstance(found(cache_root), dict)
    manifest = json.loads((placed / MANIFEST).read_text())
    assert manifest["programs"]["one"]["mtime_ns"] == 1
    assert manifest["built_with"] == "go0"


@pytest.mark.parametrize("content", [None, "", "{}", "[]", '{"programs": 3}'])
def test_without_a_readable_manifest_nothing_is_used(
    cache_root: Path, placed: Path, content: str | None
) -> None:
    """The manifest is written last: where it is not whole, neither are the programs."""
    if content is None:
        (placed / MANIFEST).unlink()
    else:
        (placed / MANIFEST).write_text(content)
    assert found(cache_root) == Absent(f"{placed} holds no readable {MANIFEST}")


def test_a_manifest_without_a_record_is_no_proof(cache_root: Path, placed: Path) -> None:
    """A program of which the manifest says nothing is not used."""
    (placed / MANIFEST).write_text(json.dumps({"programs": {"one": None}}))
    assert isinstance(found(cache_root), Absent)


def test_a_program_that_is_gone_or_may_not_run_is_named(cache_root: Path, placed: Path) -> None:
    """The reason names the file."""
    (placed / "two").chmod(0o644)
    assert found(cache_root) == Absent(f"{placed / 'two'} may not be executed")
    (placed / "two").unlink()
    assert found(cache_root) == Absent(
        f"{placed / 'two'} cannot be read (No such file or directory)"
    )


def test_placing_again_replaces_what_was_there(
    cache_root: Path, placed: Path, write_fake: Callable[..., Path]
) -> None:
    """A damaged build is replaced by the new one in whole."""
    (placed / "one").write_text("damaged")
    (placed / "litter").write_text("")
    cache = Cache(cache_root)
    with cache.workplace() as directory:
        for name in ("one", "two"):
            write_fake(directory / "built" / name, f"{name} again")
        cache.place(MODULE, directory / "built", built_with="go1")
    assert isinstance(found(cache_root, full_hash=True), dict)
    assert sorted(file.name for file in placed.iterdir()) == [MANIFEST, "one", "two"]


def test_a_workplace_begins_empty(cache_root: Path) -> None:
    """What a killed run has left, half-built programs too, is removed before building."""
    cache = Cache(cache_root)
    left = cache.building / "left" / "built-pair"
    left.mkdir(parents=True)
    (left / "one").write_text("half")
    with cache.workplace() as directory:
        assert list(cache.building.iterdir()) == [directory]
        assert list(directory.iterdir()) == []


def test_the_workplace_is_removed_when_building_fails(cache_root: Path) -> None:
    """Gigabytes of build files do not stay behind an error."""
    cache = Cache(cache_root)

    def fail_amid_files() -> None:
        with cache.workplace() as directory:
            shutil.copytree(Path(__file__).parent, directory / "files")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_amid_files()
    assert not cache.building.exists()
