"""Background loops: they outlive what their job raises, and say so once."""

import logging
import threading

from stack.app.loops import Loop

WAIT_SECONDS = 10


class Outage(Exception):
    """A failure that is foreseen."""


class Job:
    """Fails as it is told, and lets a test wait for its runs."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self._ran = threading.Semaphore(0)

    def __call__(self) -> None:
        self._ran.release()
        error = self.error
        if error is not None:
            raise error

    def wait_for_runs(self, count: int) -> None:
        for number in range(count):
            assert self._ran.acquire(timeout=WAIT_SECONDS), f"no run after {number} of {count}"

    def forget_runs(self) -> None:
        """Count from now on."""
        while self._ran.acquire(blocking=False):
            pass


def messages(caplog) -> list[str]:
    return [record.message for record in caplog.records if record.name == "stack.app.loops"]


def test_a_job_that_fails_is_run_on_and_each_outage_is_told_once(caplog):
    job = Job()
    loop = Loop("sweep", 0.001, job, (Outage,))
    with caplog.at_level(logging.WARNING):
        job.error = Outage("no answer")
        loop.start()
        job.wait_for_runs(5)
        job.error = None
        # It may have run on before the error was taken away.
        job.forget_runs()
        job.wait_for_runs(2)
        loop.stop()
    assert messages(caplog) == [
        "sweep: fails and goes on trying: no answer",
        "sweep: works again",
    ]
    assert not any(record.exc_info for record in caplog.records)


def test_a_failure_that_is_no_outage_is_logged_with_its_traceback(caplog):
    job = Job()
    job.error = ZeroDivisionError("a mistake")
    loop = Loop("sweep", 0.001, job, (Outage,))
    with caplog.at_level(logging.WARNING):
        loop.start()
        job.wait_for_runs(3)
        loop.stop()
    assert [record.exc_info[1] for record in caplog.records] == [job.error]


def test_a_stopped_loop_runs_no_more():
    job = Job()
    loop = Loop("sweep", 0.001, job, ())
    loop.start()
    job.wait_for_runs(2)
    loop.stop()
    job.forget_runs()
    assert not job._ran.acquire(timeout=0.05)
