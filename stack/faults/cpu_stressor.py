"""Keeps one core as busy as it takes for the whole host to be busy to a ratio.

Run as ``python -m stack.faults.cpu_stressor``, one process for each core; each measures the host
and corrects its own share, so that together they land on the target whatever else runs.
"""

import sys
import time

from stack.faults.cpu_usage import BusyMeter
from stack.faults.lifeline import Lifeline
from stack.faults.stressor_options import stressor_parser

PERIOD_SECONDS = 0.1
# Part of the error that is corrected in each period: settles in under a second, and the 10 ms
# steps in which a kernel counts hardly show.
GAIN = 0.3
# From here on there is nothing to balance: whatever is left over is burnt.
BURNS_FROM_RATIO = 0.97
LOWEST_PRIORITY = 19


def next_duty(duty: float, busy_ratio: float, target_ratio: float) -> float:
    """The part of the next period to burn, after a period in which the host was this busy.

    Summed up, the corrections keep the mean of the host's ratio on the target, while something
    between nothing and everything can be burnt.
    """
    if target_ratio >= BURNS_FROM_RATIO:
        return 1.0
    return min(1.0, max(0.0, duty + GAIN * (target_ratio - busy_ratio)))


def main() -> None:
    parser = stressor_parser(__doc__)
    parser.add_argument("--busy-ratio", type=float, required=True)
    options = parser.parse_args()

    lifeline = Lifeline(options.expires_seconds)
    meter = BusyMeter()
    duty = 0.0
    while lifeline.over() is None:
        began = time.monotonic()
        while time.monotonic() - began < duty * PERIOD_SECONDS:
            pass
        time.sleep(max(0.0, began + PERIOD_SECONDS - time.monotonic()))
        duty = next_duty(duty, meter.busy_ratio(), options.busy_ratio)
    sys.stderr.write(f"cpu stressor ends: {lifeline.over()}\n")


if __name__ == "__main__":
    main()
