"""Every charge ever decided, by its idempotency key; the same key is never decided twice."""

import json
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


class LedgerError(Exception):
    """The ledger file cannot be used; the message says where and why."""


class KeyInProgressError(Exception):
    """Another request has held this key for too long."""


@dataclass(frozen=True)
class Charge:
    """A decided charge. `status` is "succeeded" or "declined", for good."""

    key: str
    id: str
    amount_cents: int
    method: str
    status: str


class Ledger:
    """Charges in the order they were decided, in memory and, where a file is given, in it.

    Each charge is one line of JSON, written out before the answer is sent, so that a gateway that
    is killed and started again still knows whom it has charged. A last line cut short by the kill
    was never answered, and is dropped.
    """

    def __init__(self, file: Path | None) -> None:
        """Load what the file holds.

        Raises:
            LedgerError: it cannot be read or written, or a line of it is no charge.
        """
        self._changed = threading.Condition()
        self._keys_in_progress: set[str] = set()
        self._charges: list[Charge] = []
        self._by_key: dict[str, Charge] = {}
        self._succeeded = 0
        self._out = None
        if file is not None:
            try:
                for charge in _load(file):
                    self._add(charge)
                # Unbuffered: a line is with the system, not with this process, once written.
                self._out = file.open("ab", buffering=0)
            except OSError as error:
                raise LedgerError(f"cannot use the ledger {file}: {error}") from None

    @contextmanager
    def turn(self, key: str, longest_seconds: float) -> Iterator[Charge | None]:
        """Hold this key while its charge is decided; gives the charge it already has, if any.

        Raises:
            KeyInProgressError: another held it for all of `longest_seconds`.
        """
        with self._changed:
            if not self._changed.wait_for(
                lambda: key not in self._keys_in_progress, longest_seconds
            ):
                raise KeyInProgressError(
                    f"waited {longest_seconds:g} s for another request with the key {key}"
                )
            self._keys_in_progress.add(key)
            earlier = self._by_key.get(key)
        try:
            yield earlier
        finally:
            with self._changed:
                self._keys_in_progress.discard(key)
                self._changed.notify_all()

    def record(self, key: str, amount_cents: int, method: str, status: str) -> Charge:
        """Decide the charge of a key whose turn the caller holds."""
        charge = Charge(key, f"ch_{secrets.token_hex(12)}", amount_cents, method, status)
        with self._changed:
            if self._out is not None:
                self._out.write(json.dumps(asdict(charge)).encode() + b"\n")
            self._add(charge)
        return charge

    def page(self, after: int, limit: int) -> dict[str, Any]:
        """Totals, and up to `limit` charges by key from position `after` on.

        `next` is the position to go on from, or None at the end.
        """
        with self._changed:
            charges = self._charges[after : after + limit]
            end = after + len(charges)
            return {
                "count": self._succeeded,
                "declined": len(self._charges) - self._succeeded,
                "by_key": {charge.key: _without_key(charge) for charge in charges},
                "next": end if end < len(self._charges) else None,
            }

    def _add(self, charge: Charge) -> None:
        self._charges.append(charge)
        self._by_key[charge.key] = charge
        self._succeeded += charge.status == "succeeded"


def _without_key(charge: Charge) -> dict[str, Any]:
    fields = asdict(charge)
    del fields["key"]
    return fields


def _load(file: Path) -> Iterator[Charge]:
    if not file.exists():
        return
    content = file.read_bytes()
    whole_bytes = content.rfind(b"\n") + 1
    if whole_bytes < len(content):
        with file.open("r+b") as out:
            out.truncate(whole_bytes)
    for number, line in enumerate(content[:whole_bytes].splitlines(), start=1):
        try:
            yield Charge(**json.loads(line))
        except (ValueError, TypeError) as error:
            raise LedgerError(f"{file}, line {number} is no charge: {error}") from None
