"""The keepers of the hooked faults that are in now; see hook_keeper.py for what one does."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from stack.faults.hook_keeper import HEALED, INJECTED
from stack.run.supervisor import REPOSITORY

ENDED_WITHIN_SECONDS = 5.0
Key = tuple[Path, tuple[str, ...]]

_keepers: dict[Key, subprocess.Popen[bytes]] = {}


def keep(
    folder: Path,
    command: Sequence[str],
    environment: Mapping[str, str],
    *,
    inject_within_seconds: float,
) -> None:
    """From now on ``command`` is run should the harness end. Raises OSError."""
    let_go(folder, command)
    paths = [str(REPOSITORY), *filter(None, [os.environ.get("PYTHONPATH", "")])]
    _keepers[folder, tuple(command)] = subprocess.Popen(
        [
            *(sys.executable, "-m", "stack.faults.hook_keeper"),
            *(str(inject_within_seconds), *command),
        ],
        # The folder of a stack is gone with the harness.
        cwd=REPOSITORY,
        env={**os.environ, **environment, "PYTHONPATH": os.pathsep.join(paths)},
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def injected(folder: Path, command: Sequence[str]) -> None:
    """Nothing of injecting goes on any more."""
    keeper = _keepers[folder, tuple(command)]
    assert keeper.stdin is not None
    # Who is gone heals nothing; that is no reason not to go on, as healing is done here.
    with contextlib.suppress(OSError):
        keeper.stdin.write(INJECTED)
        keeper.stdin.flush()


def let_go(folder: Path, command: Sequence[str]) -> None:
    """The fault is healed; nothing where nobody keeps it."""
    keeper = _keepers.pop((folder, tuple(command)), None)
    if keeper is None:
        return
    assert keeper.stdin is not None
    try:
        keeper.stdin.write(HEALED)
        keeper.stdin.close()
        keeper.wait(ENDED_WITHIN_SECONDS)
    except (OSError, subprocess.TimeoutExpired):
        keeper.kill()
        keeper.wait()
