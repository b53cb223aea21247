"""``pytest scenarios/`` as a process: what it says, whom it has started, what it leaves."""

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any
from xml.etree import ElementTree

import psutil
import pytest

from scenarios.collect import ROOT
from stack.run.configuration import PRODUCTION
from stack.run.waiting import wait_until

SAYS_WITHIN_SECONDS = 600.0
# In the environment of a run and of all that it starts.
MARK = "RUN_OF_DRILLS_UNDER_TEST"
Edit = tuple[str, str, str]


@dataclass(frozen=True)
class Family:
    """The processes that a run had started at one moment, each with its command line then."""

    processes: Mapping[psutil.Process, Sequence[str]]

    @property
    def directories(self) -> list[Path]:
        """Those of the run's stacks, as its guardians were told."""
        return [
            Path(line[line.index("--directory") + 1])
            for line in self.processes.values()
            if "stack.run.guardian" in line
        ]

    def members(self, word: str) -> list[psutil.Process]:
        """Those with this word in their command line."""
        return [process for process, line in self.processes.items() if word in line]

    def assert_gone(self, within_seconds: float) -> None:
        """No process lives and no directory is there, within a few seconds."""
        began = time.monotonic()
        _, alive = psutil.wait_procs(self.processes, timeout=within_seconds)
        assert alive == [], [self.processes[process] for process in alive]
        wait_until(
            "the stacks' directories to be removed",
            lambda: (not any(map(Path.exists, self.directories)), str(self.directories)),
            within_seconds=max(0.0, within_seconds - (time.monotonic() - began)),
        )


class Run:
    """One run of drills, in a folder of nobody's, with its report in that folder.

    ``seen_early`` is for a test to note that progress was seen while it ran.
    """

    def __init__(
        self, folder: Path, arguments: Sequence[str], environment: Mapping[str, str]
    ) -> None:
        self.folder = folder
        self.seen_early = False
        self._output = folder / "output"
        with self._output.open("w") as output:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "pytest", "-p", "no:cacheprovider"),
                    *("--report", "reports", *arguments),
                ],
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=folder,
                env={**os.environ, **environment, MARK: str(folder)},
                # A Ctrl-C at the terminal of these tests must not reach the drills they test.
                start_new_session=True,
            )

    @property
    def output(self) -> str:
        return self._output.read_text()

    @property
    def report(self) -> Path:
        """The folder that the run left."""
        return self.folder / "reports" / "latest"

    @property
    def results(self) -> Mapping[str, Any]:
        """results.json by drill, read as strictly as other languages do."""

        def refuse(constant: str) -> Any:
            raise AssertionError(f"{constant} is not JSON")

        text = (self.report / "results.json").read_text()
        drills = json.loads(text, parse_constant=refuse)["drills"]
        return {entry["drill"]: entry for entry in drills}

    @property
    def junit(self) -> Mapping[str, str]:
        """By drill, what junit.xml says of it: passed, or the text of what it has instead."""
        document = ElementTree.parse(self.report / "junit.xml")  # noqa: S314 - pytest wrote it
        (suite,) = document.getroot()
        return {
            case.attrib["classname"].removeprefix("scenarios.").replace(".", "/"): (
                f"{case[0].tag}: {case[0].attrib.get('message', '')}\n{case[0].text}"
                if len(case)
                else "passed"
            )
            for case in suite.iter("testcase")
        }

    def timeline(self, drill: str) -> Path:
        return self.report / "timelines" / f"{drill.replace('/', '-')}.json"

    def until(self, pattern: str) -> None:
        """Wait until it has printed this, while it runs."""
        wait_until(
            f"{pattern!r} in the output of the drills",
            lambda: (re.search(pattern, self.output) is not None, self.output),
            within_seconds=SAYS_WITHIN_SECONDS,
            every_seconds=0.1,
            give_up=lambda: self._ended_without(pattern),
        )

    def _ended_without(self, pattern: str) -> str | None:
        if self.process.poll() is None or re.search(pattern, self.output):
            return None
        return f"it ended with exit code {self.process.returncode}"

    def family(self) -> Family:
        """Everything that the run has started by now, and they in turn."""
        return Family(
            {
                process: command_line(process)
                for process in psutil.Process(self.process.pid).children(recursive=True)
            }
        )

    def remains(self) -> Mapping[psutil.Process, Sequence[str]]:
        """All that lives and descends from the run, whoever its parent is, with command lines."""
        return {
            process: command_line(process)
            for process in psutil.process_iter()
            if environment_of(process).get(MARK) == str(self.folder)
        }

    def wait(self, within_seconds: float = SAYS_WITHIN_SECONDS) -> int:
        return self.process.wait(within_seconds)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        # A kept stack whose test did not end it; killing its guardian alone would leave orphans.
        for process in self.remains():
            with contextlib.suppress(psutil.NoSuchProcess):
                process.terminate()


def environment_of(process: psutil.Process) -> Mapping[str, str]:
    """Empty where the process has just ended, or is another user's."""
    try:
        return process.environ()
    except (psutil.Error, OSError):
        return {}


def command_line(process: psutil.Process) -> list[str]:
    """Empty where the process has just ended."""
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def spoiled(folder: Path, edits: tuple[Edit, ...]) -> Path:
    """A copy of production's configuration with these texts, which stand once, replaced."""
    source = folder / "configuration"
    for part in ("prometheus", "alertmanager"):
        shutil.copytree(PRODUCTION / part, source / part)
    for file, old, new in edits:
        text = (source / file).read_text()
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file}"
        (source / file).write_text(text.replace(old, new))
    return source


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Run]]:
    """Start a run of these drills; ``edits`` spoil the configuration they run with."""
    runs: list[Run] = []

    def begin(
        *drills: str,
        options: tuple[str, ...] = (),
        edits: tuple[Edit, ...] = (),
        environment: Mapping[str, str] = MappingProxyType({}),
    ) -> Run:
        folder = tmp_path_factory.mktemp("run")
        if edits:
            options = (*options, "--configuration", str(spoiled(folder, edits)))
        files = [str(ROOT / drill) for drill in drills]
        runs.append(Run(folder, [*files, *options], environment))
        return runs[-1]

    yield begin
    for run in runs:
        run.close()
