"""The event catalogue: read through a Redis cache, and from the database wherever that fails."""

import json
import logging
from contextlib import suppress
from typing import Any

from sqlalchemy import select

from stack.app.database import Database
from stack.app.metrics import Metrics
from stack.app.models import Event
from stack.app.redis_link import RedisLink, RedisUnavailableError

log = logging.getLogger(__name__)

CACHE_KEY = "catalogue:events"
CACHE_SECONDS = 5

# Built once: building a statement costs more than running it.
_ALL = select(Event.id, Event.name, Event.price_cents, Event.stock).order_by(Event.id)


class Catalogue:
    """All events, kept in the cache as one document for CACHE_SECONDS.

    One document, because then every read keeps it warm: with a key for each event a quiet shop
    would miss most of the time. Stock shown may be CACHE_SECONDS old; orders look at the table.
    """

    def __init__(self, database: Database, redis: RedisLink, metrics: Metrics) -> None:
        self._database = database
        self._redis = redis
        self._metrics = metrics
        self._known_ids: frozenset[int] = frozenset()

    def events_json(self) -> bytes:
        """The catalogue as a JSON array of {id, name, price_cents, stock}."""
        cached = self._from_cache()
        if cached is not None:
            self._metrics.cache_hits.inc()
            return cached
        self._metrics.cache_misses.inc()
        document = json.dumps(self._from_database()).encode()
        with suppress(RedisUnavailableError):
            self._redis.set(CACHE_KEY, document, CACHE_SECONDS)
        return document

    def event(self, event_id: int) -> dict[str, Any] | None:
        """One event as in `events_json`, or None."""
        events: list[dict[str, Any]] = json.loads(self.events_json())
        return next((event for event in events if event["id"] == event_id), None)

    def has_event(self, event_id: int) -> bool:
        """Whether there is such an event, asking the database only for ids not seen before."""
        if event_id not in self._known_ids:
            self._known_ids = frozenset(event["id"] for event in self._from_database())
        return event_id in self._known_ids

    def _from_cache(self) -> bytes | None:
        try:
            return self._redis.get(CACHE_KEY)
        except RedisUnavailableError as error:
            log.debug("catalogue read from the database: %s", error)
            return None

    def _from_database(self) -> list[dict[str, Any]]:
        with self._database.reading() as connection:
            return [dict(row) for row in connection.execute(_ALL).mappings()]
