"""Times as Alertmanager writes them (RFC 3339) turned into unix seconds."""

import re
from datetime import UTC, datetime

ZERO_TIME = datetime(1, 1, 1, tzinfo=UTC).timestamp()
"""Go's zero time, which Alertmanager writes where a time is not known: `endsAt` while firing."""

_FORM = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)[Tt](?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)"
    r"(?:\.(?P<fraction>\d+))?"
    r"(?:[Zz]|(?P<sign>[+-])(?P<offset_hours>\d\d):(?P<offset_minutes>\d\d))",
    re.ASCII,
)


def unix_seconds(text: str) -> float:
    """Unix seconds of an RFC 3339 time, with any offset and any number of decimals.

    A double keeps today's times to a quarter of a microsecond. A leap second (:60) is the second
    after :59, as unix time has it. Raises ValueError where the text is not such a time.
    """
    match = _FORM.fullmatch(text)
    if match is None:
        raise ValueError(f"not an RFC 3339 time: {text!r}")
    hour, minute, second = (int(match[part]) for part in ("hour", "minute", "second"))
    offset_hours, offset_minutes = (
        int(match["offset_hours"] or 0),
        int(match["offset_minutes"] or 0),
    )
    if hour > 23 or minute > 59 or second > 60 or offset_hours > 23 or offset_minutes > 59:
        raise ValueError(f"not an RFC 3339 time: {text!r} has a part out of range")
    try:
        midnight = datetime.fromisoformat(match["day"]).replace(tzinfo=UTC)
    except ValueError as error:
        raise ValueError(f"not an RFC 3339 time: {text!r} names a day that is not") from error
    offset_seconds = (offset_hours * 60 + offset_minutes) * 60
    if match["sign"] == "-":
        offset_seconds = -offset_seconds
    # Whole seconds first, so that the one rounding is that of the last addition.
    whole_seconds = int(midnight.timestamp()) + (hour * 60 + minute) * 60 + second - offset_seconds
    return whole_seconds + float(f"0.{match['fraction'] or 0}")
