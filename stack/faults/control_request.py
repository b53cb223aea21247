"""A request by which a fault steers a service of the stack, and why it was not done."""

from collections.abc import Mapping
from typing import Any

import requests

from stack.observe.session import session_for

ANSWER_SECONDS = 2.0


class ControlError(Exception):
    """A service did not do what it was asked; the text says where and why."""


def ask_control(
    method: str,
    url: str,
    setting: Mapping[str, Any] | None = None,
    *,
    token: str = "",
    within_seconds: float = ANSWER_SECONDS,
) -> Any:
    """What the service answers, from JSON, or None where that is nothing. Raises ControlError."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        with session_for(url) as session:
            answer = session.request(
                method, url, json=setting, headers=headers, timeout=within_seconds
            )
            if not answer.ok:
                raise ControlError(
                    f"{method} {url} answered {answer.status_code}: {answer.text.strip()}"
                )
            return answer.json() if answer.content else None
    except requests.RequestException as error:
        raise ControlError(f"{method} {url} was not answered ({type(error).__name__})") from error
