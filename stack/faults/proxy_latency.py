"""Latency on the way to a service, by a toxic on the Toxiproxy proxy in front of it."""

import time
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from stack.faults.disturbance import Disturbance
from stack.faults.fault import FaultError, Readback
from stack.faults.toxiproxy_client import Proxy, ToxiproxyError, ToxiproxyServer
from stack.run.stack import Stack, StackError
from stack.run.waiting import NotSeen, wait_until

TOXIC = "drill_latency"
SHORTEST_LATENCY_SECONDS = 0.001
RESTORED_WITHIN_SECONDS = 5.0
# What an exchange may take besides the latency before its measurement is given up.
EXCHANGE_SECONDS = 3.0


@dataclass(frozen=True)
class ProxyLatency(Disturbance, ABC):
    """Every answer through one proxy comes later by ``slow_seconds``, whole milliseconds.

    Requests and connecting stay fast, and healing lets go at once of what was held back. Faults
    on other proxies are left alone, unless healing has to restart Toxiproxy.
    """

    proxy: ClassVar[str]

    @abstractmethod
    def exchange(self, proxy: Proxy, timeout_seconds: float) -> float:
        """Seconds that a small request and its answer take, on a new connection through the proxy.

        Raises OSError, whatever the protocol's own errors are.
        """

    def inject(self, stack: Stack) -> None:
        server = ToxiproxyServer(stack.addresses.toxiproxy)
        try:
            server.add_latency(self.proxy, TOXIC, self._milliseconds)
        except ToxiproxyError as error:
            self.heal(stack)
            raise FaultError(f"{self.name} was not injected: {error}") from error

    def read_back(self, stack: Stack) -> Readback:
        """The toxic as the server reports it, and an exchange timed through the proxy."""
        try:
            proxy = ToxiproxyServer(stack.addresses.toxiproxy).proxy(self.proxy)
        except ToxiproxyError as error:
            return Readback(False, str(error))
        toxic = proxy.toxics.get(TOXIC)
        if toxic is None:
            return Readback(False, f"proxy {self.proxy!r} has no toxic {TOXIC!r}")
        if toxic.attributes.get("latency") != self._milliseconds or toxic.toxicity != 1.0:
            return Readback(False, f"proxy {self.proxy!r} has another latency: {toxic}")
        seconds, observed = self._timed(proxy)
        return Readback(seconds is not None and seconds >= self._milliseconds / 1000, observed)

    def heal(self, stack: Stack) -> None:
        """Remove the toxic; where Toxiproxy's API stands still over it, restart Toxiproxy.

        A restart cuts the connections through all its proxies and takes other faults' toxics
        along. Nothing less helps then: resetting and disabling wait for the same lock, and a
        proxy disabled meanwhile cannot be enabled again (seen with 2.12.0).
        """
        if not stack.running("toxiproxy"):
            return  # Toxics live in its memory only.
        server = ToxiproxyServer(stack.addresses.toxiproxy)
        try:
            server.remove_latency(self.proxy, TOXIC)
        except ToxiproxyError as error:
            self._restart_toxiproxy(stack, server, str(error))

    def read_back_healed(self, stack: Stack) -> Readback:
        """No toxic, and an exchange through the proxy takes less than the latency."""
        try:
            proxy = ToxiproxyServer(stack.addresses.toxiproxy).proxy(self.proxy)
        except ToxiproxyError as error:
            return Readback(False, str(error))
        if TOXIC in proxy.toxics:
            return Readback(False, f"proxy {self.proxy!r} still has {proxy.toxics[TOXIC]}")
        seconds, observed = self._timed(proxy)
        return Readback(seconds is not None and seconds < self._milliseconds / 1000, observed)

    @property
    def _milliseconds(self) -> int:
        return round(self.slow_seconds * 1000)

    def _timed(self, proxy: Proxy) -> tuple[float | None, str]:
        where = f"through proxy {self.proxy!r} on {proxy.host}:{proxy.port}"
        began = time.monotonic()
        try:
            seconds = self.exchange(proxy, self.slow_seconds + EXCHANGE_SECONDS)
        except OSError as error:
            failed_after = time.monotonic() - began
            return None, f"no answer {where}, given up after {failed_after:.2f} s: {error}"
        return seconds, f"an answer {where} took {seconds * 1000:.1f} ms"

    def _restart_toxiproxy(self, stack: Stack, server: ToxiproxyServer, why: str) -> None:
        def restored() -> tuple[bool, str]:
            try:
                proxy = server.proxy(self.proxy)
            except ToxiproxyError as error:
                return False, str(error)
            return proxy.enabled and TOXIC not in proxy.toxics, str(proxy)

        try:
            stack.kill_service("toxiproxy")
            stack.start_service("toxiproxy")
            wait_until(
                f"Toxiproxy to offer proxy {self.proxy!r} again",
                restored,
                within_seconds=RESTORED_WITHIN_SECONDS,
            )
        except (StackError, NotSeen) as error:
            raise FaultError(
                f"{self.name} could not be healed: {why}; restarting Toxiproxy failed: {error}"
            ) from error
