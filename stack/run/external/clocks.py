"""How far the clocks of a remote Prometheus and Alertmanager are from this host's.

Windows hold what Prometheus says of an alert (activeAt, endsAt) against the moment at which the
sink here has its notification. So the difference counts against them in full: 0.1 s is what they
grant a notification that comes early, and 0.25 s one that comes late.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

import requests

from stack.observe.prometheus import ReadError
from stack.observe.session import session_for

TIMEOUT_SECONDS = 5.0
# Of several answers the quickest says most; and a clock that ticks in seconds is asked until it
# has ticked.
PROMETHEUS_ANSWERS = 5
ALERTMANAGER_PAUSE_SECONDS = 0.01
ALERTMANAGER_ASKED_SECONDS = 2.5
# A host that stalls while a second turns leaves it open when: then the next turn is waited for.
WIDE_SECONDS = 0.03
# Both cut off what comes after.
TIME_RESOLUTION_SECONDS = 0.001
DATE_RESOLUTION_SECONDS = 1.0


@dataclass(frozen=True)
class Difference:
    """A remote clock less this host's, in seconds: between ``least`` and ``most``."""

    least: float
    most: float

    @property
    def at_most(self) -> float:
        """How large it may be, whichever way."""
        return max(abs(self.least), abs(self.most))

    def narrowed(self, other: "Difference") -> "Difference":
        """What both say; the newer alone where they contradict, as a clock that was set between."""
        least, most = max(self.least, other.least), min(self.most, other.most)
        return Difference(least, most) if least <= most else other

    def __str__(self) -> str:
        return f"{self.least:+.3f} s to {self.most:+.3f} s"


def clock_problems(
    prometheus_url: str,
    alertmanager_url: str,
    *,
    shown: Sequence[str],
    largest_seconds: float,
) -> list[str]:
    """What is wrong with the two clocks; ``shown`` are the two addresses without credentials."""
    problems = []
    readers = (
        ("Prometheus", prometheus_url, shown[0], prometheus_difference),
        ("Alertmanager", alertmanager_url, shown[1], alertmanager_difference),
    )
    for name, url, address, read in readers:
        try:
            difference = read(url)
        except ReadError as error:
            problems.append(f"the clock of {name} at {address} cannot be read: {error}")
            continue
        if difference.at_most > largest_seconds:
            problems.append(
                f"the clock of {name} at {address} is {difference} from this host's, and "
                f"{largest_seconds:g} s at most are allowed: windows could be wrong by that; set "
                "both by NTP, or, where only a slow network makes the range wide, run nearer to it"
            )
    return problems


def prometheus_difference(url: str, clock: Callable[[], float] = time.time) -> Difference:
    """By ``time()``, which Prometheus answers in milliseconds. Raises ReadError."""
    found: Difference | None = None
    with session_for(url) as session:
        for _ in range(PROMETHEUS_ANSWERS):
            asked = clock()
            answer = _get(session, f"{url}/api/v1/query?query=time()")
            answered = clock()
            try:
                remote = float(answer.json()["data"]["result"][1])
            except (ValueError, KeyError, IndexError, TypeError) as error:
                raise ReadError("time() is not answered as Prometheus does") from error
            seen = Difference(remote - answered, remote + TIME_RESOLUTION_SECONDS - asked)
            found = seen if found is None else found.narrowed(seen)
    assert found is not None
    return found


def alertmanager_difference(
    url: str,
    clock: Callable[[], float] = time.time,
    pause: Callable[[float], None] = time.sleep,
) -> Difference:
    """By the Date of its answers, in whole seconds: asked until one second turns into the next,
    or the one after where the first turn told little.

    A proxy in between that writes a Date of its own shows its own clock. Raises ReadError.
    """
    found: Difference | None = None
    first = None
    began = clock()
    with session_for(url) as session:
        while clock() - began < ALERTMANAGER_ASKED_SECONDS:
            asked = clock()
            date = _get(session, f"{url}/api/v2/receivers").headers.get("Date", "")
            answered = clock()
            try:
                remote = parsedate_to_datetime(date).timestamp()
            except ValueError as error:
                raise ReadError(f"its answers have no Date, but {date!r}") from error
            seen = Difference(remote - answered, remote + DATE_RESOLUTION_SECONDS - asked)
            found = seen if found is None else found.narrowed(seen)
            first = remote if first is None else first
            if remote > first and found.most - found.least <= WIDE_SECONDS:
                return found
            pause(ALERTMANAGER_PAUSE_SECONDS)
    if found is not None and first is not None and remote > first:
        return found
    raise ReadError(f"the Date of its answers stands still at {date}")


def _get(session: requests.Session, url: str) -> requests.Response:
    try:
        answer = session.get(url, timeout=TIMEOUT_SECONDS)
        answer.raise_for_status()
    except requests.RequestException as error:
        raise ReadError(type(error).__name__) from error
    return answer
