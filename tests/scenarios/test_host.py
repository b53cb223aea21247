"""The host is shared as promised: a budget side by side, the whole for one, across processes."""

import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from scenarios.host import HostShare, Interrupted
from stack.run.supervisor import REPOSITORY
from stack.run.waiting import wait_until

SOON_SECONDS = 20.0
HOLD = """
import sys
from pathlib import Path
from scenarios.host import HostShare
share = HostShare(folder=Path(sys.argv[1]), cores=2)
with share.alone() if sys.argv[2] == "alone" else share.side_by_side(float(sys.argv[2])):
    print("held", flush=True)
    sys.stdin.read()
"""


class Other:
    """Another process that holds a share until it is ended."""

    def __init__(self, folder: Path, what: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", HOLD, str(folder), what],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=REPOSITORY,
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "held\n"

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


class Taker:
    """A thread that wants a share, to see whether it has it."""

    def __init__(self, take: Callable[[], object]) -> None:
        self.has = threading.Event()
        self.error: BaseException | None = None
        self._take = take
        self._release = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        try:
            with self._take():  # type: ignore[attr-defined]
                self.has.set()
                self._release.wait(10 * SOON_SECONDS)
        except Interrupted as error:
            self.error = error

    def waits(self) -> bool:
        return not self.has.wait(0.5)

    def end(self) -> None:
        self._release.set()
        self._thread.join(10)
        assert not self._thread.is_alive()


@pytest.fixture
def share(tmp_path: Path) -> HostShare:
    return HostShare(folder=tmp_path / "host", cores=2)


def test_the_budget_is_shared_between_processes(share: HostShare, tmp_path: Path) -> None:
    other = Other(tmp_path / "host", "0.7")
    fits = Taker(lambda: share.side_by_side(0.4))
    assert fits.has.wait(SOON_SECONDS)
    too_much = Taker(lambda: share.side_by_side(0.4))
    assert too_much.waits()
    other.kill()
    assert too_much.has.wait(SOON_SECONDS)
    fits.end()
    too_much.end()


def test_nobody_shares_while_one_has_the_host_alone(share: HostShare, tmp_path: Path) -> None:
    other = Other(tmp_path / "host", "alone")
    shared, alone = Taker(lambda: share.side_by_side(0.1)), Taker(share.alone)
    assert shared.waits()
    assert alone.waits()
    other.kill()
    wait_until(
        "one of them to have it",
        lambda: (shared.has.is_set() or alone.has.is_set(), "neither has"),
        within_seconds=SOON_SECONDS,
    )
    assert not (shared.has.is_set() and alone.has.is_set())
    for taker in (shared, alone) if shared.has.is_set() else (alone, shared):
        assert taker.has.wait(SOON_SECONDS)
        taker.end()


def test_who_wants_the_host_alone_is_not_starved_by_later_shares(
    share: HostShare, tmp_path: Path
) -> None:
    first = Other(tmp_path / "host", "0.1")
    alone = Taker(share.alone)
    assert alone.waits()
    later = Taker(lambda: share.side_by_side(0.1))
    assert later.waits(), "a later share overtook the one who waits for the whole host"
    first.kill()
    assert alone.has.wait(SOON_SECONDS)
    assert later.waits()
    alone.end()
    assert later.has.wait(SOON_SECONDS)
    later.end()


def test_a_share_larger_than_the_budget_is_cut_to_it(share: HostShare) -> None:
    taker = Taker(lambda: share.side_by_side(100.0))
    assert taker.has.wait(SOON_SECONDS)
    taker.end()


def test_two_that_want_more_than_half_do_not_wait_for_each_other(share: HostShare) -> None:
    takers = [Taker(lambda: share.side_by_side(1.2)) for _ in range(2)]
    wait_until(
        "one of two to have the budget",
        lambda: (any(taker.has.is_set() for taker in takers), "neither"),
        within_seconds=SOON_SECONDS,
    )
    first = next(taker for taker in takers if taker.has.is_set())
    (second,) = [taker for taker in takers if taker is not first]
    assert second.waits()
    first.end()
    assert second.has.wait(SOON_SECONDS)
    second.end()


def test_cancelling_ends_the_wait(tmp_path: Path) -> None:
    cancelled = threading.Event()
    share = HostShare(cancelled.is_set, folder=tmp_path / "host", cores=2)
    other = Other(tmp_path / "host", "alone")
    waiting = Taker(lambda: share.side_by_side(0.1))
    assert waiting.waits()
    cancelled.set()
    waiting.end()
    assert isinstance(waiting.error, Interrupted)
    other.kill()


def test_a_drill_that_needs_the_host_alone_starts_beside_others_and_then_waits_for_them(
    share: HostShare, tmp_path: Path
) -> None:
    other = Other(tmp_path / "host", "0.1")
    whole = threading.Event()
    with share.use(0.1, alone=True) as use:
        taker = threading.Thread(target=lambda: (use.have_whole(), whole.set()))
        taker.start()
        assert not whole.wait(0.5), "it had the whole host beside another drill"
        other.kill()
        assert whole.wait(SOON_SECONDS)
        taker.join()
        # From when its thread began to wait, which may be a moment after we did.
        assert use.waited_seconds >= 0.3
        later = Taker(lambda: share.side_by_side(0.1))
        assert later.waits()
    assert later.has.wait(SOON_SECONDS)
    later.end()


def test_of_two_drills_that_need_the_host_alone_the_second_does_not_even_start(
    share: HostShare,
) -> None:
    first = Taker(lambda: share.use(0.1, alone=True))
    assert first.has.wait(SOON_SECONDS)
    second = Taker(lambda: share.use(0.1, alone=True))
    assert second.waits()
    first.end()
    assert second.has.wait(SOON_SECONDS)
    second.end()


def test_a_drill_that_shares_the_host_never_waits_for_the_whole(
    share: HostShare, tmp_path: Path
) -> None:
    other = Other(tmp_path / "host", "0.1")
    with share.use(0.1, alone=False) as use:
        use.have_whole()
        later = Taker(lambda: share.side_by_side(0.1))
        assert later.has.wait(SOON_SECONDS)
        later.end()
    other.kill()
