"""Background loops: a job run again and again until the process ends, whatever the job raises."""

import logging
import threading
from collections.abc import Callable

log = logging.getLogger(__name__)

LAST_RUN_SECONDS = 0.5


class Loop:
    """Runs `job` every `period_seconds` in a thread of its own.

    A job that raises is run again after the next period. The first failure of a row and the
    first success after it are logged, so that an outage is two lines and not thousands. What is
    not among the `outages` is a mistake of ours and is logged with its traceback.
    """

    def __init__(
        self,
        name: str,
        period_seconds: float,
        job: Callable[[], None],
        outages: tuple[type[Exception], ...],
    ) -> None:
        self.name = name
        self._outages = outages
        self._period_seconds = period_seconds
        self._job = job
        self._stopping = threading.Event()
        self._failing = False
        self._thread = threading.Thread(target=self._run, name=f"loop-{name}", daemon=True)

    def start(self) -> None:
        """Begin; the first run comes after one period."""
        self._thread.start()

    def stop(self) -> None:
        """Begin no further run, and give the one under way a moment to end."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(LAST_RUN_SECONDS)

    def _run(self) -> None:
        while not self._stopping.wait(self._period_seconds):
            try:
                self._job()
            except Exception as error:  # the loop outlives whatever its job meets
                if not self._failing:
                    mistake = None if isinstance(error, self._outages) else error
                    log.warning(
                        "%s: fails and goes on trying: %s", self.name, error, exc_info=mistake
                    )
                self._failing = True
            else:
                if self._failing:
                    log.warning("%s: works again", self.name)
                self._failing = False
