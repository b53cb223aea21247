"""Adds annotations to a Grafana by its HTTP API."""

from base64 import b64encode
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError

from scenarios.report.annotations import Annotation
from stack.observe.session import session_for

TIMEOUT_SECONDS = 5.0
TOLD_CHARACTERS = 200


class GrafanaError(Exception):
    """Grafana cannot be told, or did not take it; the text says why and what to do."""


@dataclass(frozen=True)
class Grafana:
    """Where a Grafana is, and the Authorization header that it is asked with; "" is none."""

    url: str
    authorization: str = field(default="", repr=False)

    def add(self, annotation: Annotation) -> None:
        """Add one annotation. Raises GrafanaError unless Grafana says that it has it.

        As in "Create Annotation" of Grafana's documentation of its HTTP API (grafana.com/docs/
        grafana/v12.4/developer-resources/api-reference/http-api/annotations): one that names no
        dashboard is the organization's, which any dashboard finds by its tags; times are in unix
        milliseconds; a region has a ``timeEnd``; the answer holds the new annotation's ``id``.
        """
        body: dict[str, Any] = {
            "time": annotation.time,
            "tags": list(annotation.tags),
            "text": annotation.text,
        }
        if annotation.time_end is not None:
            body["timeEnd"] = annotation.time_end
        try:
            answer = self._post(body)
        except (requests.RequestException, HTTPError, ValueError) as error:
            # ValueError: what urllib3 and the like raise of an address or an answer they cannot
            # read, which requests passes on.
            raise GrafanaError(f"it did not answer: {error}") from error
        if answer.status_code in (401, 403):
            raise GrafanaError(
                f"it refused with {answer.status_code}: {_told(answer)}; the credentials must be "
                "of a service account, or of a user, that may add annotations, as an Editor may"
            )
        if answer.is_redirect:
            raise GrafanaError(f"it is elsewhere: {answer.headers['Location']}; give that address")
        if answer.status_code != requests.codes.ok or not _has_id(answer):
            raise GrafanaError(
                f"it answered {answer.status_code}, not as Grafana's API does: {_told(answer)}"
            )

    def _post(self, body: dict[str, Any]) -> requests.Response:
        with session_for(self.url) as session:
            # A header alone would give way to what ~/.netrc has for the host.
            session.auth = self._authorize
            return session.post(
                f"{self.url}/api/annotations",
                json=body,
                timeout=TIMEOUT_SECONDS,
                # It may lead to a page to log in at, which answers 200.
                allow_redirects=False,
            )

    def _authorize(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self.authorization:
            request.headers["Authorization"] = self.authorization
        return request


def grafana_at(url: str, credentials: Path | None) -> Grafana:
    """The Grafana at an address; the file holds a service account's token, or USER:PASSWORD.

    Raises GrafanaError.
    """
    try:
        parts = urlsplit(url)
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname)
        # Raises where the port is none.
        _ = parts.port
    except ValueError:
        is_address = False
    if not is_address:
        raise GrafanaError(f"{url!r} is no address: give one such as http://127.0.0.1:3000")
    if parts.username is not None:
        raise GrafanaError("the address holds a user: put USER:PASSWORD into a file instead")
    return Grafana(url.rstrip("/"), "" if credentials is None else _authorization(credentials))


def _authorization(credentials: Path) -> str:
    try:
        text = credentials.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise GrafanaError(f"cannot read the credentials in {credentials}: {why}") from error
    if not text.isprintable() or not text:
        raise GrafanaError(
            f"{credentials} must hold one line: a service account's token, or USER:PASSWORD"
        )
    if ":" in text:
        return f"Basic {b64encode(text.encode()).decode()}"
    if not text.isascii() or " " in text:
        raise GrafanaError(f"what {credentials} holds is neither a token nor USER:PASSWORD")
    return f"Bearer {text}"


def _has_id(answer: requests.Response) -> bool:
    try:
        document = answer.json()
    except ValueError:
        return False
    return isinstance(document, dict) and isinstance(document.get("id"), int)


def _told(answer: requests.Response) -> str:
    """The beginning of an answer, in one line."""
    return repr(answer.text[:TOLD_CHARACTERS])
