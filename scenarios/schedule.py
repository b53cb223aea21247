"""Runs the chosen drills side by side where the host allows it, and hands out their results."""

import queue
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from scenarios.drill import Drill
from scenarios.host import HostShare, Interrupted
from scenarios.runner import Ran, Settings, run_drill
from scenarios.stall import StallMonitor
from scenarios.watch import Cancelled

MOST_AT_ONCE = 16
# A host that holds up more drills than this is too slow for the speed, which the user must know.
MOST_AGAIN = 5


@dataclass(frozen=True)
class Progress:
    """What a drill is at: ``at_seconds`` since the run began."""

    at_seconds: float
    drill: str
    doing: str


class Schedule:
    """Starts all drills at once, each as set, in threads; each waits for its share of the host.

    Those that disturb the whole host run after the others, one by one, as they need every other
    drill to be over; the first starts its stack while the last of the others still go on. Drills
    with the most steps start first, as the last to start ends the run. ``finish`` is called in the
    drill's thread while its stack still runs. A drill that ``is_wanted_again`` after that runs once
    more, alone, when all others are over.
    """

    def __init__(
        self,
        drills: Sequence[tuple[Drill, Settings]],
        finish: Callable[[Drill, Ran], None],
        is_wanted_again: Callable[[Drill], bool],
    ) -> None:
        self.progress: queue.SimpleQueue[Progress] = queue.SimpleQueue()
        self._began = time.monotonic()
        self._finish = finish
        self._is_wanted_again = is_wanted_again
        self._left_again = threading.Semaphore(MOST_AGAIN)
        self._cancelled = threading.Event()
        self._stalls = StallMonitor()
        self._host = HostShare(self._cancelled.is_set)
        self._pool = ThreadPoolExecutor(MOST_AT_ONCE, thread_name_prefix="drill")
        # One thread for all of them: side by side they would only queue for the host.
        self._alone = ThreadPoolExecutor(1, thread_name_prefix="host drill")
        self._results: dict[str, Future[Ran]] = {drill.name: Future() for drill, _ in drills}
        shared = sorted(
            ((drill, how) for drill, how in drills if not is_alone(drill, how)),
            key=lambda entry: -len(entry[0].causes),
        )
        alone = [(drill, how) for drill, how in drills if is_alone(drill, how)]
        self._begun = {drill.name: threading.Event() for drill, _ in shared}
        for drill, how in shared:
            self._pool.submit(self._run, drill, how)
        for drill, how in alone:
            self._alone.submit(self._run_last, drill, how)

    def result(self, drill: Drill) -> Future[Ran]:
        return self._results[drill.name]

    def unfinished(self) -> list[str]:
        """The names of the drills that are not over."""
        return [name for name, over in self._results.items() if not over.done()]

    def elapsed_seconds(self) -> float:
        return time.monotonic() - self._began

    def close(self) -> None:
        """End what still runs, healed and stopped; returns when nothing is left."""
        self._cancelled.set()
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._alone.shutdown(wait=True, cancel_futures=True)
        self._stalls.close()

    def _run_last(self, drill: Drill, settings: Settings) -> None:
        for begun in self._begun.values():
            # A drill that is cancelled before it is begun never begins.
            while not begun.wait(0.1) and not self._cancelled.is_set():
                pass
        self._run(drill, settings)

    def _run(self, drill: Drill, settings: Settings) -> None:
        alone = drill.disturbs_host or settings.way.fills_host
        ran = self._attempt(drill, settings, alone=alone)
        if not self._is_wanted_again(drill) or self._cancelled.is_set():
            self._results[drill.name].set_result(ran)
        elif not self._left_again.acquire(blocking=False):
            self._say(drill, f"held up by the host as {MOST_AGAIN} others: try a lower --speed")
            self._results[drill.name].set_result(ran)
        else:
            self._say(drill, "held up by the host: runs again, alone, when the others are over")
            self._alone.submit(self._run_again, drill, settings)

    def _run_again(self, drill: Drill, settings: Settings) -> None:
        self._results[drill.name].set_result(self._attempt(drill, settings, alone=True))

    def _say(self, drill: Drill, doing: str) -> None:
        self.progress.put(Progress(self.elapsed_seconds(), drill.name, doing))

    def _attempt(self, drill: Drill, settings: Settings, *, alone: bool) -> Ran:
        try:
            return run_drill(
                drill,
                settings,
                self._host,
                self._stalls,
                alone=alone,
                progress=partial(self._say, drill),
                cancelled=self._cancelled.is_set,
                begun=lambda: self._has_begun(drill),
                finish=lambda ran: self._finish(drill, ran),
            )
        except (Interrupted, Cancelled):
            return Ran(error="the run was ended before this drill was over")
        except Exception:  # noqa: BLE001 - a defect of the harness must fail its drill, and only it
            return Ran(error=f"the harness failed:\n{traceback.format_exc()}")
        finally:
            self._has_begun(drill)
            self._say(drill, "done")

    def _has_begun(self, drill: Drill) -> None:
        """Or is over without ever having begun."""
        if drill.name in self._begun:
            self._begun[drill.name].set()


def is_alone(drill: Drill, settings: Settings) -> bool:
    """Whether no other drill of the run may go on meanwhile."""
    return drill.disturbs_host or settings.way.one_at_a_time
