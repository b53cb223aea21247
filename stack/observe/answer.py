"""One answer of an API as JSON, or in words why there is none; never with a password in them."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import requests

from stack.observe.session import without_credentials

TIMEOUT_SECONDS = 5.0
TOLD_CHARACTERS = 200


class AnswerError(Exception):
    """Nothing answered, or something else than the API; the text goes on from its address."""


def json_of(
    session: requests.Session, url: str, parameters: Mapping[str, str] | None = None
) -> tuple[int, Any]:
    """The status of an answer and what it says. Raises AnswerError."""
    try:
        answer = session.get(url, params=parameters, timeout=TIMEOUT_SECONDS)
    except requests.exceptions.SSLError as error:
        raise AnswerError(
            f"cannot be trusted: {_innermost(error)}; where its certificate is signed by an "
            "authority of your own, name that one's file in the environment variable "
            "REQUESTS_CA_BUNDLE"
        ) from error
    except requests.TooManyRedirects as error:
        raise AnswerError("redirects in a circle") from error
    except requests.RequestException as error:
        raise AnswerError(f"does not answer: {error}") from error
    try:
        return answer.status_code, answer.json()
    except requests.JSONDecodeError as error:
        raise AnswerError(_told(answer)) from error


def _told(answer: requests.Response) -> str:
    """What is known of an answer that is no JSON; a proxy's or a login's page is known by that."""
    where = ""
    if answer.history:
        where = f", redirected to {without_credentials(answer.url).partition('?')[0]},"
    kind = answer.headers.get("Content-Type", "").partition(";")[0] or "no content type"
    phrase = HTTPStatus(answer.status_code).phrase if answer.status_code in _KNOWN else ""
    said = "" if "html" in kind else " ".join(answer.text.split())[:TOLD_CHARACTERS]
    text = f"answers{where} with {answer.status_code} {phrase}".rstrip() + f" ({kind}), not JSON"
    return f"{text}: {said}" if said else text


def _innermost(error: Exception) -> Exception:
    """What OpenSSL says, without the layers that passed it on."""
    for inner in (getattr(error, "reason", None), *error.args):
        if isinstance(inner, Exception):
            return _innermost(inner)
    return error


_KNOWN = frozenset(HTTPStatus)
