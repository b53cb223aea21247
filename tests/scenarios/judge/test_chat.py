"""The message in the chat beside a notification: it must be there, and say what it must."""

from dataclasses import replace
from typing import Any

import pytest

from scenarios.judge.chat import chat_problems
from scenarios.judge.expectation import Message
from scenarios.judge.timeline import ChatMessage, Configuration, Timeline
from tests.scenarios.judge.score import (
    ALERTMANAGER,
    CONFIGURATION,
    START,
    fires,
    kept,
    kinds,
    texts,
)

RUNBOOK = "https://runbooks.example.com/QueueLong"
FIRING = Message("slack", "[FIRING:1]", RUNBOOK, "danger", ("*QueueLong* firing",))
RESOLVED = Message("slack", "[RESOLVED]", RUNBOOK, "good")


def with_chat(**integration: Any) -> Configuration:
    """The pager is told by Slack too."""
    receivers = [
        {**one, "slack_configs": [integration]} if one["name"] == "pager" else one
        for one in ALERTMANAGER["receivers"]
    ]
    return replace(CONFIGURATION, alertmanager={**ALERTMANAGER, "receivers": receivers})


def message(at: float = 12.02, **changes: Any) -> ChatMessage:
    told = ChatMessage(
        sequence=100,
        at=START + at,
        receiver="pager",
        service="slack",
        title="[FIRING:1] tickets",
        link=RUNBOOK,
        colour="danger",
        text="*QueueLong* firing: it is long",
    )
    return replace(told, **changes)


def resolved(at: float = 22.02, **changes: Any) -> ChatMessage:
    return message(at, title="[RESOLVED] tickets", colour="good", **changes)


def told(*messages: ChatMessage, send_resolved: bool = True, **expected: Any) -> Timeline:
    """QueueLong fires and resolves in time, and these messages come."""
    score = kept(**expected)
    score.configuration = with_chat(send_resolved=send_resolved)
    return replace(score.timeline(), messages=messages)


def test_messages_as_expected_pass() -> None:
    timeline = told(message(), resolved(), message=FIRING, resolved_message=RESOLVED)
    assert kinds(timeline) == []


def test_messages_that_nobody_expects_are_there_all_the_same() -> None:
    assert kinds(told(message(), resolved())) == []


@pytest.mark.parametrize(
    ("messages", "at"),
    [((resolved(),), "12.01 s"), ((message(),), "22.01 s"), ((), "12.01 s")],
    ids=["firing", "resolved", "both"],
)
def test_a_notification_without_its_message_fails(
    messages: tuple[ChatMessage, ...], at: str
) -> None:
    """Whether or not the drill asks for it: the chat is configured."""
    timeline = told(*messages)
    assert kinds(timeline) == ["missed"]
    assert f"no slack message came to pager beside the notification at {at}" in texts(timeline)


def test_a_chat_that_is_not_told_of_resolves_lacks_none() -> None:
    assert kinds(told(message(), send_resolved=False)) == []


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"title": "[FIRING:2] tickets"}, "has title '[FIRING:2] tickets', expected one with"),
        ({"link": "https://elsewhere.example.com"}, "has link 'https://elsewhere.example.com'"),
        ({"colour": "good"}, "has colour 'good', expected 'danger'"),
        ({"text": "*Other* firing"}, "has text without '*QueueLong* firing'"),
        ({"at": START + 14.0}, "no slack message came beside it"),
        ({"service": "discord"}, "no slack message came beside it"),
        ({"receiver": "chat"}, "no slack message came beside it"),
    ],
)
def test_each_part_that_differs_is_named(changes: dict[str, Any], text: str) -> None:
    timeline = told(replace(message(), **changes), resolved(), message=FIRING)
    assert "wrong message" in kinds(timeline)
    assert text in texts(timeline)


def test_a_wrong_message_of_the_resolve_is_named() -> None:
    wrong = replace(resolved(), colour="danger")
    timeline = told(message(), wrong, resolved_message=RESOLVED)
    assert kinds(timeline) == ["wrong message"]
    assert "has colour 'danger', expected 'good'" in texts(timeline)


def test_of_several_messages_one_as_expected_is_enough() -> None:
    """Two groups of one receiver may be told at the same moment."""
    other = message(12.0, title="[FIRING:1] another group")
    assert kinds(told(other, message(), resolved(), message=FIRING)) == []


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"text": "{{ .Labels.alertname }}"}, "has text with '{{', a template not expanded"),
        ({"title": "<no value>"}, "has title with '<no value>'"),
        ({"title": ""}, "has no title"),
        ({"link": ""}, "has no link"),
        ({"link": "/runbooks/QueueLong"}, "which leads nowhere"),
        ({"colour": ""}, "has no colour"),
        ({"text": ""}, "has no text"),
    ],
)
def test_a_message_that_no_person_can_use_fails_unasked(changes: dict[str, Any], text: str) -> None:
    timeline = told(replace(message(), **changes), resolved())
    assert kinds(timeline) == ["wrong message"]
    assert text in texts(timeline)


def test_where_the_receiver_failed_its_integrations_are_tried_again_each_in_its_time() -> None:
    """Webhook and chat back off apart, so the message may come seconds after the notification."""
    score = kept()
    score.configuration = with_chat(send_resolved=False)
    late = message(16.0)
    assert kinds(replace(score.timeline(), messages=(late,))) == ["missed"]
    score.fault(
        "pager fails",
        at=11.0,
        confirmed=11.1,
        healing=11.9,
        healed=12.0,
        holds_up_receivers=("pager",),
    )
    score.expects = [replace(score.expects[0], fault="surge")]  # type: ignore[type-var]
    assert kinds(replace(score.timeline(), messages=(late,))) == []


@pytest.mark.parametrize(
    ("configuration", "expected", "what"),
    [
        (CONFIGURATION, {"message": FIRING}, "receiver pager tells no slack of firing alerts"),
        (with_chat(), {"message": FIRING}, None),
        (with_chat(), {"resolved_message": RESOLVED}, "tells no slack of resolved alerts"),
        (with_chat(send_resolved=True), {"resolved_message": RESOLVED}, None),
        (
            with_chat(send_resolved=True),
            {"message": replace(FIRING, service="discord")},
            "tells no discord of firing alerts",
        ),
    ],
)
def test_a_message_that_could_never_come_is_found_before_anything_runs(
    configuration: Configuration, expected: dict[str, Any], what: str | None
) -> None:
    found = [text for _, text, _ in chat_problems(configuration, fires(**expected))]
    assert len(found) == (0 if what is None else 1)
    if what is not None:
        assert what in found[0]
