"""When a notification comes whose receiver failed: how Alertmanager tries again, in real seconds.

An error of transport and a 5xx are retried within the flush, by the defaults of the backoff that
Alertmanager uses (cenkalti/backoff): the k-th pause is 0.5 s times 1.5 to the power of k, drawn
from half to one and a half times that, at most 60 s before it is drawn. The flush is given up after
its group interval, 10 s at least, and the next one, due by then, begins at once. A 429, as any
other 4xx, ends the flush at once: the next tick of the group interval tries again.
"""

import math
from collections.abc import Iterable

from scenarios.judge.timeline import FaultRecord
from scenarios.judge.window import EARLY_TOLERANCE_SECONDS, Part, Window, total

FIRST_PAUSE_SECONDS = 0.5
GROWTH = 1.5
SPREAD = 0.5
LONGEST_PAUSE_SECONDS = 60.0
SHORTEST_FLUSH_SECONDS = 10.0


def longest_pause_seconds(tried_for_seconds: float) -> float:
    """The longest pause that may be under way once attempts have failed for so long.

    The k-th pause begins no sooner than all before it drawn at their shortest, which gives the
    largest k.
    """
    shortest = (1 - SPREAD) * FIRST_PAUSE_SECONDS
    pauses = math.floor(
        math.log(max(0.0, tried_for_seconds) * (GROWTH - 1) / shortest + 1) / math.log(GROWTH)
    )
    return (1 + SPREAD) * min(FIRST_PAUSE_SECONDS * GROWTH**pauses, LONGEST_PAUSE_SECONDS)


def next_attempt_part(
    fault: FaultRecord, tried_for_seconds: float, group_interval_seconds: float
) -> Part:
    """What passes at most from the receiver's healing to the next attempt."""
    if fault.ends_flushes:
        return Part("group interval", group_interval_seconds)
    flush = max(group_interval_seconds, SHORTEST_FLUSH_SECONDS)
    return Part("retry pause", min(longest_pause_seconds(min(tried_for_seconds, flush)), flush))


def holder(faults: Iterable[FaultRecord], receiver: str, due: Window) -> FaultRecord | None:
    """The fault under which the receiver could not take what was due then; the last of several."""
    holders = [
        fault
        for fault in faults
        if receiver in fault.holds_up_receivers
        and (due.latest is None or fault.injecting <= due.latest)
        and (fault.healed is None or fault.healed >= due.earliest)
    ]
    return max(holders, key=lambda fault: fault.injecting, default=None)


def held_up(
    due: Window, fault: FaultRecord, group_interval_seconds: float, allowance_seconds: float
) -> Window:
    """The window of what was due while its receiver failed: it counts from the healing.

    Open-ended where the receiver never healed. Nothing comes before the healing where the receiver
    failed already when it was due at the earliest.
    """
    failed_before = fault.confirmed is not None and fault.confirmed <= due.earliest
    if fault.healing is None or fault.healed is None:
        return Window(math.inf if failed_before else due.earliest, None, ())
    parts: tuple[Part, ...] = (
        next_attempt_part(fault, fault.healed - due.earliest, group_interval_seconds),
        Part("allowance", allowance_seconds),
    )
    healing = fault.healing - EARLY_TOLERANCE_SECONDS
    latest = fault.healed + total(parts)
    if due.latest is not None and due.latest >= latest:
        latest, parts = due.latest, due.parts
    return Window(
        earliest=max(due.earliest, healing) if failed_before else due.earliest,
        latest=None if due.latest is None else latest,
        parts=parts,
    )


def explains_refusal(faults: Iterable[FaultRecord], receiver: str, at: float) -> bool:
    """Whether a receiver refused because it was made to."""
    return any(
        receiver in fault.holds_up_receivers
        and fault.injecting - EARLY_TOLERANCE_SECONDS <= at
        and (fault.healed is None or at <= fault.healed + EARLY_TOLERANCE_SECONDS)
        for fault in faults
    )
