"""The store: takes notifications from many threads, numbers them, and wakes who waits for them."""

import threading
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from operator import attrgetter

from sink.journal import WEBHOOK, Arrival, Entry, Journal, NotStoredError

COMMIT_SECONDS = 10.0
"""How long an arrival waits for the disk; Alertmanager gives up on an attempt no sooner."""

PAGE_BYTES = 8 * 1024 * 1024


class TooManyWaitsError(Exception):
    """As many readers wait already as may."""


class StoppingError(Exception):
    """The sink is ending, so it cannot say that nothing will arrive."""


@dataclass(frozen=True)
class Page:
    """Stored notifications in the order of their numbers, and what to ask for next."""

    notifications: list[tuple[int, Arrival]]
    more: bool
    last_seq: int


@dataclass(frozen=True)
class Count:
    """What arrived at one receiver. ``distinct`` counts arrivals that say the same once."""

    notifications: int
    distinct: int
    last_seq: int


class _Pending:
    """An arrival on its way to the disk: settled once it has a number or an error."""

    def __init__(self, arrival: Arrival) -> None:
        self.arrival = arrival
        self.seq: int | None = None
        self.error: str | None = None

    @property
    def settled(self) -> bool:
        return self.seq is not None or self.error is not None


class NotificationStore:
    """Notifications in a journal, with an index in memory; any thread may call any method.

    Commits are grouped: the first thread that finds no commit under way writes and syncs everything
    that is pending, while those that come meanwhile gather for the next one. So a burst costs a few
    syncs, and a lone notification waits for nobody.
    """

    def __init__(self, journal: Journal, most_waits: int) -> None:
        self._journal = journal
        self._most_waits = most_waits
        self._waits = 0
        self._stopping = False
        self._all: list[Entry] = []
        # By kind and receiver; None stands for all receivers.
        self._of_kind: defaultdict[tuple[str, str | None], list[Entry]] = defaultdict(list)
        self._pending: list[_Pending] = []
        self._committing = False
        self._lock = threading.Lock()
        self._committed = threading.Condition(self._lock)
        self._arrived = threading.Condition(self._lock)
        self._publish(journal.entries)

    def add(self, arrival: Arrival) -> int:
        """Store ``arrival`` durably and return its number. Raises NotStoredError."""
        mine = _Pending(arrival)
        batch: list[_Pending] = []
        with self._lock:
            self._pending.append(mine)
            self._committed.wait_for(lambda: mine.settled or not self._committing, COMMIT_SECONDS)
            if not mine.settled:
                if self._committing:
                    self._withdraw(mine)
                    raise NotStoredError(f"the disk took nothing for {COMMIT_SECONDS:g} s")
                batch, self._pending = self._pending, batch
                self._committing = True
        if batch:
            self._commit(batch)
        if mine.seq is None:
            raise NotStoredError(mine.error)
        return mine.seq

    def page(self, receiver: str | None, after: int, limit: int, kind: str = WEBHOOK) -> Page:
        """At most ``limit`` of one kind with numbers above ``after``, and at most some MiB."""
        with self._lock:
            entries = self._of_kind.get((kind, receiver), [])
            start = bisect_right(entries, after, key=attrgetter("seq"))
            wanted = entries[start : start + limit + 1]
            last_seq = _last_seq(self._all)
        chosen = list(_within(PAGE_BYTES, wanted[:limit]))
        return Page(
            notifications=[(entry.seq, self._journal.read(entry)) for entry in chosen],
            more=len(chosen) < len(wanted),
            last_seq=last_seq,
        )

    def get(self, seq: int) -> Arrival | None:
        with self._lock:
            index = bisect_right(self._all, seq, key=attrgetter("seq")) - 1
            entry = self._all[index] if index >= 0 else None
        return self._journal.read(entry) if entry and entry.seq == seq else None

    def counts(self) -> dict[str, Count]:
        with self._lock:
            return {
                receiver: Count(
                    notifications=len(entries),
                    distinct=len({entry.identity for entry in entries}),
                    last_seq=_last_seq(entries),
                )
                for (kind, receiver), entries in self._of_kind.items()
                if kind == WEBHOOK and receiver is not None
            }

    def wait_for_newer(self, receiver: str | None, after: int, seconds: float) -> None:
        """Return once a webhook above ``after`` is stored, or ``seconds`` have passed.

        Raises TooManyWaitsError, and StoppingError where the sink ends meanwhile.
        """
        with self._lock:
            if self._last_webhook(receiver) > after:
                return
            with self._wait_slot():
                self._arrived.wait_for(
                    lambda: self._stopping or self._last_webhook(receiver) > after, seconds
                )
            if self._stopping:
                raise StoppingError

    def stop_waits(self) -> None:
        """Send everyone home who waits, now and from now on."""
        with self._lock:
            self._stopping = True
            self._arrived.notify_all()

    def _commit(self, batch: list[_Pending]) -> None:
        entries: list[Entry] = []
        error = "the commit was broken off"
        try:
            entries = self._journal.append([pending.arrival for pending in batch])
        except NotStoredError as not_stored:
            error = str(not_stored)
        finally:
            with self._lock:
                for pending in batch:
                    pending.error = error
                for pending, entry in zip(batch, entries, strict=False):
                    pending.seq = entry.seq
                self._publish(entries)
                self._committing = False
                self._committed.notify_all()
                self._arrived.notify_all()

    def _withdraw(self, mine: _Pending) -> None:
        """Take back what no commit has begun with; what one has may be stored all the same."""
        if mine in self._pending:
            self._pending.remove(mine)

    def _last_webhook(self, receiver: str | None) -> int:
        return _last_seq(self._of_kind.get((WEBHOOK, receiver), []))

    def _publish(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            self._all.append(entry)
            self._of_kind[entry.kind, entry.receiver].append(entry)
            self._of_kind[entry.kind, None].append(entry)

    @contextmanager
    def _wait_slot(self) -> Iterator[None]:
        if self._waits >= self._most_waits:
            raise TooManyWaitsError(f"{self._most_waits} readers wait already")
        self._waits += 1
        try:
            yield
        finally:
            self._waits -= 1


def _last_seq(entries: Sequence[Entry]) -> int:
    return entries[-1].seq if entries else 0


def _within(most_bytes: int, entries: Sequence[Entry]) -> Iterator[Entry]:
    """The first of ``entries`` that together are no larger, and one in any case."""
    total = 0
    for index, entry in enumerate(entries):
        total += entry.length
        if index and total > most_bytes:
            return
        yield entry
