"""The sink's client: reads notifications and waits for one, across restarts of the sink."""

import time
from collections.abc import Callable, Mapping
from typing import Any

import requests

from sink.message import ChatMessage, discord_message, slack_message
from sink.record import Notification, Refusal, notification_of

LONGEST_POLL_SECONDS = 20.0
RETRY_PAUSE_SECONDS = 0.05


class SinkError(Exception):
    """The sink cannot be read as asked."""


class SinkUnreachableError(SinkError):
    """The sink did not answer, so what has arrived is not known."""


class SinkRefusedError(SinkError):
    """The sink will not answer: the token is wrong, or the address is not a sink's."""


class NotArrived(SinkError):
    """What was waited for was not there at the deadline, and the sink answered that it was not."""


class SinkClient:
    """Reads one sink. ``timeout_seconds`` bounds each call that is not given a time of its own.

    To be used by one thread at a time.
    """

    def __init__(self, url: str, token: str | None, timeout_seconds: float = 5.0) -> None:
        self._url = url.rstrip("/")
        self._timeout_seconds = timeout_seconds
        self._session = requests.Session()
        # A proxy has no business between processes of one host, and a netrc would hide the token.
        self._session.trust_env = False
        if token is not None:
            self._session.headers["Authorization"] = f"Bearer {token}"

    def notifications(self, receiver: str | None = None, after: int = 0) -> list[Notification]:
        """All notifications numbered above ``after``, in order, at one receiver or at any.

        Raises SinkUnreachableError, once ``timeout_seconds`` are over, and SinkRefusedError.
        """
        found: list[Notification] = []
        more = True
        while more:
            newest = found[-1].seq if found else after
            page, more = self._page(self._get_patiently, newest, {"receiver": receiver})
            found += page
        return found

    def messages(self) -> list[ChatMessage]:
        """All messages that Slack or Discord were sent, at any receiver, in the order of arrival.

        Raises as ``notifications`` does.
        """
        found: list[ChatMessage] = []
        for service, read in (("slack", slack_message), ("discord", discord_message)):
            after, more = 0, True
            while more:
                answer = self._get_patiently(f"/messages/{service}", {"after": after})
                page = [read(stored) for stored in answer["messages"]]
                found += page
                after, more = page[-1].seq if page else after, answer["more"]
        return sorted(found, key=lambda message: message.seq)

    def refusals(self) -> list[Refusal]:
        """The newest requests the sink refused since it was started, oldest first.

        Raises as ``notifications`` does.
        """
        return [Refusal(**fields) for fields in self._get_patiently("/refusals", {})["refusals"]]

    def wait(
        self,
        predicate: Callable[[Notification], bool],
        within_seconds: float,
        after: int = 0,
        describe: str = "a notification that matches",
    ) -> Notification:
        """The first notification numbered above ``after`` that ``predicate`` holds for.

        Returns as soon as it is stored. At the deadline raises NotArrived, or SinkUnreachableError
        if the sink did not answer then: nobody knows what it would have said. Raises
        SinkRefusedError at once.
        """
        started_at, deadline = time.time(), time.monotonic() + within_seconds
        newest, count, last = after, 0, None
        while True:
            remaining_seconds = max(0.0, deadline - time.monotonic())
            wait_seconds = min(remaining_seconds, LONGEST_POLL_SECONDS)
            try:
                page, more = self._page(self._get, newest, {"wait_seconds": f"{wait_seconds:.6f}"})
            except SinkUnreachableError as error:
                if remaining_seconds == 0:
                    raise SinkUnreachableError(
                        f"{describe}: waited for {within_seconds:g} s, {error}"
                    ) from error
                time.sleep(min(RETRY_PAUSE_SECONDS, remaining_seconds))
                continue
            for last in page:
                if predicate(last):
                    return last
            newest, count = newest if last is None else last.seq, count + len(page)
            if remaining_seconds == 0 and not more:
                raise NotArrived(
                    f"{describe}: not within {within_seconds:g} s. "
                    f"{_arrived(count, after, last, deadline)} {self._refused_since(started_at)}"
                )

    def _page(
        self,
        get: Callable[[str, Mapping[str, Any]], dict[str, Any]],
        after: int,
        parameters: Mapping[str, Any],
    ) -> tuple[list[Notification], bool]:
        answer = get("/notifications", {"after": after, **parameters})
        return [notification_of(stored) for stored in answer["notifications"]], answer["more"]

    def _get_patiently(self, path: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """The same as ``_get``, tried for ``timeout_seconds``: the sink may be starting again."""
        deadline = time.monotonic() + self._timeout_seconds
        while True:
            try:
                return self._get(path, parameters)
            except SinkUnreachableError:
                if time.monotonic() >= deadline:
                    raise
            time.sleep(RETRY_PAUSE_SECONDS)

    def _get(self, path: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        read_seconds = self._timeout_seconds + float(parameters.get("wait_seconds", 0))
        try:
            response = self._session.get(
                self._url + path, params=parameters, timeout=(self._timeout_seconds, read_seconds)
            )
        except (
            requests.ConnectionError,
            requests.Timeout,
            requests.exceptions.ChunkedEncodingError,
        ) as error:
            raise SinkUnreachableError(
                f"the sink at {self._url} does not answer: {error}; is it running?"
            ) from error
        except requests.RequestException as error:
            raise SinkRefusedError(f"cannot ask {self._url}: {error}") from error
        if response.status_code == 503:
            raise SinkUnreachableError(f"the sink at {self._url} is busy: {response.text.strip()}")
        if response.status_code != 200:
            raise SinkRefusedError(
                f"the sink at {self._url} answered {path} with {response.status_code}: "
                f"{response.text.strip()[:500]}"
            )
        try:
            answer: dict[str, Any] = response.json()
        except requests.JSONDecodeError as error:
            raise SinkRefusedError(f"{self._url} does not answer as a sink: {error}") from error
        return answer

    def _refused_since(self, at: float) -> str:
        try:
            refusals = [refusal for refusal in self.refusals() if refusal.at >= at]
        except SinkError as error:
            return f"What it refused is not known: {error}."
        if not refusals:
            return "The sink refused nothing."
        return f"The sink refused {len(refusals)} requests meanwhile, the last: {refusals[-1]}."


def _arrived(count: int, after: int, last: Notification | None, deadline: float) -> str:
    if last is None:
        return f"Nothing arrived after #{after}."
    before_seconds = deadline - last.received_monotonic
    return (
        f"{count} others arrived after #{after}, the last {before_seconds:.2f} s before the "
        f"deadline: {last}."
    )
