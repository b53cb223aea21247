"""When a stressor must end by itself, should nobody be left to end it."""

import os
import sys
import time


class Lifeline:
    """Over at expiry, or once the process that started this one is gone.

    The second line of defence: a stack's guardian kills its stressors as soon as the harness
    ends, and this is for a guardian that was killed itself.
    """

    def __init__(self, expires_seconds: float) -> None:
        self._ends_at = time.monotonic() + expires_seconds
        self._parent = os.getppid()
        sys.stderr.write(
            f"ends with its parent, process {self._parent}, or in {expires_seconds:g} s\n"
        )

    def over(self) -> str | None:
        """Why it is over, or None."""
        if time.monotonic() >= self._ends_at:
            return "its time is over"
        if os.getppid() != self._parent:
            return "its parent is gone"
        return None
