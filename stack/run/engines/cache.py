"""The per-user cache: where built engines stand, and whether what stands there is what was built.

A build is a directory that appears by one rename, with a manifest written last. The manifest
holds each program's SHA-256, size and modification time; on use size and time are compared, and
only where they differ, or where it is asked for, the whole file is hashed.
"""

import contextlib
import hashlib
import json
import os
import platform
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from platformdirs import user_cache_dir

from stack.run.engines.catalogue import GoModule, Program
from stack.run.engines.engine import EngineError

CACHE_VARIABLE = "FLASH_DRILLS_CACHE"
MANIFEST = "manifest.json"

GO_SYSTEMS = {"Linux": "linux", "Darwin": "darwin"}
GO_MACHINES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


@dataclass(frozen=True)
class Platform:
    """The machine as Go names it."""

    system: str
    machine: str

    def __str__(self) -> str:
        return f"{self.system}-{self.machine}"


def this_platform() -> Platform:
    """Raises EngineError where nothing is known of how to build engines."""
    system, machine = platform.system(), platform.machine().lower()
    if system not in GO_SYSTEMS or machine not in GO_MACHINES:
        raise EngineError(
            f"engines are built for Linux and macOS on x86_64 and ARM64, and this is {system} on "
            f"{machine}. Run the drills on one of these, or put all engines on PATH."
        )
    return Platform(GO_SYSTEMS[system], GO_MACHINES[machine])


@dataclass(frozen=True)
class Absent:
    """Why a module's programs in the cache cannot be used; empty where there are none."""

    why: str


class Cache:
    """Everything under one directory, which may be removed at any time while nothing runs."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.lock_file = root / "lock"
        self.probes_file = root / "probes.json"
        self.building = root / "building"

    @classmethod
    def of_user(cls) -> "Cache":
        chosen = os.environ.get(CACHE_VARIABLE)
        root = Path(chosen).expanduser() if chosen else Path(user_cache_dir("flash-drills"))
        return cls(root.absolute())

    def directory_of(self, module: GoModule) -> Path:
        # The recipe is in the name: checkouts that build differently do not undo each other.
        name = f"{module.name}-{module.version}-{module.recipe}"
        return self.root / "engines" / str(this_platform()) / name

    def installed(self, module: GoModule, *, full_hash: bool = False) -> dict[str, Path] | Absent:
        """The module's programs by name, or why they are not to be used."""
        directory = self.directory_of(module)
        if not directory.is_dir():
            return Absent("")
        manifest = _read_manifest(directory)
        if manifest is None:
            return Absent(f"{directory} holds no readable {MANIFEST}")
        recorded = {program.name: _recorded(manifest, program) for program in module.programs}
        unstamped = False
        for name, record in recorded.items():
            path = directory / name
            try:
                stamp = _stamp(path)
                as_placed = stamp.items() <= record.items()
                if (full_hash or not as_placed) and sha256_of(path) != record.get("sha256"):
                    return Absent(f"{path} is not the file that was built (its SHA-256 differs)")
            except OSError as error:
                return Absent(f"{path} cannot be read ({error.strerror})")
            if not os.access(path, os.X_OK):
                return Absent(f"{path} may not be executed")
            unstamped = unstamped or not as_placed
            record.update(stamp)
        if unstamped:
            # Copied or restored from a backup: the content is right, so hash it only once.
            with contextlib.suppress(OSError):
                _write_manifest(directory, {**manifest, "programs": recorded})
        return {name: directory / name for name in recorded}

    @contextlib.contextmanager
    def workplace(self) -> Iterator[Path]:
        """An empty directory to build in, removed afterwards; only for who holds the lock.

        What a killed run has left is removed first: under the lock nobody else builds.
        """
        self.clear()
        self.building.mkdir(parents=True, exist_ok=True)
        try:
            yield Path(tempfile.mkdtemp(dir=self.building))
        finally:
            self.clear()

    def clear(self) -> None:
        shutil.rmtree(self.building, ignore_errors=True)

    def place(self, module: GoModule, built: Path, built_with: str) -> None:
        """Move a directory of finished programs to where `installed` looks, in one rename."""
        programs = {}
        for program in module.programs:
            path = built / program.name
            _flush(path)
            programs[program.name] = {"sha256": sha256_of(path), **_stamp(path)}
        _write_manifest(
            built,
            {
                "name": module.name,
                "version": module.version,
                "built_with": built_with,
                "module": f"{module.module}@{module.module_version}",
                "programs": programs,
            },
        )
        target = self.directory_of(module)
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists():
            # Programs of it that still run keep their files; the build directory is cleared later.
            target.rename(Path(tempfile.mkdtemp(dir=self.building)) / "replaced")
        built.rename(target)


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _stamp(path: Path) -> dict[str, int]:
    status = path.stat()
    return {"size": status.st_size, "mtime_ns": status.st_mtime_ns}


def _read_manifest(directory: Path) -> dict[str, Any] | None:
    try:
        manifest = json.loads((directory / MANIFEST).read_text())
    except (OSError, ValueError):
        return None
    if not isinstance(manifest, dict) or not isinstance(manifest.get("programs"), dict):
        return None
    return manifest


def _recorded(manifest: dict[str, Any], program: Program) -> dict[str, Any]:
    record = manifest["programs"].get(program.name)
    return record if isinstance(record, dict) else {}


def _write_manifest(directory: Path, manifest: dict[str, Any]) -> None:
    unfinished = directory / f"{MANIFEST}.unfinished"
    unfinished.write_text(json.dumps(manifest, indent=1))
    _flush(unfinished)
    unfinished.replace(directory / MANIFEST)


def _flush(path: Path) -> None:
    # Without it a power cut after the rename could leave a file of the right size full of zeros.
    with path.open("rb") as file:
        os.fsync(file.fileno())
