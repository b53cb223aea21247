"""Slack's incoming webhook: POST /receivers/<name>/slack/<secret>.

Takes a message as Slack does, and refuses what Slack refuses, in its one-word answers:
404 no_service (the URL), 400 invalid_payload (no JSON, a field of another type), 400 no_text
(nothing to show), 400 too_many_attachments (more than 100) and 400 msg_too_long (more than
40,000 characters, of which Slack would cut off the rest). What Slack ignores without a word, such
as a colour it does not know, is taken: whoever judges the message finds it there.
"""

from typing import Any

from flask import Blueprint
from flask.typing import ResponseReturnValue

from sink.answers import Answer, slack_answer
from sink.chat import chat_request, store_message
from sink.intake import RefusedError
from sink.journal import SLACK
from sink.store import NotificationStore

MOST_ATTACHMENTS = 100
MOST_CHARACTERS = 40_000

MESSAGE_TEXTS = ("text", "channel", "username", "icon_emoji", "icon_url")
ATTACHMENT_TEXTS = (
    "title",
    "title_link",
    "pretext",
    "text",
    "fallback",
    "callback_id",
    "image_url",
    "thumb_url",
    "footer",
    "color",
)
SHOWN = ("text", "title", "pretext", "fallback", "image_url")


def slack_endpoint(store: NotificationStore, token: str | None) -> Blueprint:
    """The endpoint, asking for ``token`` as the last part of its URL, if for any."""
    blueprint = Blueprint(SLACK, __name__)

    @blueprint.post("/receivers/<receiver>/slack/<path:secret>")
    def take_message(receiver: str, secret: str) -> ResponseReturnValue:
        taken = chat_request(
            receiver,
            secret,
            token,
            not_found=slack_answer("no_service"),
            unreadable=slack_answer("invalid_payload"),
        )
        check_message(taken.document)
        store_message(store, SLACK, taken)
        return slack_answer("ok").response(200)

    return blueprint


def check_message(message: dict[str, Any]) -> None:
    """Raises RefusedError where Slack would refuse the message."""
    _texts(message, MESSAGE_TEXTS, "")
    attachments = _objects(message, "attachments", "")
    blocks = _objects(message, "blocks", "")
    if len(attachments) > MOST_ATTACHMENTS:
        raise RefusedError(
            400,
            f"{len(attachments)} attachments, at most {MOST_ATTACHMENTS}",
            slack_answer("too_many_attachments"),
        )
    characters = len(message.get("text") or "")
    for index, attachment in enumerate(attachments):
        where = f"attachments[{index}]."
        _texts(attachment, ATTACHMENT_TEXTS, where)
        for number, field in enumerate(_objects(attachment, "fields", where)):
            _texts(field, ("title", "value"), f"{where}fields[{number}].")
            characters += sum(len(field.get(name) or "") for name in ("title", "value"))
        _objects(attachment, "actions", where)
        _objects(attachment, "blocks", where)
        characters += sum(len(attachment.get(name) or "") for name in ("title", "pretext", "text"))
    if not (message.get("text") or blocks or any(_shows(one) for one in attachments)):
        raise RefusedError(
            400, "neither text nor an attachment that shows any", slack_answer("no_text")
        )
    if characters > MOST_CHARACTERS:
        raise RefusedError(
            400,
            f"{characters} characters, at most {MOST_CHARACTERS}",
            slack_answer("msg_too_long"),
        )


def _shows(attachment: dict[str, Any]) -> bool:
    return any(attachment.get(name) for name in (*SHOWN, "fields", "blocks"))


def _texts(holder: dict[str, Any], names: tuple[str, ...], where: str) -> None:
    for name in names:
        if not isinstance(holder.get(name), str | None):
            raise RefusedError(400, f"`{where}{name}` is not a text", _invalid())


def _objects(holder: dict[str, Any], name: str, where: str) -> list[dict[str, Any]]:
    value = holder.get(name)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise RefusedError(400, f"`{where}{name}` is not a list of objects", _invalid())
    return value


def _invalid() -> Answer:
    return slack_answer("invalid_payload")
