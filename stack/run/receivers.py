"""Receivers of a stack: production's own, pointed at its sink, their chat URLs in secret files.

The URL of a chat is its secret, so production mounts it as a file. A stack makes those files
itself: whatever production's say, nobody is told for real.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

SINK_TOKEN_FILE = "/run/secrets/sink_token"  # noqa: S105 - where production mounts it
SECRETS = "/run/secrets/"
SINK_URL = "http://sink:9000"
LOOPBACK = ("127.0.0.1", "localhost", "::1")
DOOR = "receiver_"


@dataclass(frozen=True)
class Chat:
    """A chat's integration: the setting that names the file with its URL, and those that must not
    be there, as they would lead elsewhere."""

    service: str
    url_file: str
    elsewhere: tuple[str, ...]


CHATS: Mapping[str, Chat] = {
    "slack_configs": Chat(
        "slack", "api_url_file", ("api_url", "app_url", "app_token", "app_token_file")
    ),
    "discord_configs": Chat("discord", "webhook_url_file", ("webhook_url",)),
}


@dataclass(frozen=True)
class Sink:
    """Where a stack's receivers are. ``door`` gives the base URL through which a receiver is
    reached, so that it can be cut off; ``chat_urls`` is the folder for the files with chats' URLs.
    """

    door: Callable[[str], str]
    token_file: Path
    chat_urls: Path


def door_name(receiver: str) -> str:
    """The name of the proxy and of the port through which a local stack reaches a receiver."""
    return f"{DOOR}{receiver}"


def outsiders(receivers: list[dict[str, Any]]) -> Iterator[tuple[str, str, str]]:
    """Name, kind and remedy of each integration that would notify somebody for real."""
    for receiver in receivers:
        for kind, configs in receiver.items():
            if kind.endswith("_configs"):
                for config in configs or []:
                    if not _stays_here(kind, config):
                        yield str(receiver.get("name")), kind, _remedy(kind)


def use_sink(receiver: dict[str, Any], sink: Sink) -> None:
    """Point every integration of a receiver at the sink."""
    name = str(receiver.get("name"))
    base = sink.door(name)
    for webhook in receiver.get("webhook_configs") or []:
        url = webhook.get("url", "")
        if url.startswith(f"{SINK_URL}/"):
            webhook["url"] = base + url.removeprefix(SINK_URL)
        authorization = webhook.get("http_config", {}).get("authorization", {})
        if authorization.get("credentials_file") == SINK_TOKEN_FILE:
            # The aliases of one YAML anchor are one object: replace, do not change in place.
            webhook["http_config"] = {
                **webhook["http_config"],
                "authorization": {**authorization, "credentials_file": str(sink.token_file)},
            }
    for kind, chat in CHATS.items():
        for config in receiver.get(kind) or []:
            config[chat.url_file] = str(_url_file(name, chat, base, sink))


def _url_file(name: str, chat: Chat, base: str, sink: Sink) -> Path:
    sink.chat_urls.mkdir(mode=0o700, exist_ok=True)
    file = sink.chat_urls / f"{chat.service}-{name}"
    file.touch(mode=0o600)
    token = sink.token_file.read_text().strip()
    file.write_text(f"{base}/receivers/{name}/{chat.service}/{token}\n")
    return file


def _stays_here(kind: str, config: Mapping[str, Any]) -> bool:
    """Whether an integration goes to the sink, or to this host, where a wrong one may well go."""
    if kind == "webhook_configs":
        parts = urlsplit(str(config.get("url")))
        return f"{parts.scheme}://{parts.netloc}" == SINK_URL or parts.hostname in LOOPBACK
    chat = CHATS.get(kind)
    return (
        chat is not None
        and str(config.get(chat.url_file)).startswith(SECRETS)
        and not any(setting in config for setting in chat.elsewhere)
    )


def _remedy(kind: str) -> str:
    chat = CHATS.get(kind)
    if chat is None:
        return f"let it be a webhook to {SINK_URL}/receivers/RECEIVER/webhook"
    return f"name its URL by {chat.url_file}: {SECRETS}NAME alone, for which the stack has its own"
