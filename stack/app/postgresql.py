"""A connection to PostgreSQL that waits for no answer for ever."""

from collections.abc import Generator
from time import monotonic
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.rows import TupleRow

Result = TypeVar("Result")


class BoundedConnection(psycopg.Connection[TupleRow]):
    """Gives a server up that does not answer in time, and is closed then.

    The server's own limits, of a lock or a statement, need a server that runs, and keepalives and
    ``tcp_user_timeout`` no more than a kernel that does: a server that is frozen, or whose disk
    hangs, fails none of them, and of the answer itself libpq and psycopg have no limit.

    What was asked for last may have been done or not, as with any connection that breaks.
    """

    answer_within_seconds = 60.0

    def wait(self, gen: PQGen[Result], *arguments: Any, **named: Any) -> Result:
        """As psycopg's. Raises psycopg.OperationalError where the answer does not come in time."""
        return super().wait(self._bounded(gen), *arguments, **named)

    def _bounded(self, answer: PQGen[Result]) -> Generator[Any, Any, Result]:
        """The same steps; psycopg comes back every 0.1 s at the latest, and says if none is due."""
        gives_up_at = monotonic() + self.answer_within_seconds
        try:
            wanted = next(answer)
            while True:
                ready = yield wanted
                if not ready and monotonic() >= gives_up_at:
                    self.close()
                    raise psycopg.OperationalError(
                        f"no answer within {self.answer_within_seconds:g} s; the connection is "
                        "given up"
                    )
                wanted = answer.send(ready)
        except StopIteration as done:
            result: Result = done.value
            return result
