"""Who may use this host now: a CPU budget for drills side by side, the whole host for one alone.

All of it is file locks in one folder of the temporary directory, so that two runs at once, of
any user, heed each other; the kernel releases a lock however its holder ends.
"""

import contextlib
import fcntl
import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

FOLDER = Path(tempfile.gettempdir()) / "flash-drills-host"
SLOT_CORES = 0.1
# What may be used by drills at the steady rate; the rest is for starts, stalls and the harness.
BUDGET_RATIO = 0.6
POLL_SECONDS = 0.1


class Interrupted(Exception):
    """The run was ended while a drill waited for the host."""


class HostShare:
    """Hands out the host. ``cancelled`` is asked while waiting, and ends the wait."""

    def __init__(
        self,
        cancelled: Callable[[], bool] = lambda: False,
        folder: Path = FOLDER,
        cores: int | None = None,
    ) -> None:
        self._cancelled = cancelled
        self._folder = folder
        self._slots = max(1, round((cores or os.cpu_count() or 1) * BUDGET_RATIO / SLOT_CORES))
        self._taking = threading.Lock()
        folder.mkdir(exist_ok=True)
        # Sticky, as the temporary directory itself: any user may lock, nobody may replace.
        with contextlib.suppress(PermissionError):
            folder.chmod(0o1777)

    @contextlib.contextmanager
    def use(self, cores: float, *, alone: bool) -> Iterator["HostUse"]:
        """A part of the CPU budget for one drill; for one that needs the host alone until it
        says ``have_whole``. Of those one at a time goes on, or its load would disturb the other.
        """
        with contextlib.ExitStack() as held:
            asked = time.monotonic()
            if alone:
                held.enter_context(self._lock("next alone", fcntl.LOCK_EX))
            part = held.enter_context(contextlib.ExitStack())
            part.enter_context(self.side_by_side(cores))
            use = HostUse(self, part, alone=alone)
            use.waited_seconds = time.monotonic() - asked
            yield use

    @contextlib.contextmanager
    def side_by_side(self, cores: float) -> Iterator[None]:
        """Hold a part of the CPU budget, while nobody has the host alone."""
        wanted = min(self._slots, max(1, round(cores / SLOT_CORES)))
        with contextlib.ExitStack() as held:
            # Whoever waits for the whole host holds the turnstile: later shares queue behind.
            with self._lock("turnstile", fcntl.LOCK_SH):
                held.enter_context(self._lock("room", fcntl.LOCK_SH))
            self._take_slots(wanted, held)
            yield

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the whole host: no drill of any run goes on meanwhile."""
        with self._lock("turnstile", fcntl.LOCK_EX), self._lock("room", fcntl.LOCK_EX):
            yield

    @contextlib.contextmanager
    def starting(self) -> Iterator[None]:
        """One stack starts at a time: starting costs a core for seconds, and starves the others."""
        with self._lock("starting", fcntl.LOCK_EX):
            yield

    def _take_slots(self, wanted: int, held: contextlib.ExitStack) -> None:
        """Take all slots or none, so that two who each hold a half never wait for each other."""
        while True:
            with self._taking, self._lock("slots", fcntl.LOCK_EX), contextlib.ExitStack() as taken:
                count = 0
                for index in range(self._slots):
                    lock = self._try(f"slot-{index}", fcntl.LOCK_EX)
                    if lock is not None:
                        taken.callback(os.close, lock)
                        count += 1
                    if count == wanted:
                        held.push(taken.pop_all())
                        return
            self._pause()

    @contextlib.contextmanager
    def _lock(self, name: str, how: int) -> Iterator[None]:
        while (lock := self._try(name, how)) is None:
            self._pause()
        try:
            yield
        finally:
            os.close(lock)

    def _pause(self) -> None:
        if self._cancelled():
            raise Interrupted("the run was ended")
        time.sleep(POLL_SECONDS)

    def _try(self, name: str, how: int) -> int | None:
        path = self._folder / name
        try:
            # Another user's file may not be opened with O_CREAT in a sticky directory.
            handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
        except FileNotFoundError:
            handle = os.open(path, os.O_RDONLY | os.O_CREAT | os.O_NOFOLLOW, 0o644)
        try:
            fcntl.flock(handle, how | fcntl.LOCK_NB)
        except OSError:
            os.close(handle)
            return None
        return handle


class HostUse:
    """What one drill has of the host, and how long it waited for it."""

    def __init__(self, host: HostShare, held: contextlib.ExitStack, *, alone: bool) -> None:
        self._host = host
        self._held = held
        self._alone = alone
        self.waited_seconds = 0.0

    def have_whole(self) -> None:
        """Wait until no other drill goes on, where the drill needs the host alone."""
        if not self._alone:
            return
        asked = time.monotonic()
        self._held.close()
        self._held.enter_context(self._host.alone())
        self.waited_seconds += time.monotonic() - asked
