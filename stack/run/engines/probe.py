"""Programs on PATH and what they say of their version, asked once for each file.

Asking starts a process, so the answer is kept beside the file's modification time and size, and
asked for again only when these change.
"""

import contextlib
import json
import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stack.run.engines.catalogue import Acceptable, Program, release_of

ANSWER_WITHIN_SECONDS = 10
LONGEST_ANSWER_CHARACTERS = 400


@dataclass(frozen=True)
class Candidate:
    """A program of the right name on PATH; ``why_not`` is empty where it can be used."""

    path: Path
    version: str
    why_not: str


class Probes:
    """Answers to ``--version``, remembered in a file where that can be written."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._known = _read(file)

    def version_of(self, program: Program, path: Path) -> tuple[str, str]:
        """The version, or "" and why it could not be told."""
        said, trouble = self._ask(path)
        if trouble:
            return "", trouble
        match = re.search(program.version_pattern, said)
        if match is None:
            first = said.strip().splitlines()[0] if said.strip() else "nothing"
            return "", f"its --version says {first!r}, which is no {program.name}'s"
        return match.group(1), ""

    def _ask(self, path: Path) -> tuple[str, str]:
        try:
            status = path.stat()
        except OSError as error:
            return "", f"it cannot be read ({error.strerror})"
        stamp = [status.st_mtime_ns, status.st_size]
        known = self._known.get(str(path))
        if isinstance(known, dict) and known.get("stamp") == stamp:
            return str(known.get("said", "")), ""
        try:
            answer = subprocess.run(
                [str(path), "--version"],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=ANSWER_WITHIN_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return "", f"its --version did not end within {ANSWER_WITHIN_SECONDS} s"
        except OSError as error:
            return "", f"it cannot be run ({error.strerror})"
        said = answer.stdout.decode(errors="replace")[:LONGEST_ANSWER_CHARACTERS]
        if answer.returncode != 0:
            return "", f"its --version ended with exit code {answer.returncode}"
        self._known[str(path)] = {"stamp": stamp, "said": said}
        self._remember()
        return said, ""

    def _remember(self) -> None:
        # Not atomic on purpose: what is torn is no JSON, and then it is asked again. A cache
        # that cannot be written costs some milliseconds at each start and nothing else.
        with contextlib.suppress(OSError):
            self._file.parent.mkdir(parents=True, exist_ok=True)
            self._file.write_text(json.dumps(self._known, indent=1))


def on_path(program: Program, acceptable: Acceptable, probes: Probes) -> Iterator[Candidate]:
    """Each program of that name on PATH, in PATH's order, with what it is or why it is not used."""
    for path in _executables(program.names):
        version, why_not = probes.version_of(program, path)
        if not why_not and release_of(version) not in acceptable:
            why_not = f"it is {version}, and {acceptable} is needed"
        yield Candidate(path=path, version=version, why_not=why_not)


def _executables(names: tuple[str, ...]) -> Iterator[Path]:
    seen = set()
    for directory in os.get_exec_path():
        for name in names:
            path = Path(directory, name).absolute()
            # Access is asked first: a directory that may not be entered is passed, not an error.
            if not os.access(path, os.X_OK) or not path.is_file():
                continue
            # /bin is often /usr/bin.
            real = path.resolve()
            if real not in seen:
                seen.add(real)
                yield path


def _read(file: Path) -> dict[str, Any]:
    try:
        known = json.loads(file.read_text())
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}
