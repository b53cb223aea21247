"""Redis wants a password that nobody was told: it answers everybody, and serves nobody."""

from dataclasses import dataclass
from typing import ClassVar

import redis

from stack.faults.disturbance import Disturbance
from stack.faults.fault import FaultError, Readback
from stack.faults.redis_direct import direct_redis
from stack.run.stack import Stack

PASSWORD = "changed by a drill"  # noqa: S105 - guards nothing: it is how healing is let in


@dataclass(frozen=True)
class RedisPassword(Disturbance):
    """The password is changed, and every connection that was let in before is closed.

    Unlike a Redis that is gone it answers each command, with a refusal: what makes its answers
    slow holds. Its data stay. redis_exporter goes on answering, with redis_up 0, so no scrape may
    fail; it and the app are let in again at their next scrape and command, so healing does not lag.
    """

    name: ClassVar[str] = "redis_password"

    def inject(self, stack: Stack) -> None:
        try:
            with direct_redis(stack) as client:
                client.config_set("requirepass", PASSWORD)
                client.client_kill_filter(_type="normal", skipme=True)
        except redis.RedisError as error:
            self.heal(stack)
            raise FaultError(f"{self.name} was not injected: {error}") from error

    def read_back(self, stack: Stack) -> Readback:
        """A client without the password is refused."""
        refused, observed = _met_by_a_stranger(stack)
        return Readback(refused is True, observed)

    def heal(self, stack: Stack) -> None:
        if not stack.running("redis"):
            return  # The password is in its memory only.
        try:
            with direct_redis(stack) as client:
                if _met_by_a_stranger(stack)[0]:
                    client.auth(PASSWORD)
                    client.config_set("requirepass", "")
        except redis.RedisError as error:
            raise FaultError(f"{self.name} could not be healed: {error}") from error

    def read_back_healed(self, stack: Stack) -> Readback:
        """A client without a password is served."""
        refused, observed = _met_by_a_stranger(stack)
        return Readback(refused is False, observed)


def _met_by_a_stranger(stack: Stack) -> tuple[bool | None, str]:
    """Whether a client without a password is refused; None where Redis does not answer."""
    try:
        with direct_redis(stack) as client:
            client.ping()
    except redis.AuthenticationError as error:
        return True, f"Redis refuses who has no password: {error}"
    except redis.RedisError as error:
        return None, f"Redis does not answer: {error}"
    return False, "Redis serves who has no password"
