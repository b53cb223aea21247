"""One Toxiproxy server, through toxiproxy-python without its global state and blind spots.

That library keeps host and port on a class all users share, waits for ever, looks at three
status codes only and gives back nothing of what it added. Here each server has a class of its
own, every request has a timeout, every status is checked, and a toxic counts as added when the
server's own answer says so: it takes a misspelt attribute without a word.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests
from toxiproxy.api import APIConsumer
from toxiproxy.exceptions import InvalidToxic, NotFound, ProxyExists

TIMEOUT_SECONDS = 2.0
# Toxiproxy refuses browsers, which it knows by a user agent beginning with Mozilla.
HEADERS = {"User-Agent": "alert-drills"}
# None removes what HTTP_PROXY and its like would set: these addresses are never behind a proxy.
NO_HTTP_PROXIES = {"http": None, "https": None, "all": None}
EVERY_ADDRESS = ("", "0.0.0.0", "::")  # noqa: S104 - compared with, never bound


class ToxiproxyError(Exception):
    """Toxiproxy did not do what it was asked; the text says what, where and how it answered."""


@dataclass(frozen=True)
class Toxic:
    """One toxic as the server reports it."""

    type: str
    stream: str
    toxicity: float
    attributes: Mapping[str, Any]


@dataclass(frozen=True)
class Proxy:
    """One proxy as the server reports it, and where a client reaches it."""

    name: str
    host: str
    port: int
    enabled: bool
    toxics: Mapping[str, Toxic]


class ToxiproxyServer:
    """The API of one server. Safe beside others in threads of one process."""

    def __init__(self, url: str, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        address = urlsplit(url)
        self._url = url
        self._host = address.hostname or "127.0.0.1"
        self._timeout_seconds = timeout_seconds
        self._api: Any = type(
            "ServerConsumer", (APIConsumer,), {"host": self._host, "port": address.port}
        )

    def proxy(self, name: str) -> Proxy:
        """Raises ToxiproxyError, also where there is no proxy of this name."""
        found = self._ask(self._api.get, f"/proxies/{name}").json()
        host, _, port = str(found["listen"]).rpartition(":")
        host = host.strip("[]")
        return Proxy(
            name=name,
            host=self._host if host in EVERY_ADDRESS else host,
            port=int(port),
            enabled=bool(found["enabled"]),
            toxics={toxic["name"]: _toxic(toxic) for toxic in found["toxics"]},
        )

    def add_latency(self, proxy: str, toxic: str, milliseconds: int) -> None:
        """Delay each answer through this proxy, on the connections it has and on new ones."""
        wanted = Toxic("latency", "downstream", 1.0, {"latency": milliseconds, "jitter": 0})
        answer = self._ask(
            self._api.post,
            f"/proxies/{proxy}/toxics",
            json={
                "name": toxic,
                "type": wanted.type,
                "stream": wanted.stream,
                "toxicity": wanted.toxicity,
                "attributes": wanted.attributes,
            },
        )
        added = _toxic(answer.json())
        if added != wanted:
            raise ToxiproxyError(
                f"Toxiproxy at {self._url} made {added} of {wanted} on proxy {proxy!r}"
            )

    def remove_latency(self, proxy: str, toxic: str) -> None:
        """Remove a latency toxic; one that is not there is no error.

        Its latency is set to 0 before: Toxiproxy hands what it holds back to each connection
        with its lock held, five seconds for each piece that nobody takes, and all its API stands
        still for that long (issue 558; seen at once when 20 clients with several answers under
        way gave up, and once in 20 times with the latency at 0 for a moment).
        """
        if toxic not in self.proxy(proxy).toxics:
            return
        self._ask(
            self._api.post, f"/proxies/{proxy}/toxics/{toxic}", json={"attributes": {"latency": 0}}
        )
        self._ask(self._api.delete, f"/proxies/{proxy}/toxics/{toxic}")

    def set_enabled(self, proxy: str, *, enabled: bool) -> None:
        """Close a proxy, its port and every connection through it, or open it again."""
        answer = self._ask(self._api.post, f"/proxies/{proxy}", json={"enabled": enabled}).json()
        if answer["enabled"] is not enabled:
            raise ToxiproxyError(
                f"Toxiproxy at {self._url} left proxy {proxy!r} enabled={answer['enabled']}"
            )

    def _ask(
        self, request: Callable[..., requests.Response], path: str, **arguments: Any
    ) -> requests.Response:
        where = f"Toxiproxy at {self._url}{path}"
        try:
            answer = request(
                path,
                timeout=self._timeout_seconds,
                headers=HEADERS,
                proxies=NO_HTTP_PROXIES,
                **arguments,
            )
        except requests.Timeout as error:
            raise ToxiproxyError(
                f"{where} did not answer within {self._timeout_seconds:g} s"
            ) from error
        except requests.RequestException as error:
            raise ToxiproxyError(f"{where} cannot be reached: {error}") from error
        except (NotFound, ProxyExists, InvalidToxic) as error:
            text = b" ".join(error.args).decode(errors="replace").strip()
            raise ToxiproxyError(f"{where} refused: {text}") from error
        if not answer.ok:
            raise ToxiproxyError(f"{where} answered {answer.status_code}: {answer.text.strip()}")
        return answer


def _toxic(reported: Mapping[str, Any]) -> Toxic:
    return Toxic(
        type=reported["type"],
        stream=reported["stream"],
        toxicity=float(reported["toxicity"]),
        attributes=reported["attributes"],
    )
