"""Builds the programs of Go modules and puts them into the cache.

Each module is its own main module, so that its own go.mod and go.sum say what it is built from:
`go install` refuses modules with replace directives, and one go.mod for several mixes versions.
"""

import json
import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from stack.run.engines import toolchain
from stack.run.engines.cache import Cache, this_platform
from stack.run.engines.catalogue import GoModule, Program
from stack.run.engines.lock import HeldLock
from stack.run.engines.probe import Probes
from stack.run.engines.steps import Steps


def build(
    modules: Sequence[GoModule],
    cache: Cache,
    lock: HeldLock,
    progress: Callable[[str], None],
) -> None:
    """Build each module and place it before the next is begun. Raises EngineError."""
    began = time.monotonic()
    progress(
        f"{_counted(len(modules), 'engine')} to build into {cache.root} "
        "(once; all of them take about four minutes on two cores)"
    )
    with cache.workplace() as directory:
        go: toolchain.Go | None = None
        for number, module in enumerate(modules, start=1):
            module_began = time.monotonic()
            subject = f"{module.name} {module.version} ({number} of {len(modules)})"
            steps = Steps(module, subject, directory, lock, progress)
            if go is None:
                go = toolchain.on_hand(steps, directory, this_platform())
            built = directory / f"built-{module.name}"
            built.mkdir()
            _build(module, go, steps, built)
            cache.place(module, built, built_with=f"go{go.version}")
            steps.say(f"ready after {time.monotonic() - module_began:.0f} s")
        progress("removing the temporary build files")
    seconds = time.monotonic() - began
    progress(f"{_counted(len(modules), 'engine')} built in {seconds:.0f} s")


def _build(module: GoModule, go: toolchain.Go, steps: Steps, built: Path) -> None:
    source = _source_tree(module, go, steps)
    for program in module.programs:
        target = built / program.name
        tags = ["-tags", ",".join(module.tags)] if module.tags else []
        steps.run(
            f"compiling {program.name}",
            [
                *(str(go.program), "build", "-trimpath", *tags),
                *("-ldflags", module.link_flags, "-o", str(target), program.package),
            ],
            cwd=source,
            environment=go.environment,
        )
        _check(module, program, target, steps)


def _source_tree(module: GoModule, go: toolchain.Go, steps: Steps) -> Path:
    """The module's files in a directory of their own, after their sum was checked."""
    wanted = f"{module.module}@{module.module_version}"
    doing = f"downloading {wanted}"
    said = steps.run(
        doing,
        [str(go.program), "mod", "download", "-json", wanted],
        cwd=steps.directory,
        environment=go.environment,
    )
    downloaded = json.loads(said)
    if downloaded["Sum"] != module.module_sum:
        raise steps.failed(
            f"checking {wanted}",
            "it is not the module that is pinned",
            f"checksum mismatch: pinned {module.module_sum}, downloaded {downloaded['Sum']}",
        )
    source = steps.directory / f"source-{module.name}"
    shutil.copytree(downloaded["Dir"], source)
    for name, text in module.added_files:
        file = source / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return source


def _check(module: GoModule, program: Program, built: Path, steps: Steps) -> None:
    """A program that does not run, or is not of the pinned version, is not placed."""
    # Not the user's memory of answers: this file is about to move.
    version, trouble = Probes(steps.directory / "probes.json").version_of(program, built)
    if trouble or version != module.version:
        raise steps.failed(
            f"starting {program.name} as it was built",
            trouble or f"it says it is {version}",
            trouble or f"built {module.version}, runs as {version}",
        )


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
