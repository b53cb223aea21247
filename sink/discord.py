"""Discord's webhook: POST /receivers/<name>/discord/<secret>.

Takes a message as Discord does (204), and refuses what Discord refuses, in its JSON answers:
404 with code 10015 (the URL), 400 with 50109 (no JSON), 50006 (nothing to show) and 50035 (a field
of another type, missing, or too long, each named as Discord names it).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask import Blueprint
from flask.typing import ResponseReturnValue

from sink.answers import discord_answer
from sink.chat import chat_request, store_message
from sink.intake import RefusedError
from sink.journal import DISCORD
from sink.store import NotificationStore

MOST_CONTENT = 2000
MOST_USERNAME = 80
MOST_EMBEDS = 10
MOST_FIELDS = 25
MOST_IN_ALL = 6000
LARGEST_COLOUR = 0xFFFFFF
EMBED_TEXTS = {"title": 256, "description": 4096, "url": 2048}
FIELD_TEXTS = {"name": 256, "value": 1024}
PARTS = {"footer": ("text", 2048), "author": ("name", 256)}
COUNTED = ("title", "description")

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Fault:
    """What is wrong with one field, in Discord's words."""

    path: Path
    code: str
    message: str


def discord_endpoint(store: NotificationStore, token: str | None) -> Blueprint:
    """The endpoint, asking for ``token`` as the last part of its URL, if for any."""
    blueprint = Blueprint(DISCORD, __name__)

    @blueprint.post("/receivers/<receiver>/discord/<path:secret>")
    def take_message(receiver: str, secret: str) -> ResponseReturnValue:
        taken = chat_request(
            receiver,
            secret,
            token,
            not_found=discord_answer("Unknown Webhook", 10015),
            unreadable=discord_answer("The request body contains invalid JSON.", 50109),
        )
        check_message(taken.document)
        store_message(store, DISCORD, taken)
        return "", 204

    return blueprint


def check_message(message: dict[str, Any]) -> None:
    """Raises RefusedError where Discord would refuse the message."""
    faults = list(_message_faults(message))
    if faults:
        raise RefusedError(
            400,
            "; ".join(f"`{_dotted(fault.path)}`: {fault.message}" for fault in faults),
            discord_answer("Invalid Form Body", 50035, _tree(faults)),
        )
    embeds = message.get("embeds") or []
    if not message.get("content") and not any(_shows(embed) for embed in embeds):
        raise RefusedError(
            400,
            "neither content nor an embed that shows any",
            discord_answer("Cannot send an empty message", 50006),
        )


def _message_faults(message: dict[str, Any]) -> Iterator[Fault]:
    yield from _text(message, "content", MOST_CONTENT, ())
    yield from _text(message, "username", MOST_USERNAME, (), least=1)
    embeds = message.get("embeds")
    if embeds is None:
        return
    if not isinstance(embeds, list):
        yield Fault(("embeds",), "BASE_TYPE_BAD_TYPE", "Only iterables may be used here.")
        return
    if len(embeds) > MOST_EMBEDS:
        yield _too_many(("embeds",), MOST_EMBEDS)
    for index, embed in enumerate(embeds):
        yield from _embed_faults(embed, ("embeds", index))
    characters = sum(_characters(embed) for embed in embeds if isinstance(embed, dict))
    if characters > MOST_IN_ALL:
        yield Fault(
            ("embeds",),
            "MAX_EMBED_SIZE_EXCEEDED",
            f"Embed size exceeds maximum size of {MOST_IN_ALL}",
        )


def _embed_faults(embed: object, path: Path) -> Iterator[Fault]:
    if not isinstance(embed, dict):
        yield _not_an_object(path)
        return
    for name, most in EMBED_TEXTS.items():
        yield from _text(embed, name, most, path)
    url = embed.get("url")
    if isinstance(url, str) and url and not url.startswith(("http://", "https://")):
        yield Fault((*path, "url"), "URL_TYPE_INVALID_URL", "Not a well formed URL.")
    colour = embed.get("color")
    if colour is not None and (type(colour) is not int or not 0 <= colour <= LARGEST_COLOUR):
        yield Fault(
            (*path, "color"),
            "NUMBER_TYPE_MAX",
            f"int value should be between 0 and {LARGEST_COLOUR}.",
        )
    for part, (name, most) in PARTS.items():
        if isinstance(embed.get(part), dict):
            yield from _text(embed[part], name, most, (*path, part))
        elif embed.get(part) is not None:
            yield _not_an_object((*path, part))
    fields = embed.get("fields")
    if fields is None:
        return
    if not isinstance(fields, list):
        yield Fault((*path, "fields"), "BASE_TYPE_BAD_TYPE", "Only iterables may be used here.")
        return
    if len(fields) > MOST_FIELDS:
        yield _too_many((*path, "fields"), MOST_FIELDS)
    for index, field in enumerate(fields):
        yield from _field_faults(field, (*path, "fields", index))


def _field_faults(field: object, path: Path) -> Iterator[Fault]:
    if not isinstance(field, dict):
        yield _not_an_object(path)
        return
    for name, most in FIELD_TEXTS.items():
        if not field.get(name):
            yield Fault((*path, name), "BASE_TYPE_REQUIRED", "This field is required")
        yield from _text(field, name, most, path)


def _text(
    holder: dict[str, Any], name: str, most: int, path: Path, *, least: int = 0
) -> Iterator[Fault]:
    value = holder.get(name)
    if value is None:
        return
    if not isinstance(value, str):
        yield Fault((*path, name), "STRING_TYPE_CONVERT", "Could not interpret value as string.")
    elif len(value) > most:
        yield Fault((*path, name), "BASE_TYPE_MAX_LENGTH", f"Must be {most} or fewer in length.")
    elif len(value) < least:
        yield Fault(
            (*path, name),
            "BASE_TYPE_BAD_LENGTH",
            f"Must be between {least} and {most} in length.",
        )


def _too_many(path: Path, most: int) -> Fault:
    return Fault(path, "BASE_TYPE_MAX_LENGTH", f"Must be {most} or fewer in length.")


def _not_an_object(path: Path) -> Fault:
    return Fault(path, "MODEL_TYPE_CONVERT", "Only dictionaries may be used in a model type.")


def _characters(embed: dict[str, Any]) -> int:
    """What counts to the limit over all embeds: title, description, fields, footer, author."""
    texts = [embed.get(name) for name in COUNTED]
    for part, (name, _) in PARTS.items():
        held = embed.get(part)
        texts.append(held.get(name) if isinstance(held, dict) else None)
    fields = embed.get("fields")
    for field in fields if isinstance(fields, list) else []:
        texts += [field.get(name) for name in FIELD_TEXTS] if isinstance(field, dict) else []
    return sum(len(text) for text in texts if isinstance(text, str))


def _shows(embed: dict[str, Any]) -> bool:
    return any(embed.get(name) for name in (*COUNTED, "fields", "footer", "author", "image"))


def _tree(faults: list[Fault]) -> dict[str, object]:
    """The faults under the names of their fields, as Discord nests them."""
    root: dict[str, Any] = {}
    for fault in faults:
        level = root
        for key in fault.path:
            level = level.setdefault(str(key), {})
        level.setdefault("_errors", []).append({"code": fault.code, "message": fault.message})
    return root


def _dotted(path: Path) -> str:
    return ".".join(str(key) for key in path)
