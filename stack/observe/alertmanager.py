"""Reads a running Alertmanager: configuration, alerts, groups."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import yaml

from stack.observe.answer import AnswerError, json_of
from stack.observe.prometheus import ReadError
from stack.observe.session import session_for, without_credentials


@dataclass(frozen=True)
class Cluster:
    """What one Alertmanager says of its cluster; ``disabled`` and 0 members where it is alone."""

    status: str
    members: int


class Alertmanager:
    """A reader of one Alertmanager; not to be shared between threads. Raises ReadError."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._shown = without_credentials(url)
        self._session = session_for(url)

    def configuration(self) -> dict[str, Any]:
        """The running configuration, parsed; secrets are masked by Alertmanager."""
        status = self._get("/api/v2/status")
        try:
            return dict(yaml.safe_load(status["config"]["original"]))
        except (KeyError, TypeError, ValueError, AttributeError, yaml.YAMLError) as error:
            raise ReadError(
                f"Alertmanager at {self._shown}/api/v2/status answers with no configuration of "
                "an Alertmanager"
            ) from error

    def started(self) -> str:
        """When it was started, as RFC 3339; empty where it does not say."""
        return str(self._get("/api/v2/status").get("uptime", ""))

    def alerts(self) -> list[dict[str, Any]]:
        """The alerts it holds, with receivers and whether silenced or inhibited."""
        return list(self._get("/api/v2/alerts"))

    def groups(self) -> list[dict[str, Any]]:
        """The live alert groups."""
        return list(self._get("/api/v2/alerts/groups"))

    def silences(self) -> list[dict[str, Any]]:
        """Those that are active, pending, or expired of late."""
        return list(self._get("/api/v2/silences"))

    def cluster(self) -> Cluster:
        """Whether it has settled, and how many members it sees, itself included."""
        cluster = self._get("/api/v2/status")["cluster"]
        return Cluster(cluster["status"], len(cluster.get("peers") or ()))

    def _get(self, path: str) -> Any:
        where = f"Alertmanager at {self._shown}{path}"
        try:
            status, body = json_of(self._session, self._url + path)
        except AnswerError as error:
            raise ReadError(f"{where} {error}") from error
        if status != HTTPStatus.OK:
            raise ReadError(f"{where} answers with {status}: {body}")
        return body
