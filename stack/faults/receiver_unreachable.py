"""A receiver of notifications refuses every connection."""

from dataclasses import dataclass
from typing import ClassVar

from stack.faults.disturbance import Disturbance
from stack.faults.fault import FaultError, Readback
from stack.faults.refusal import refuses
from stack.faults.toxiproxy_client import ToxiproxyError, ToxiproxyServer
from stack.run.receivers import door_name
from stack.run.stack import Stack


@dataclass(frozen=True)
class ReceiverUnreachable(Disturbance):
    """The proxy on the way to one receiver is closed, with the connections that go through it.

    Alertmanager tries again within the flush, as it does after every error of transport.
    """

    name: ClassVar[str] = "receiver_unreachable"

    receiver: str

    @property
    def holds_up_receivers(self) -> tuple[str, ...]:
        return (self.receiver,)

    def inject(self, stack: Stack) -> None:
        try:
            self._set_enabled(stack, enabled=False)
        except ToxiproxyError as error:
            raise FaultError(f"{self.name} was not injected: {error}") from error

    def read_back(self, stack: Stack) -> Readback:
        """The receiver's address refuses a connection."""
        reached, observed = self._connected(stack)
        return Readback(reached is False, observed)

    def heal(self, stack: Stack) -> None:
        if not stack.running("toxiproxy"):
            return  # It comes back with every proxy open.
        try:
            self._set_enabled(stack, enabled=True)
        except ToxiproxyError as error:
            raise FaultError(f"{self.name} could not be healed: {error}") from error

    def read_back_healed(self, stack: Stack) -> Readback:
        """The receiver's address accepts a connection."""
        reached, observed = self._connected(stack)
        return Readback(reached is True, observed)

    def _set_enabled(self, stack: Stack, *, enabled: bool) -> None:
        server = ToxiproxyServer(stack.addresses.toxiproxy)
        server.set_enabled(door_name(self.receiver), enabled=enabled)

    def _connected(self, stack: Stack) -> tuple[bool | None, str]:
        """Whether a connection is accepted; None where it is neither that nor refused."""
        try:
            door = ToxiproxyServer(stack.addresses.toxiproxy).proxy(door_name(self.receiver))
        except ToxiproxyError as error:
            return None, str(error)
        refused, observed = refuses(door.host, door.port)
        where = f"{self.receiver} at {door.host}:{door.port}"
        return None if refused is None else not refused, f"{where}: {observed}"
