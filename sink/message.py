"""A rendered message as a person in the chat sees it: title, link, colour, text."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

ChatService = Literal["slack", "discord"]

_LINK = re.compile(r"https?://[^\s<>|()\"']+")


@dataclass(frozen=True)
class ChatMessage:
    """One message that Slack or Discord was sent; of several attachments or embeds the first leads.

    ``link`` is what the title leads to; of a message whose title leads nowhere, the first link in
    its text. ``colour`` is as Slack is sent it (``good``, ``danger``, ``#439fe0``), and
    ``#rrggbb`` of Discord's number. Times are as a Notification has them; ``raw`` is the body.
    """

    seq: int
    receiver: str
    received_at: float
    received_monotonic: float
    service: ChatService
    title: str
    link: str
    colour: str
    text: str
    raw: Mapping[str, Any]


def slack_message(stored: Mapping[str, Any]) -> ChatMessage:
    """The typed form of one element of the sink's answer to GET /messages/slack."""
    body = stored["body"]
    attachments = body.get("attachments") or [{}]
    texts = [body.get("text"), *(one.get("text") for one in attachments)]
    first = attachments[0]
    return _message(
        stored,
        "slack",
        title=first.get("title"),
        link=first.get("title_link"),
        colour=first.get("color") or "",
        texts=texts,
    )


def discord_message(stored: Mapping[str, Any]) -> ChatMessage:
    """The typed form of one element of the sink's answer to GET /messages/discord."""
    body = stored["body"]
    embeds = body.get("embeds") or [{}]
    colour = embeds[0].get("color")
    return _message(
        stored,
        "discord",
        title=embeds[0].get("title"),
        link=embeds[0].get("url"),
        colour="" if colour is None else f"#{colour:06x}",
        texts=[body.get("content"), *(one.get("description") for one in embeds)],
    )


def _message(
    stored: Mapping[str, Any],
    service: ChatService,
    *,
    title: str | None,
    link: str | None,
    colour: str,
    texts: list[str | None],
) -> ChatMessage:
    text = "\n".join(one for one in texts if one)
    in_text = _LINK.search(text)
    return ChatMessage(
        seq=stored["seq"],
        receiver=stored["receiver"],
        received_at=stored["received_at"],
        received_monotonic=stored["received_monotonic"],
        service=service,
        title=title or "",
        link=link or (in_text[0] if in_text else ""),
        colour=colour,
        text=text,
        raw=stored["body"],
    )
