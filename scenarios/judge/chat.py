"""Judges what chats were sent: that a message came beside each notification, and what it says.

A message does not name its alerts, so a receiver with a chat has a webhook beside it, from the same
flush: the notification of the webhook has the structure, and the message that came with it is the
one that a person reads.
"""

from collections.abc import Iterator
from typing import Literal

from scenarios.judge.annotations import unexpanded
from scenarios.judge.evidence import Evidence, Life, into_drill
from scenarios.judge.expectation import Fires, Message
from scenarios.judge.finding import Finding
from scenarios.judge.held_up import SHORTEST_FLUSH_SECONDS
from scenarios.judge.lookup import label_text
from scenarios.judge.starvation import real_resolves
from scenarios.judge.timeline import Arrival, ChatMessage, Configuration, FaultRecord

# The integrations of a receiver are sent to at the same time, each on a connection of its own.
BESIDE_SECONDS = 1.0
ToldOf = Literal["firing", "resolved"]
SERVICES = {"slack_configs": "slack", "discord_configs": "discord"}
# Whether an integration tells of resolved alerts where its configuration does not say.
SENDS_RESOLVED = {"slack": False, "discord": True}


def chat_findings(evidence: Evidence) -> Iterator[Finding]:
    """What is wrong with any message, and every notification that no message came beside."""
    for message in evidence.timeline.messages:
        for problem in _unfit(message):
            yield _finding(evidence, message, problem)
    for arrival in evidence.timeline.arrivals:
        told_of: ToldOf = "firing" if arrival.status == "firing" else "resolved"
        for service in services_of(evidence.configuration, arrival.receiver, told_of):
            if not beside(evidence, arrival, service):
                yield Finding(
                    "missed",
                    f"no {service} message came to {arrival.receiver} beside the notification at "
                    f"{into_drill(evidence, arrival.at)} for group "
                    f"{label_text(arrival.group_labels)}",
                    "",
                    arrival.at,
                    arrival.at + BESIDE_SECONDS,
                )


def message_problems(
    evidence: Evidence, expectation: Fires, life: Life
) -> Iterator[tuple[Arrival, str]]:
    """How the messages beside the first notification and the resolve are not as they must be."""
    told = (
        (expectation.message, life.firing),
        (expectation.resolved_message, real_resolves(evidence, life)),
    )
    for expected, sightings in told:
        if expected is not None and sightings:
            arrival = sightings[0].arrival
            for problem in _problems_beside(evidence, arrival, expected):
                yield arrival, problem


def _problems_beside(evidence: Evidence, arrival: Arrival, expected: Message) -> list[str]:
    """Of several messages those of the nearest; none where one is as expected."""
    found = beside(evidence, arrival, expected.service)
    if not found:
        return [f"no {expected.service} message came beside it"]
    return min((list(_differences(message, expected)) for message in found), key=len)


def beside(evidence: Evidence, arrival: Arrival, service: str) -> list[ChatMessage]:
    """The messages of a service that came with a notification."""
    reach = BESIDE_SECONDS
    if any(_held(fault, arrival) for fault in evidence.timeline.faults):
        # Each integration that failed is tried again in its own time.
        reach += SHORTEST_FLUSH_SECONDS
    return [
        message
        for message in evidence.timeline.messages
        if message.receiver == arrival.receiver
        and message.service == service
        and abs(message.at - arrival.at) <= reach
    ]


def services_of(configuration: Configuration, receiver: str, told_of: ToldOf) -> list[str]:
    """The chats of a receiver that are told of what fires, or of what is resolved."""
    return [
        service
        for known in configuration.alertmanager.get("receivers") or []
        if known["name"] == receiver
        for kind, service in SERVICES.items()
        for config in known.get(kind) or []
        if told_of == "firing" or config.get("send_resolved", SENDS_RESOLVED[service])
    ]


def chat_problems(
    configuration: Configuration, expectation: Fires
) -> Iterator[tuple[Literal["error", "warning"], str, str]]:
    """Why a message that a drill expects could never come, known before anything runs."""
    asked: tuple[tuple[ToldOf, Message | None], ...] = (
        ("firing", expectation.message),
        ("resolved", expectation.resolved_message),
    )
    for told_of, message in asked:
        if message is None:
            continue
        told = services_of(configuration, expectation.at, told_of)
        if message.service not in told:
            yield (
                "error",
                f"receiver {expectation.at} tells no {message.service} of {told_of} alerts, and "
                f"{expectation.alert} is expected to be read there",
                f"it tells {' and '.join(told) or 'no chat'} of them",
            )


def _held(fault: FaultRecord, arrival: Arrival) -> bool:
    return (
        arrival.receiver in fault.holds_up_receivers
        and fault.injecting <= arrival.at
        and (fault.healed is None or arrival.at <= fault.healed + 2 * SHORTEST_FLUSH_SECONDS)
    )


def _unfit(message: ChatMessage) -> Iterator[str]:
    """What is wrong with a message whatever it is about."""
    parts = {"title": message.title, "link": message.link, "text": message.text}
    for part, text in {**parts, "colour": message.colour}.items():
        if not text:
            yield f"has no {part}"
        template = unexpanded(text)
        if template is not None:
            yield f"has {part} with {template!r}, a template not expanded: {text!r}"
    if message.link and not message.link.startswith(("http://", "https://")):
        yield f"has link {message.link!r}, which leads nowhere"


def _differences(message: ChatMessage, expected: Message) -> Iterator[str]:
    if expected.title not in message.title:
        yield f"has title {message.title!r}, expected one with {expected.title!r}"
    if expected.link != message.link:
        yield f"has link {message.link!r}, expected {expected.link!r}"
    if expected.colour != message.colour:
        yield f"has colour {message.colour!r}, expected {expected.colour!r}"
    for text in expected.text:
        if text not in message.text:
            yield f"has text without {text!r}: {message.text!r}"


def _finding(evidence: Evidence, message: ChatMessage, problem: str) -> Finding:
    return Finding(
        "wrong message",
        f"the {message.service} message to {message.receiver} at "
        f"{into_drill(evidence, message.at)} {problem}",
        "",
        message.at,
        message.at,
    )
