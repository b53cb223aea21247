"""Reads a running Prometheus: configuration, rules, targets, alerts and series."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from stack.observe.answer import AnswerError, json_of
from stack.observe.session import session_for, without_credentials


class ReadError(Exception):
    """An API did not answer, or not as documented; the text says which and how."""


@dataclass(frozen=True)
class Target:
    """One scrape target; ``last_scrape`` in unix seconds, 0 where there was none.

    ``interval`` and ``timeout`` are durations as Prometheus writes them.
    """

    job: str
    instance: str
    health: str
    last_scrape: float
    last_error: str
    interval: str
    timeout: str


@dataclass(frozen=True)
class Series:
    """One series of raw samples: ``samples`` are (unix seconds, value)."""

    labels: Mapping[str, str]
    samples: tuple[tuple[float, float], ...]


class Prometheus:
    """A reader of one Prometheus; not to be shared between threads. Raises ReadError."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._shown = without_credentials(url)
        self._session = session_for(url)

    def configuration(self) -> str:
        """The running configuration, as YAML."""
        return str(self._get("/api/v1/status/config")["yaml"])

    def flags(self) -> dict[str, str]:
        return dict(self._get("/api/v1/status/flags"))

    def started(self) -> str:
        """When it was started, as RFC 3339; empty where it does not say."""
        return str(self._get("/api/v1/status/runtimeinfo").get("startTime", ""))

    def rule_groups(self) -> list[dict[str, Any]]:
        """The rule groups as the rules API gives them."""
        return list(self._get("/api/v1/rules")["groups"])

    def alerts(self) -> list[dict[str, Any]]:
        """Pending and firing alerts as the alerts API gives them."""
        return list(self._get("/api/v1/alerts")["alerts"])

    def targets(self) -> list[Target]:
        return [
            Target(
                job=target["labels"].get("job", ""),
                instance=target["labels"].get("instance", ""),
                health=target["health"],
                last_scrape=unix_seconds(target["lastScrape"]),
                last_error=target["lastError"],
                interval=target["scrapeInterval"],
                timeout=target["scrapeTimeout"],
            )
            for target in self._get("/api/v1/targets", state="active")["activeTargets"]
        ]

    def active_alertmanagers(self) -> list[str]:
        return [
            str(manager["url"])
            for manager in self._get("/api/v1/alertmanagers")["activeAlertmanagers"]
        ]

    def query(self, expression: str, at: float | None = None) -> list[Series]:
        """An instant query's vector, or, for a range selector, its raw samples."""
        parameters = {"query": expression} | ({"time": f"{at:.3f}"} if at is not None else {})
        result = self._get("/api/v1/query", **parameters)["result"]
        return [
            Series(
                labels=entry["metric"],
                samples=tuple(
                    (float(time), float(value))
                    for time, value in entry.get("values", [entry.get("value")])
                ),
            )
            for entry in result
        ]

    def _get(self, path: str, **parameters: str) -> Any:
        where = f"Prometheus at {self._shown}{path}"
        try:
            status, body = json_of(self._session, self._url + path, parameters)
        except AnswerError as error:
            raise ReadError(f"{where} {error}") from error
        said = body if isinstance(body, Mapping) else {}
        if said.get("status") != "success" or not isinstance(said.get("data"), Mapping):
            why = said.get("error", body)
            raise ReadError(f"{where} answers with {status}, and not as Prometheus does: {why}")
        return said["data"]


def unix_seconds(timestamp: str) -> float:
    """RFC 3339, as Go prints it, in unix seconds; 0 for Go's zero time."""
    if not timestamp or timestamp.startswith("0001-"):
        return 0.0
    # Go prints up to nine decimals, Python reads at most six.
    head, dot, rest = timestamp.partition(".")
    if dot:
        digits = rest[: len(rest) - len(rest.lstrip("0123456789"))]
        zone = rest[len(digits) :]
        timestamp = f"{head}.{digits[:6].ljust(6, '0')}{zone}"
    return datetime.fromisoformat(timestamp).timestamp()
