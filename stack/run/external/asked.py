"""What is asked of the remote side before the first drill, each with a clear error."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from stack.observe.alertmanager import Alertmanager
from stack.observe.prometheus import Prometheus, ReadError
from stack.run.external.settings import ExternalSettings
from stack.run.stack import StackError

# What Alertmanager's API prints instead of an address that may hold a secret: from 0.26 on, of
# every webhook.
MASKED = "<secret>"


def ask_remote(settings: ExternalSettings) -> None:
    """Both APIs can be read, and Prometheus sends its alerts to this Alertmanager.

    Raises StackError with everything that is wrong.
    """
    problems = [*_unreadable(settings), *_not_sent_to(settings)]
    if problems:
        raise StackError("\n".join(problems))


def receiver_problems(
    settings: ExternalSettings, alertmanager: Mapping[str, Any], expected: Sequence[str]
) -> list[str]:
    """Why what must reach these receivers, or any at all, would not reach the sink."""
    receivers = {
        str(receiver.get("name")): receiver for receiver in alertmanager.get("receivers") or []
    }
    routed = set(_routed(alertmanager.get("route") or {}))
    where = f"Alertmanager at {settings.alertmanager.address}"
    if not any(
        not list(_not_to_sink(settings, name, receiver))
        for name, receiver in receivers.items()
        if name in routed
    ):
        return [
            f"{where}: no receiver that a route leads to may reach the sink; "
            + _wanted(settings, "RECEIVER")
        ]
    problems = []
    for name in expected:
        # One that does not exist is named with its nearest by the check of the drills.
        if name in receivers:
            whys = list(_not_to_sink(settings, name, receivers[name]))
            if name not in routed:
                whys.append("no route leads to it; add one, or expect the alert elsewhere")
            problems += [f"{where}: receiver {name}: {why}" for why in whys]
    return problems


def masked(alertmanager: Mapping[str, Any], expected: Sequence[str]) -> list[str]:
    """Those of these receivers of whose webhooks no address can be read."""
    return [
        str(receiver["name"])
        for receiver in alertmanager.get("receivers") or []
        if receiver.get("name") in expected
        and not any(_is_legible(webhook) for webhook in receiver.get("webhook_configs") or [])
    ]


def webhook_url(settings: ExternalSettings, receiver: str) -> str:
    """The address to which a receiver must post."""
    return f"{settings.sink.url}/receivers/{receiver}/webhook"


def _unreadable(settings: ExternalSettings) -> Iterator[str]:
    prometheus = Prometheus(settings.prometheus.url)
    alertmanager = Alertmanager(settings.alertmanager.url)
    for field, read in (
        ("prometheus", prometheus.flags),
        ("alertmanager", alertmanager.configuration),
    ):
        try:
            read()
        except ReadError as error:
            yield (
                f"{error}\n  {settings.path}: {field}: name the address at which its API can be "
                "read from this host, with username and password_file if it asks for them"
            )


def _not_sent_to(settings: ExternalSettings) -> Iterator[str]:
    try:
        active = Prometheus(settings.prometheus.url).active_alertmanagers()
    except ReadError:
        return
    known_as = settings.alertmanager.known_as
    if any(_place(url.rpartition("/api/")[0]) == _place(known_as) for url in active):
        return
    sent = ", ".join(url.rpartition("/api/")[0] for url in active)
    where = f"Prometheus at {settings.prometheus.address}"
    if not sent:
        yield f"{where} has no active Alertmanager; add {known_as} to its alerting section"
        return
    yield (
        f"{where} sends alerts to {sent}, and not to {known_as}; if that is another name of the "
        f"same, say so in {settings.path}: alertmanager: known_as: ADDRESS"
    )


def _place(url: str) -> tuple[str, int, str]:
    """Host, port and path of an address: behind one host there may be several Alertmanagers."""
    parts = urlsplit(url)
    usual = 443 if parts.scheme == "https" else 80
    host = "127.0.0.1" if parts.hostname == "localhost" else parts.hostname
    return host or "", parts.port or usual, parts.path.rstrip("/")


def _routed(route: Mapping[str, Any]) -> Iterator[str]:
    """The receivers that a route and those below it name."""
    if route.get("receiver"):
        yield str(route["receiver"])
    for child in route.get("routes") or []:
        yield from _routed(child)


def _not_to_sink(
    settings: ExternalSettings, name: str, receiver: Mapping[str, Any]
) -> Iterator[str]:
    """Why a receiver does not reach the sink; nothing where it does, or where it may."""
    webhooks = receiver.get("webhook_configs") or []
    wanted = webhook_url(settings, name)
    if not webhooks:
        others = ", ".join(kind for kind in receiver if kind.endswith("_configs")) or "nothing"
        yield f"has {others}, and no webhook; {_wanted(settings, name)}"
        return
    here = [
        webhook
        for webhook in webhooks
        if not _is_legible(webhook) or str(webhook["url"]).rstrip("/") == wanted
    ]
    if not here:
        found = ", ".join(str(webhook["url"]) for webhook in webhooks)
        yield f"posts to {found}; {_wanted(settings, name)}"
    elif not any(_sends_token(webhook) for webhook in here):
        yield (
            "sends no token with its webhook, and the sink refuses what has none; give its "
            f"http_config an authorization with the credentials of {settings.sink.token_file}"
        )


def _is_legible(webhook: Mapping[str, Any]) -> bool:
    return str(webhook.get("url") or MASKED) != MASKED


def _sends_token(webhook: Mapping[str, Any]) -> bool:
    authorization = (webhook.get("http_config") or {}).get("authorization") or {}
    return bool(
        authorization.get("credentials")
        or authorization.get("credentials_file")
        or authorization.get("credentials_ref")
    )


def _wanted(settings: ExternalSettings, name: str) -> str:
    return f"give it a webhook with url {webhook_url(settings, name)}"
