"""Bounded waits that name what they wait for and what they last saw."""

import time
from collections.abc import Callable


class NotSeen(Exception):
    """What was waited for did not come; the text says what, how long, and what was last seen."""


def wait_until(
    what: str,
    look: Callable[[], tuple[bool, str]],
    *,
    within_seconds: float,
    every_seconds: float = 0.05,
    give_up: Callable[[], str | None] = lambda: None,
) -> None:
    """Look until ``look`` gives ``(True, …)``; its second value is what was seen.

    ``give_up`` is asked before each look: a text ends the wait at once (a process that died will
    not answer any more). Raises NotSeen.
    """
    began = time.monotonic()
    seen = "nothing yet"
    while True:
        reason = give_up()
        if reason is not None:
            raise NotSeen(f"gave up waiting for {what}: {reason} (last seen: {seen})")
        done, seen = look()
        if done:
            return
        waited = time.monotonic() - began
        if waited >= within_seconds:
            raise NotSeen(f"waited {waited:.1f} s for {what}; last seen: {seen}")
        time.sleep(min(every_seconds, max(0.0, within_seconds - waited)))
