"""The waiting room: a queue in Redis, entered by users and emptied by the admission loop."""

import time
from collections import deque
from dataclasses import dataclass
from typing import Any

from stack.app.errors import ApiError
from stack.app.metrics import Metrics
from stack.app.redis_link import RedisLink
from stack.app.tokens import Pass, Ticket, Tokens

# Sorted sets: waiting by order of arrival, admitted by the time their pass expires.
WAITING = "queue:waiting"
ADMITTED = "queue:admitted"
ARRIVALS = "queue:arrivals"

MAX_REMEMBERED_PASSES = 10_000

_JOIN = """
redis.call('ZADD', KEYS[1], redis.call('INCR', KEYS[2]), ARGV[1])
return redis.call('ZCARD', KEYS[1])
"""

_LOOK = """
local expires_at = redis.call('ZSCORE', KEYS[2], ARGV[1])
if expires_at then return {0, expires_at} end
local rank = redis.call('ZRANK', KEYS[1], ARGV[1])
if rank then return {rank + 1, ''} end
return {-1, ''}
"""

_LEAVE = """
return redis.call('ZREM', KEYS[1], ARGV[1]) + redis.call('ZREM', KEYS[2], ARGV[1])
"""

# ZCARD of a key that does not exist counts as a keyspace miss, and an idle waiting room, asked
# several times a second, would look like a cold cache. Taking the head and putting it back is a
# write, which counts as neither hit nor miss.
_ADMIT = """
local function size(key)
  local head = redis.call('ZPOPMIN', key)
  if #head == 0 then return 0 end
  redis.call('ZADD', key, head[2], head[1])
  return redis.call('ZCARD', key)
end
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', ARGV[2])
for i = 4, #ARGV do redis.call('ZREM', KEYS[2], ARGV[i]) end
local admitted = redis.call('ZPOPMIN', KEYS[1], ARGV[1])
for i = 1, #admitted, 2 do redis.call('ZADD', KEYS[2], ARGV[3], admitted[i]) end
return {#admitted / 2, size(KEYS[1]), size(KEYS[2])}
"""


@dataclass(frozen=True)
class Place:
    """Where a ticket stands: a position from 1 while waiting, a pass once admitted."""

    position: int
    pass_text: str | None

    @property
    def status(self) -> str:
        return "waiting" if self.pass_text is None else "admitted"


class WaitingRoom:
    """First come, first served, for all events together.

    The room is reached through Redis alone; a pass, once given, is good without it.
    """

    def __init__(
        self, redis: RedisLink, tokens: Tokens, pass_seconds: float, metrics: Metrics
    ) -> None:
        self._tokens = tokens
        self._pass_seconds = pass_seconds
        self._metrics = metrics
        self._join = redis.script(_JOIN)
        self._look = redis.script(_LOOK)
        self._leave = redis.script(_LEAVE)
        self._admit = redis.script(_ADMIT)
        # Ordering takes nothing from Redis: who has ordered is told to it at the next admission.
        # What is lost here when this process ends leaves the room when its pass expires.
        self._ordered: deque[str] = deque(maxlen=MAX_REMEMBERED_PASSES)

    def join(self, event_id: int) -> tuple[Ticket, int]:
        """A new ticket at the end of the queue, and its position."""
        ticket = self._tokens.new_ticket(event_id)
        position = self._join([WAITING, ARRIVALS], [ticket.text])
        return ticket, int(position)

    def look(self, ticket: Ticket) -> Place:
        """Where the ticket stands now.

        Raises:
            ApiError: 404, it left, ordered, or its pass expired.
        """
        position, expires_at = self._look([WAITING, ADMITTED], [ticket.text])
        if position < 0:
            raise ApiError(
                404,
                "this ticket is no longer in the waiting room: it left, was used or has expired",
                field="ticket",
            )
        if position > 0:
            return Place(int(position), None)
        return Place(0, self._tokens.new_pass(ticket, float(expires_at)))

    def leave(self, ticket: Ticket) -> None:
        """Give up the ticket; doing it twice is no error."""
        self._leave([WAITING, ADMITTED], [ticket.text])

    def has_ordered(self, used: Pass) -> None:
        """The holder of this pass has ordered and is no longer being processed."""
        self._ordered.append(used.ticket_text)

    def admit(self, most: int) -> int:
        """Admit up to `most` users, drop those whose time is over, and set the gauges.

        Returns how many were admitted.
        """
        ordered = list(self._ordered)
        now = time.time()
        answer: list[Any] = self._admit(
            [WAITING, ADMITTED], [most, now, now + self._pass_seconds, *ordered]
        )
        admitted, waiting, processing = (int(number) for number in answer)
        for _ in ordered:
            self._ordered.popleft()
        self._metrics.queue_waiting.set(waiting)
        self._metrics.queue_processing.set(processing)
        self._metrics.queue_admitted.inc(admitted)
        return admitted
