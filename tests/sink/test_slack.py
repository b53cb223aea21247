"""Slack's endpoint takes what Slack takes, and refuses what Slack refuses, in Slack's words."""

import json
from typing import Any

import pytest

from tests.sink.conftest import TOKEN

MESSAGE: dict[str, Any] = {
    "username": "Alertmanager",
    "attachments": [
        {
            "title": "[FIRING:1] RedisDown redis",
            "title_link": "https://runbooks.example.com/RedisDown",
            "text": "*RedisDown* firing",
            "fallback": "[FIRING:1] RedisDown redis",
            "callback_id": "",
            "footer": "",
            "color": "danger",
            "mrkdwn_in": ["fallback", "pretext", "text"],
        }
    ],
}


def attachment(**fields: Any) -> dict[str, Any]:
    return {"attachments": [{**MESSAGE["attachments"][0], **fields}]}


def send(sink: Any, body: Any, *, token: str = TOKEN, **options: Any) -> Any:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"Content-Type": "application/json", "Authorization": None}
    return sink.request(
        "POST",
        f"/receivers/chat/slack/{token}",
        data=data,
        headers={**headers, **options.pop("headers", {})},
        **options,
    )


def test_a_message_is_answered_ok_and_found_with_its_parts(sink: Any) -> None:
    """The secret stands in the URL alone: nobody sends a header."""
    response = send(sink, MESSAGE)
    assert (response.status_code, response.text) == (200, "ok")
    [message] = sink.client().messages()
    assert (message.receiver, message.service) == ("chat", "slack")
    assert message.title == "[FIRING:1] RedisDown redis"
    assert message.link == "https://runbooks.example.com/RedisDown"
    assert message.colour == "danger"
    assert message.text == "*RedisDown* firing"
    assert message.raw == MESSAGE


def test_a_message_is_no_notification(sink: Any) -> None:
    """Who waits for notifications does not see it, nor do the counts."""
    send(sink, MESSAGE)
    assert sink.client().notifications() == []
    assert sink.get("/receivers").json() == {"receivers": {}}


@pytest.mark.parametrize(
    "taken",
    [
        {"text": "only a text"},
        {"blocks": [{"type": "divider"}]},
        attachment(color="#36a64f", text=None),
        attachment(color="no colour that Slack knows"),
        {"text": "x" * 40_000},
        {"attachments": MESSAGE["attachments"] * 100},
    ],
    ids=["text", "blocks", "nulls", "odd colour", "longest", "most attachments"],
)
def test_what_slack_takes_is_taken(sink: Any, taken: dict[str, Any]) -> None:
    response = send(sink, taken)
    assert (response.status_code, response.text) == (200, "ok")


@pytest.mark.parametrize(
    ("refused", "word", "why"),
    [
        (b"", "invalid_payload", "not JSON"),
        (b"[]", "invalid_payload", "not a JSON object"),
        ({"text": 5}, "invalid_payload", "`text` is not a text"),
        ({"attachments": {}}, "invalid_payload", "`attachments` is not a list of objects"),
        ({"attachments": ["text"]}, "invalid_payload", "`attachments` is not a list of objects"),
        (attachment(title=["a"]), "invalid_payload", "`attachments[0].title` is not a text"),
        (attachment(color=255), "invalid_payload", "`attachments[0].color` is not a text"),
        (attachment(fields="x"), "invalid_payload", "`attachments[0].fields` is not a list"),
        (
            attachment(fields=[{"title": 1}]),
            "invalid_payload",
            "`attachments[0].fields[0].title` is not a text",
        ),
        ({}, "no_text", "neither text nor an attachment"),
        ({"text": ""}, "no_text", "neither text nor an attachment"),
        ({"attachments": []}, "no_text", "neither text nor an attachment"),
        ({"attachments": [{"color": "good"}]}, "no_text", "neither text nor an attachment"),
        ({"attachments": MESSAGE["attachments"] * 101}, "too_many_attachments", "101 attachments"),
        ({"text": "x" * 40_001}, "msg_too_long", "40001 characters"),
        (attachment(title="x" * 100, text="y" * 40_000), "msg_too_long", "40100 characters"),
    ],
)
def test_what_slack_refuses_is_refused_in_its_word_and_remembered(
    sink: Any, refused: Any, word: str, why: str
) -> None:
    response = send(sink, refused)
    assert (response.status_code, response.text) == (400, word)
    assert sink.client().messages() == []
    [refusal] = sink.refusals()
    assert (refusal["status"], refusal["receiver"]) == (400, "chat")
    assert why in refusal["why"]


def test_another_content_type_is_an_invalid_payload(sink: Any) -> None:
    response = send(sink, MESSAGE, headers={"Content-Type": "text/plain"})
    assert (response.status_code, response.text) == (400, "invalid_payload")


@pytest.mark.parametrize("token", ["wrong", TOKEN + "x", f"{TOKEN}/more"])
def test_a_wrong_url_is_no_service_and_no_log_keeps_it(sink: Any, token: str) -> None:
    response = send(sink, MESSAGE, token=token)
    assert (response.status_code, response.text) == (404, "no_service")
    [refusal] = sink.refusals()
    assert refusal["path"] == "/receivers/chat/slack/..."
    assert not any(f"/{token}" in line for line in sink.written)


def test_a_bad_receiver_name_is_refused(sink: Any) -> None:
    response = sink.request("POST", f"/receivers/-a/slack/{TOKEN}", json=MESSAGE)
    assert response.status_code == 400
