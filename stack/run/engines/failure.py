"""What to tell who wants an engine that cannot be had: what failed, how it ended, what to do."""

import contextlib
import errno
import re
from collections.abc import Iterator
from pathlib import Path

from stack.run.engines.cache import CACHE_VARIABLE
from stack.run.engines.catalogue import Source
from stack.run.engines.engine import EngineError

SHOWN_LINES = 12
LONGEST_LINE_CHARACTERS = 300

NO_SPACE = re.compile(r"no space left on device|disk quota exceeded", re.IGNORECASE)
NO_NETWORK = re.compile(
    r"dial tcp|no such host|connection refused|network is unreachable|i/o timeout|"
    r"TLS handshake|module lookup disabled|connection broken|"
    r"name resolution|No matching distribution|Could not fetch URL",
    re.IGNORECASE,
)
NOT_AUTHENTIC = re.compile(r"checksum mismatch|SECURITY ERROR|DO NOT MATCH THE HASHES")
NOT_EXECUTABLE = re.compile(r"permission denied", re.IGNORECASE)

MORE_SPACE = (
    f"building takes about 4 GB for a few minutes and 160 MB afterwards: free some, or set "
    f"{CACHE_VARIABLE} to a directory on a roomier disk"
)


def alternatives(source: Source) -> str:
    """How to have these programs without building them."""
    names = " and ".join(program.name for program in source.programs)
    return f"put {names} ({source.acceptable}) on PATH"


def step_failed(source: Source, subject: str, doing: str, how: str, output: str) -> EngineError:
    """The error for a command that failed, with the end of what it said."""
    lines = [line[:LONGEST_LINE_CHARACTERS] for line in output.splitlines() if line.strip()]
    shown = "\n".join(f"    {line}" for line in lines[-SHOWN_LINES:]) or "    (it said nothing)"
    return EngineError(
        f"{subject} cannot be installed: {doing} failed ({how}). The end of its output:\n"
        f"{shown}\n"
        f"What to do: {_remedy(source, output)}."
    )


def _remedy(source: Source, output: str) -> str:
    other_way = alternatives(source)
    if NO_SPACE.search(output):
        return f"{MORE_SPACE}; or {other_way}"
    if NOT_AUTHENTIC.search(output):
        return (
            "what was downloaded is not what is pinned, so it is not used: look at the proxy or "
            f"mirror that it came from, and try again; or {other_way}"
        )
    if NO_NETWORK.search(output):
        return (
            "this needs the Go module proxy, the checksum database and PyPI once: check the "
            f"network and the settings GOPROXY, GOSUMDB and pip's index; or {other_way}"
        )
    if NOT_EXECUTABLE.search(output):
        return (
            "programs must be allowed to run from the cache (a noexec mount forbids it): set "
            f"{CACHE_VARIABLE} to a directory where they are; or {other_way}"
        )
    return f"run it again, and if it fails again {other_way}"


@contextlib.contextmanager
def file_errors_told(cache_root: Path) -> Iterator[None]:
    """Turn what the file system refuses in the cache into an EngineError that says what to do."""
    try:
        yield
    except OSError as error:
        where = error.filename or cache_root
        said = f"{error.strerror or error} ({where})"
        elsewhere = f"set {CACHE_VARIABLE} to a directory that can, or put all engines on PATH"
        match error.errno:
            case errno.ENOSPC | errno.EDQUOT:
                text = f"the disk is full: {said}; {MORE_SPACE}."
            case errno.EROFS | errno.EACCES | errno.EPERM:
                text = f"the engine cache {cache_root} cannot be written: {said}; {elsewhere}."
            case errno.ENOTDIR | errno.EEXIST | errno.ENOENT:
                text = f"the engine cache {cache_root} is no directory to use: {said}; {elsewhere}."
            case _:
                text = f"the engine cache {cache_root} cannot be used: {said}; {elsewhere}."
        raise EngineError(text) from error
