"""Answers in the words of the service that an endpoint stands for."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from flask import Response

from sink.journal import DISCORD, SLACK

RETRY_AFTER_SECONDS = 1


@dataclass(frozen=True)
class Answer:
    """The body of a refusal as the service words it."""

    body: str
    mimetype: str
    headers: Mapping[str, str] = field(default_factory=dict)

    def response(self, status: int) -> Response:
        response = Response(self.body, status=status, mimetype=self.mimetype)
        response.headers.update(self.headers)
        return response


def slack_answer(word: str, headers: Mapping[str, str] | None = None) -> Answer:
    """Slack's incoming webhooks answer with one word."""
    return Answer(word, "text/html", headers or {})


def discord_answer(
    message: str,
    code: int,
    errors: Mapping[str, object] | None = None,
) -> Answer:
    """Discord's API answers with a message, a code of its own, and what is wrong where."""
    body: dict[str, object] = {"message": message, "code": code}
    if errors is not None:
        body["errors"] = errors
    return Answer(json.dumps(body), "application/json")


def failure_answer(kind: str, status: int) -> Answer | None:
    """How the service behind an endpoint words a 429 or 500; None where it has no own words."""
    retry_after = {"Retry-After": str(RETRY_AFTER_SECONDS)}
    if kind == SLACK:
        return (
            slack_answer("rate_limited", retry_after)
            if status == 429
            else slack_answer("rollup_error")
        )
    if kind == DISCORD:
        if status != 429:
            return discord_answer("500: Internal Server Error", 0)
        limited = {
            "message": "You are being rate limited.",
            "retry_after": float(RETRY_AFTER_SECONDS),
            "global": False,
        }
        return Answer(json.dumps(limited), "application/json", retry_after)
    return Answer("", "text/plain", retry_after) if status == 429 else None
