"""The disk comes first: nothing is numbered, shown or acknowledged before it is synced.

A disk that hangs or whose sync fails cannot be had on demand, so `os.fsync` alone stands in for it.
"""

import errno
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sink import store as store_module
from sink.journal import FILE_NAME, Arrival, Journal, NotStoredError
from sink.store import NotificationStore

WITHIN_SECONDS = 20.0


def arrival(raw: str) -> Arrival:
    return Arrival("pages", 1795368844.5, 1715.25, "identity", raw)


class HangingDisk:
    """A sync that takes until it is let go, and tells when one has begun."""

    def __init__(self) -> None:
        self.hangs = threading.Event()
        self._let_go = threading.Event()

    def fsync(self, _file: int) -> None:
        self.hangs.set()
        assert self._let_go.wait(WITHIN_SECONDS)

    def let_go(self) -> None:
        self._let_go.set()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[NotificationStore]:
    with Journal(tmp_path) as journal:
        yield NotificationStore(journal, most_waits=4)


@pytest.fixture
def disk(store: NotificationStore, monkeypatch: pytest.MonkeyPatch) -> Iterator[HangingDisk]:
    del store  # It must be open before its disk hangs.
    hanging = HangingDisk()
    monkeypatch.setattr(os, "fsync", hanging.fsync)
    yield hanging
    hanging.let_go()


def stored(store: NotificationStore) -> list[str]:
    return [found.raw for _, found in store.page(None, 0, 100).notifications]


def test_a_notification_is_neither_shown_nor_acknowledged_before_it_is_synced(
    tmp_path: Path, store: NotificationStore, disk: HangingDisk
) -> None:
    with ThreadPoolExecutor(1) as threads:
        adding = threads.submit(store.add, arrival("{}"))
        assert disk.hangs.wait(WITHIN_SECONDS)
        assert (tmp_path / FILE_NAME).read_bytes().endswith(b'"raw": "{}", "kind": "webhook"}\n')
        assert not adding.done()
        assert stored(store) == []
        assert store.counts() == {}
        disk.let_go()
        assert adding.result(WITHIN_SECONDS) == 1
    assert stored(store) == ["{}"]


def test_what_comes_during_a_sync_shares_the_next_one(
    store: NotificationStore, disk: HangingDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten notifications behind a slow one cost one more sync, not ten."""
    pending = threading.Semaphore(0)
    with ThreadPoolExecutor(11) as threads:
        first = threads.submit(store.add, arrival("first"))
        assert disk.hangs.wait(WITHIN_SECONDS)

        def add_and_tell(number: int) -> int:
            pending.release()
            return store.add(arrival(f"later {number}"))

        later = [threads.submit(add_and_tell, number) for number in range(10)]
        assert all(pending.acquire(timeout=WITHIN_SECONDS) for _ in later)
        wait_until(lambda: len(store._pending) == 10)
        syncs: list[int] = []
        monkeypatch.setattr(os, "fsync", syncs.append)
        disk.let_go()
        assert first.result(WITHIN_SECONDS) == 1
        assert sorted(one.result(WITHIN_SECONDS) for one in later) == list(range(2, 12))
    assert len(syncs) == 1


def wait_until(holds: Callable[[], bool]) -> None:
    ticks = threading.Event()
    for _ in range(2000):
        if holds():
            return
        ticks.wait(WITHIN_SECONDS / 2000)
    raise AssertionError(f"did not hold within {WITHIN_SECONDS:g} s")


def test_a_disk_that_hangs_is_reported_and_what_was_given_up_is_not_stored(
    store: NotificationStore, disk: HangingDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Meanwhile readers are served. A sender that was refused sends again, so nothing is lost."""
    monkeypatch.setattr(store_module, "COMMIT_SECONDS", 0.2)
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(store.add, arrival("hangs"))
        assert disk.hangs.wait(WITHIN_SECONDS)
        with pytest.raises(NotStoredError, match=r"the disk took nothing for 0\.2 s"):
            store.add(arrival("given up"))
        assert stored(store) == []
        disk.let_go()
        assert first.result(WITHIN_SECONDS) == 1
    assert store.add(arrival("after")) == 2
    assert stored(store) == ["hangs", "after"]


def test_a_sync_that_fails_leaves_nothing_behind(
    tmp_path: Path, store: NotificationStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a failed sync the kernel may have dropped the data, so it is never synced again."""
    assert store.add(arrival("before")) == 1
    before = (tmp_path / FILE_NAME).read_bytes()

    def fail(_file: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as failing:
        failing.setattr(os, "fsync", fail)
        for _ in range(2):
            with pytest.raises(NotStoredError, match="Input/output error"):
                store.add(arrival("lost"))
    assert (tmp_path / FILE_NAME).read_bytes() == before
    assert store.add(arrival("after")) == 2
    assert stored(store) == ["before", "after"]
