"""An Alertmanager is gone: alone it tells nobody anything, of two the other must tell it all."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal
from urllib.parse import urlsplit

from stack.faults.fault import FaultError, Readback
from stack.faults.service_down import ServiceDown
from stack.observe.alertmanager import Alertmanager
from stack.observe.prometheus import ReadError
from stack.run.alertmanager_pair import has_settled
from stack.run.stack import Service, Stack


@dataclass(frozen=True)
class AlertmanagerDown(ServiceDown):
    """The process of one Alertmanager is killed: what it told and of whom is forgotten, but for
    what the other of a pair knows.

    The one that started first sends; the second waits a peer timeout for it.
    """

    which: Literal["first", "second"] = "first"

    name: ClassVar[str] = "alertmanager_down"

    @property
    def stops(self) -> tuple[Service, ...]:
        return ("alertmanager" if self.which == "first" else "alertmanager_2",)

    @property
    def disturbs_jobs(self) -> tuple[str, ...]:
        return ("alertmanager",)

    def endpoints(self, stack: Stack) -> Sequence[tuple[str, int]]:
        url = urlsplit(self._url(stack))
        return [(url.hostname or "127.0.0.1", url.port or 80)]

    def read_back_healed(self, stack: Stack) -> Readback:
        """It answers; and where it is one of two, it is back in their cluster."""
        manager = Alertmanager(self._url(stack))
        if stack.addresses.alertmanager_2:
            return Readback(*has_settled(manager))
        try:
            cluster = manager.cluster()
        except ReadError as error:
            return Readback(False, str(error))
        return Readback(True, f"answers, its cluster is {cluster.status}")

    def _url(self, stack: Stack) -> str:
        url = {
            "first": stack.addresses.alertmanager,
            "second": stack.addresses.alertmanager_2,
        }[self.which]
        if not url:
            raise FaultError(
                f"this stack has no {self.which} Alertmanager; give the drill alertmanagers=2"
            )
        return url
