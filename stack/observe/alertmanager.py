"""Reads a running Alertmanager: configuration, alerts, groups."""

from dataclasses import dataclass
from typing import Any

import requests
import yaml

from stack.observe.prometheus import ReadError
from stack.observe.session import session_for, without_credentials

TIMEOUT_SECONDS = 5.0


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
        original = self._get("/api/v2/status")["config"]["original"]
        return dict(yaml.safe_load(original))

    def alerts(self) -> list[dict[str, Any]]:
        """The alerts it holds, with receivers and whether silenced or inhibited."""
        return list(self._get("/api/v2/alerts"))

    def groups(self) -> list[dict[str, Any]]:
        """The live alert groups."""
        return list(self._get("/api/v2/alerts/groups"))

    def cluster(self) -> Cluster:
        """Whether it has settled, and how many members it sees, itself included."""
        cluster = self._get("/api/v2/status")["cluster"]
        return Cluster(cluster["status"], len(cluster.get("peers") or ()))

    def _get(self, path: str) -> Any:
        try:
            answer = self._session.get(self._url + path, timeout=TIMEOUT_SECONDS)
            answer.raise_for_status()
            return answer.json()
        except requests.RequestException as error:
            raise ReadError(f"Alertmanager at {self._shown}{path}: {error}") from error
