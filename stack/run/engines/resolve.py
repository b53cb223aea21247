"""Finds engines: on PATH, then in the cache or a Python package; what is nowhere is built."""

import contextlib
import difflib
import importlib.metadata
import sys
from base64 import urlsafe_b64decode
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from stack.run.engines.build import build
from stack.run.engines.cache import Absent, Cache, sha256_of
from stack.run.engines.catalogue import CATALOGUE, GoModule, PythonPackage, source_of
from stack.run.engines.engine import Engine, EngineError
from stack.run.engines.failure import alternatives, file_errors_told
from stack.run.engines.lock import hold, hold_if_free
from stack.run.engines.probe import Probes, on_path

SOURCES = source_of(CATALOGUE)
NAMES = tuple(SOURCES)


def require(
    names: Iterable[str],
    progress: Callable[[str], None],
    *,
    full_hash: bool = False,
) -> dict[str, Engine]:
    """The named engines, by name; what is nowhere is built first, which takes minutes once.

    ``progress`` is called with a line for each step, and at least every ten seconds while
    something is built or waited for, in the calling thread. ``full_hash`` compares whole files
    with their SHA-256 instead of size and modification time. Raises EngineError.
    """
    wanted = tuple(dict.fromkeys(names))
    for name in wanted:
        _check_known(name)
    cache = Cache.of_user()
    with file_errors_told(cache.root):
        finder = _Finder(cache, full_hash)
        found, missing = finder.find(wanted)
        if missing:
            _install(wanted, finder, cache, progress)
            found, missing = finder.find(wanted)
        elif cache.building.exists():
            _sweep(cache, progress)
    for module, absent in missing.items():
        why = absent.why or f"{cache.directory_of(module)} is not there"
        raise EngineError(f"{why}, though it was built just now: does something empty the cache?")
    return {name: found[name] for name in wanted}


def _install(
    wanted: Sequence[str], finder: "_Finder", cache: Cache, progress: Callable[[str], None]
) -> None:
    with hold(cache.lock_file, progress) as lock:
        # Whoever held the lock may have built them.
        _, missing = finder.find(wanted)
        for absent in missing.values():
            if absent.why:
                progress(f"{absent.why}: building it again")
        if missing:
            build(list(missing), cache, lock, progress)


def _sweep(cache: Cache, progress: Callable[[str], None]) -> None:
    """Remove the gigabytes of a run that was killed when its engines were already in place."""
    with contextlib.suppress(OSError), hold_if_free(cache.lock_file) as free:
        if free:
            progress("removing the temporary files of an installation that was interrupted")
            cache.clear()


def engines(progress: Callable[[str], None], *, full_hash: bool = False) -> dict[str, Engine]:
    """All engines, as `require` gives them."""
    return require(NAMES, progress, full_hash=full_hash)


def passed_over(names: Iterable[str]) -> list[str]:
    """A line for each program on PATH with an engine's name that is not used, and why."""
    probes = Probes(Cache.of_user().probes_file)
    lines = []
    for name in names:
        source, program = SOURCES[name]
        for candidate in on_path(program, source.acceptable, probes):
            if not candidate.why_not:
                break
            lines.append(f"{candidate.path} is not used: {candidate.why_not}")
    return lines


class _Finder:
    """Looks for engines without changing anything but the memory of what was seen."""

    def __init__(self, cache: Cache, full_hash: bool) -> None:
        self._cache = cache
        self._full_hash = full_hash
        self._probes = Probes(cache.probes_file)

    def find(self, names: Sequence[str]) -> tuple[dict[str, Engine], dict[GoModule, Absent]]:
        found: dict[str, Engine] = {}
        missing: dict[GoModule, Absent] = {}
        for name in names:
            source, program = SOURCES[name]
            engine = self._on_path(name)
            if engine is not None:
                found[name] = engine
            elif isinstance(source, PythonPackage):
                found[name] = self._packaged(source)
            else:
                there = self._cache.installed(source, full_hash=self._full_hash)
                if isinstance(there, Absent):
                    missing[source] = there
                else:
                    found[name] = Engine(name, source.version, there[program.name], "cache")
        return found, missing

    def _on_path(self, name: str) -> Engine | None:
        source, program = SOURCES[name]
        for candidate in on_path(program, source.acceptable, self._probes):
            if not candidate.why_not:
                return Engine(name, candidate.version, candidate.path, "PATH")
        return None

    def _packaged(self, source: PythonPackage) -> Engine:
        program = source.program
        path, sha256 = _packaged_file(source)
        if self._full_hash and sha256 and sha256 != sha256_of(path):
            raise _unusable(source, f"{path} is not the file that was installed")
        version, trouble = self._probes.version_of(program, path)
        if trouble:
            raise _unusable(source, f"{path} cannot be used: {trouble}")
        return Engine(program.name, version, path, "PyPI package")


def _packaged_file(source: PythonPackage) -> tuple[Path, str]:
    """The program's file in its package, found without importing the package, and its SHA-256."""
    try:
        files = importlib.metadata.files(source.distribution) or []
    except importlib.metadata.PackageNotFoundError:
        raise _unusable(source, f"the package {source.distribution} is not installed") from None
    for file in files:
        if file.name == source.file_name:
            return Path(str(file.locate())), _hex_sha256(file)
    raise _unusable(source, f"the package {source.distribution} holds no {source.file_name}")


def _hex_sha256(file: importlib.metadata.PackagePath) -> str:
    if file.hash is None or file.hash.mode != "sha256":
        return ""
    padded = file.hash.value + "=" * (-len(file.hash.value) % 4)
    return urlsafe_b64decode(padded).hex()


def _unusable(source: PythonPackage, why: str) -> EngineError:
    return EngineError(
        f"there is no {source.program.name}: none is on PATH and {why}. What to do: "
        f"`{sys.executable} -m pip install --force-reinstall {source.distribution}` (it has "
        f"programs for CPython 3.11 to 3.13), or {alternatives(source)}."
    )


def _check_known(name: str) -> None:
    if name in SOURCES:
        return
    near = difflib.get_close_matches(name, NAMES, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    raise EngineError(f"no engine is named {name!r}; there are {', '.join(NAMES)}.{hint}")
