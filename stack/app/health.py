"""Readiness: whether each thing the API depends on answers, asked one by one, each for a second."""

from collections.abc import Callable

from sqlalchemy import literal, select
from sqlalchemy.exc import SQLAlchemyError

from stack.app.database import Database
from stack.app.gateway_client import GatewayClient
from stack.app.redis_link import RedisLink, RedisUnavailableError

GATEWAY_TIMEOUT_SECONDS = 1.0


class Readiness:
    """The states of database, Redis and gateway."""

    def __init__(self, database: Database, redis: RedisLink, gateway: GatewayClient) -> None:
        self._database = database
        self._redis = redis
        self._gateway = gateway

    def states(self) -> dict[str, bool]:
        """Each dependency, and whether it answered just now."""
        checks: dict[str, Callable[[], bool]] = {
            "database": self._database_answers,
            "redis": self._redis_answers,
            "gateway": lambda: self._gateway.is_healthy(GATEWAY_TIMEOUT_SECONDS),
        }
        return {name: check() for name, check in checks.items()}

    def _database_answers(self) -> bool:
        try:
            with self._database.reading() as connection:
                return connection.scalar(select(literal(1))) == 1
        except SQLAlchemyError:
            return False

    def _redis_answers(self) -> bool:
        try:
            self._redis.ping()
        except RedisUnavailableError:
            return False
        return True
