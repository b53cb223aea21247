"""Discord's endpoint takes what Discord takes, and refuses what Discord refuses, in its JSON."""

import json
from typing import Any

import pytest

from tests.sink.conftest import TOKEN

EMBED: dict[str, Any] = {
    "title": "[FIRING:1] QueueWaitingHigh waiting-room",
    "description": "1600 people wait [runbook](https://runbooks.example.com/QueueWaitingHigh)",
    "color": 0x992D22,
}
MESSAGE: dict[str, Any] = {"content": "", "embeds": [EMBED]}


def embed(**fields: Any) -> dict[str, Any]:
    return {"content": "", "embeds": [{**EMBED, **fields}]}


def fields(count: int) -> list[dict[str, Any]]:
    return [{"name": "n", "value": "v"}] * count


def send(sink: Any, body: Any, *, token: str = TOKEN) -> Any:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return sink.request(
        "POST",
        f"/receivers/chat/discord/{token}",
        data=data,
        headers={"Content-Type": "application/json", "Authorization": None},
    )


def test_a_message_is_answered_204_and_found_with_its_parts(sink: Any) -> None:
    """An embed of Alertmanager's has no link of its own: the first in the text counts."""
    response = send(sink, MESSAGE)
    assert (response.status_code, response.content) == (204, b"")
    [message] = sink.client().messages()
    assert (message.receiver, message.service) == ("chat", "discord")
    assert message.title == EMBED["title"]
    assert message.link == "https://runbooks.example.com/QueueWaitingHigh"
    assert message.colour == "#992d22"
    assert message.text == EMBED["description"]
    assert message.raw == MESSAGE


def test_messages_of_both_services_come_in_the_order_of_arrival(sink: Any) -> None:
    send(sink, MESSAGE)
    sink.request("POST", f"/receivers/other/slack/{TOKEN}", json={"text": "one"})
    send(sink, embed(title="last"))
    found = sink.client().messages()
    assert [message.service for message in found] == ["discord", "slack", "discord"]
    assert [message.seq for message in found] == [1, 2, 3]


@pytest.mark.parametrize(
    "taken",
    [
        {"content": "only a text"},
        {"content": "x" * 2000},
        embed(title="x" * 256),
        embed(description="x" * 4096),
        embed(color=None, url="https://example.com"),
        embed(fields=fields(25)),
        embed(footer={"text": "x" * 1000}, author={"name": "x" * 256}),
        {"embeds": [{"title": "t"}] * 10},
        {"content": "c", "username": "x" * 80},
        {"embeds": [{"title": "t" * 256, "description": "x" * 4096}, {"description": "y" * 1648}]},
    ],
    ids=[
        "content",
        "longest content",
        "longest title",
        "longest description",
        "url",
        "fields",
        "parts",
        "embeds",
        "username",
        "6000 in all",
    ],
)
def test_what_discord_takes_is_taken(sink: Any, taken: dict[str, Any]) -> None:
    assert send(sink, taken).status_code == 204


@pytest.mark.parametrize(
    ("refused", "path", "code"),
    [
        ({"content": "x" * 2001}, ["content"], "BASE_TYPE_MAX_LENGTH"),
        ({"content": 5}, ["content"], "STRING_TYPE_CONVERT"),
        ({"content": "c", "username": ""}, ["username"], "BASE_TYPE_BAD_LENGTH"),
        ({"content": "c", "username": "x" * 81}, ["username"], "BASE_TYPE_MAX_LENGTH"),
        ({"embeds": {}}, ["embeds"], "BASE_TYPE_BAD_TYPE"),
        ({"embeds": ["text"]}, ["embeds", "0"], "MODEL_TYPE_CONVERT"),
        ({"embeds": [EMBED] * 11}, ["embeds"], "BASE_TYPE_MAX_LENGTH"),
        (embed(title="x" * 257), ["embeds", "0", "title"], "BASE_TYPE_MAX_LENGTH"),
        (embed(title=7), ["embeds", "0", "title"], "STRING_TYPE_CONVERT"),
        (embed(description="x" * 4097), ["embeds", "0", "description"], "BASE_TYPE_MAX_LENGTH"),
        (embed(url="runbooks"), ["embeds", "0", "url"], "URL_TYPE_INVALID_URL"),
        (embed(color=0x1000000), ["embeds", "0", "color"], "NUMBER_TYPE_MAX"),
        (embed(color="red"), ["embeds", "0", "color"], "NUMBER_TYPE_MAX"),
        (embed(color=True), ["embeds", "0", "color"], "NUMBER_TYPE_MAX"),
        (embed(footer="x"), ["embeds", "0", "footer"], "MODEL_TYPE_CONVERT"),
        (
            embed(footer={"text": "x" * 2049}),
            ["embeds", "0", "footer", "text"],
            "BASE_TYPE_MAX_LENGTH",
        ),
        (
            embed(author={"name": "x" * 257}),
            ["embeds", "0", "author", "name"],
            "BASE_TYPE_MAX_LENGTH",
        ),
        (embed(fields=fields(26)), ["embeds", "0", "fields"], "BASE_TYPE_MAX_LENGTH"),
        (embed(fields={}), ["embeds", "0", "fields"], "BASE_TYPE_BAD_TYPE"),
        (embed(fields=["x"]), ["embeds", "0", "fields", "0"], "MODEL_TYPE_CONVERT"),
        (
            embed(fields=[{"name": "n"}]),
            ["embeds", "0", "fields", "0", "value"],
            "BASE_TYPE_REQUIRED",
        ),
        (
            embed(fields=[{"name": "x" * 257, "value": "v"}]),
            ["embeds", "0", "fields", "0", "name"],
            "BASE_TYPE_MAX_LENGTH",
        ),
        (
            embed(fields=[{"name": "n", "value": "x" * 1025}]),
            ["embeds", "0", "fields", "0", "value"],
            "BASE_TYPE_MAX_LENGTH",
        ),
        (
            {"embeds": [{"description": "x" * 4096}, {"description": "y" * 1905}]},
            ["embeds"],
            "MAX_EMBED_SIZE_EXCEEDED",
        ),
    ],
)
def test_a_field_that_discord_refuses_is_named_as_discord_names_it(
    sink: Any, refused: dict[str, Any], path: list[str], code: str
) -> None:
    response = send(sink, refused)
    assert response.status_code == 400
    answer = response.json()
    assert (answer["message"], answer["code"]) == ("Invalid Form Body", 50035)
    level = answer["errors"]
    for key in path:
        level = level[key]
    assert level["_errors"][0]["code"] == code
    assert sink.client().messages() == []
    [refusal] = sink.refusals()
    assert ".".join(path) in refusal["why"]


@pytest.mark.parametrize(
    "empty",
    [{}, {"content": ""}, {"embeds": []}, embed(title="", description=""), {"embeds": [{}]}],
)
def test_an_empty_message_is_refused_as_such(sink: Any, empty: dict[str, Any]) -> None:
    response = send(sink, empty)
    assert response.status_code == 400
    assert response.json() == {"message": "Cannot send an empty message", "code": 50006}


@pytest.mark.parametrize("body", [b"", b"text", b"[]", b'{"content": NaN}'])
def test_what_is_no_json_object_is_refused_as_such(sink: Any, body: bytes) -> None:
    response = send(sink, body)
    assert response.status_code == 400
    assert response.json()["code"] == 50109


def test_a_wrong_url_is_an_unknown_webhook_and_no_log_keeps_it(sink: Any) -> None:
    response = send(sink, MESSAGE, token="wrong")
    assert response.status_code == 404
    assert response.json() == {"message": "Unknown Webhook", "code": 10015}
    assert sink.refusals()[-1]["path"] == "/receivers/chat/discord/..."
