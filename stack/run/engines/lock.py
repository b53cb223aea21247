"""One builder at a time in a cache: a lock that the kernel gives back however its holder ends."""

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from stack.run.engines.engine import EngineError
from stack.run.waiting import NotSeen, wait_until

WAIT_AT_MOST_SECONDS = 3600
LOOK_EVERY_SECONDS = 0.2
SAY_EVERY_SECONDS = 10


class HeldLock:
    """The lock while it is held; what the holder does is written in it for those who wait."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self._since = time.time()

    def tell(self, doing: str) -> None:
        note = json.dumps({"pid": os.getpid(), "since": self._since, "doing": doing}).encode()
        os.ftruncate(self.descriptor, 0)
        os.pwrite(self.descriptor, note, 0)


@contextlib.contextmanager
def hold(file: Path, progress: Callable[[str], None]) -> Iterator[HeldLock]:
    """Hold the lock on ``file``, after waiting for whoever has it, and saying for whom.

    A child that is handed ``descriptor`` keeps the lock until it has ended too.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor = _opened(file)
    try:
        _wait(file, descriptor, progress)
        held = HeldLock(descriptor)
        held.tell("starting")
        try:
            yield held
        finally:
            # A disk that is full keeps nobody from going on, so neither does this.
            with contextlib.suppress(OSError):
                os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def hold_if_free(file: Path) -> Iterator[bool]:
    """Hold the lock on ``file`` if nobody has it; False, without a wait, if somebody does."""
    descriptor = _opened(file)
    try:
        yield _taken(descriptor)
    finally:
        os.close(descriptor)


def _opened(file: Path) -> int:
    return os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _wait(file: Path, descriptor: int, progress: Callable[[str], None]) -> None:
    last_said_at = float("-inf")

    def look() -> tuple[bool, str]:
        nonlocal last_said_at
        if _taken(descriptor):
            return True, "free"
        holder = _holder(descriptor)
        if time.monotonic() - last_said_at >= SAY_EVERY_SECONDS:
            last_said_at = time.monotonic()
            progress(f"waiting for {holder}, which installs engines in the same cache")
        return False, holder

    try:
        wait_until(
            f"the lock {file}",
            look,
            within_seconds=WAIT_AT_MOST_SECONDS,
            every_seconds=LOOK_EVERY_SECONDS,
        )
    except NotSeen as error:
        raise EngineError(f"{error}. End that process, or let it finish, and run again.") from error


def _holder(descriptor: int) -> str:
    try:
        note = json.loads(os.pread(descriptor, 4096, 0))
        seconds = time.time() - float(note["since"])
        return f"process {note['pid']} ({note['doing']}, {seconds:.0f} s so far)"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"
