"""What an Alertmanager that runs elsewhere keeps from its receivers for reasons of others.

A silence that somebody has made, or a mute time of a route, looks as a missing notification does,
or as an inhibition that works: neither was proven then.
"""

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from scenarios.judge.errors import ConfigurationError
from scenarios.judge.expectation import Muted, Silent
from scenarios.judge.lookup import known_labels, label_text, rule_of
from scenarios.judge.matchers import Matcher
from scenarios.judge.timeline import Configuration, Declaration
from stack.observe.alertmanager import Alertmanager
from stack.observe.prometheus import ReadError
from stack.run.stack import DrilledStack, StackError

OPERATORS = {(False, True): "=", (False, False): "!=", (True, True): "=~", (True, False): "!~"}


def refuse_what_is_silenced(
    alertmanager: Alertmanager, configuration: Configuration, declaration: Declaration
) -> None:
    """Raises StackError that names each silence that surely takes an alert the drill waits for."""
    try:
        active = [s for s in alertmanager.silences() if s["status"]["state"] == "active"]
    except ReadError as error:
        raise StackError(f"what is silenced cannot be read: {error}") from error
    found = [
        f"{expectation.alert} is silenced by {_told(silence)}"
        for expectation in declaration.expects
        if not isinstance(expectation, Silent)
        for silence in active
        if (rule := rule_of(configuration, expectation.alert, expectation.labels)) is not None
        and _takes(silence, known_labels(configuration, rule, expectation.labels))
    ]
    if found:
        raise StackError(
            f"before anything was caused {'; '.join(dict.fromkeys(found))}. It would reach nobody: "
            "expire the silence, or wait until it is over"
        )


@contextlib.contextmanager
def suppressions(
    stack: DrilledStack, declaration: Declaration, every_seconds: float
) -> Iterator[Callable[[], list[str]]]:
    """Looks from now on; gives what tells of the alerts that the drill waits for, and that were
    silenced or muted though no step of it was to do so."""
    if not stack.runs_already:
        yield list
        return
    looking = _Looking(Alertmanager(stack.addresses.alertmanager), declaration, every_seconds)
    try:
        yield looking.told
    finally:
        looking.close()


class _Looking:
    """Polls the groups of an Alertmanager in a thread of its own."""

    def __init__(
        self, alertmanager: Alertmanager, declaration: Declaration, every_seconds: float
    ) -> None:
        self._alertmanager = alertmanager
        muted = {e.alert for e in declaration.expects if isinstance(e, Muted)}
        self._alerts = {e.alert for e in declaration.expects if not isinstance(e, Silent)} - muted
        self._every_seconds = every_seconds
        self._found: dict[str, None] = {}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="suppressions", daemon=True)
        self._thread.start()

    def told(self) -> list[str]:
        return list(self._found)

    def close(self) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(self._every_seconds):
            # What cannot be read now is read the next time; what is gone for good others tell.
            with contextlib.suppress(ReadError):
                self._look()

    def _look(self) -> None:
        for group in self._alertmanager.groups():
            for alert in group["alerts"]:
                if alert["labels"].get("alertname") not in self._alerts:
                    continue
                for why in self._why(alert["status"]):
                    labels = {k: v for k, v in alert["labels"].items() if k != "alertname"}
                    name = alert["labels"]["alertname"]
                    self._found[
                        f"{name} {label_text(labels)} was kept from {group['receiver']['name']} "
                        f"by {why}, which is no step of the drill"
                    ] = None

    def _why(self, status: Mapping[str, Any]) -> Iterator[str]:
        by = set(status.get("silencedBy") or ())
        if by:
            yield from (_told(s) for s in self._alertmanager.silences() if s["id"] in by)
        yield from (f"the mute time {name} of its route" for name in status.get("mutedBy") or ())


def _takes(silence: Mapping[str, Any], known: Mapping[str, str]) -> bool:
    """Whether it surely silences all that has these labels, whatever others there are."""
    matchers = [
        Matcher(m["name"], OPERATORS[m["isRegex"], m.get("isEqual", True)], m["value"])
        for m in silence["matchers"]
    ]
    try:
        return all(m.name in known and m.matches(known) for m in matchers)
    except ConfigurationError:
        # An expression that Go reads and Python does not.
        return False


def _told(silence: Mapping[str, Any]) -> str:
    return (
        f"the silence {silence['id']} of {silence['createdBy'] or 'somebody'} "
        f"({silence['comment'] or 'no comment'}), until {silence['endsAt']}"
    )
