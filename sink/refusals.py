"""The requests the sink refused, the newest of them: a refused notification is evidence too."""

import logging
import re
import threading
from collections import deque

from sink.record import Refusal

KEPT_REFUSALS = 1000
KEPT_BYTES = 256
KEPT_CHARACTERS = 500

_SECRET = re.compile(r"^(/receivers/[^/]*/(?:slack|discord)/).+")

logger = logging.getLogger("sink")


class RefusalLog:
    """A bounded list in memory, emptied by a restart: only what was acknowledged is durable."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._newest: deque[Refusal] = deque(maxlen=KEPT_REFUSALS)
        self._total = 0

    def add(
        self,
        *,
        at: float,
        receiver: str,
        method: str,
        path: str,
        status: int,
        why: str,
        body: bytes,
    ) -> None:
        refusal = Refusal(
            at=at,
            receiver=receiver[:KEPT_CHARACTERS],
            method=method,
            # The rest of a chat's URL is its secret.
            path=_SECRET.sub(r"\1...", path)[:KEPT_CHARACTERS],
            status=status,
            why=why,
            first_bytes=body[:KEPT_BYTES].decode(errors="backslashreplace"),
        )
        logger.warning("%s", str(refusal).encode("unicode_escape").decode())
        with self._lock:
            self._newest.append(refusal)
            self._total += 1

    def newest(self) -> tuple[list[Refusal], int]:
        """The kept refusals, oldest first, and how many there were since the start."""
        with self._lock:
            return list(self._newest), self._total
