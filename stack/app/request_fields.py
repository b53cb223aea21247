"""What callers send: the JSON body and its fields, each checked, each fault named by its field."""

import json
import re
from typing import Any

from flask import request

from stack.app.errors import ApiError

LARGEST_ID = 2**31 - 1
LONGEST_KEY = 200
_TOKEN = re.compile(r"[!-~]+")


def is_token(text: str) -> bool:
    """Whether the text is safe to look up: stores choke on lone surrogates and on NUL."""
    return _TOKEN.fullmatch(text) is not None


class Body:
    """The JSON object of a request; each reader raises a 400 that names the field at fault."""

    def __init__(self, fields: dict[str, Any]) -> None:
        self._fields = fields

    def integer(self, name: str, *, lowest: int, highest: int) -> int:
        """A whole number in a range; 1.0, "1" and true are none."""
        value = self._present(name)
        if type(value) is not int or not lowest <= value <= highest:
            raise ApiError(400, f"{name} must be a whole number, {lowest} to {highest}", field=name)
        return value

    def number(self, name: str, *, lowest: float, highest: float) -> float:
        """A finite number in a range."""
        value = self._present(name)
        # NaN fails both comparisons; an integer of any size compares without overflow.
        if type(value) not in (int, float) or not lowest <= value <= highest:
            raise ApiError(400, f"{name} must be a number, {lowest:g} to {highest:g}", field=name)
        return float(value)

    def token(self, name: str, *, longest: int) -> str:
        """A string such as the shop gives out: printable ASCII, not empty."""
        value = self._present(name)
        if not isinstance(value, str) or len(value) > longest or not is_token(value):
            raise ApiError(
                400,
                f"{name} must be a string of 1 to {longest} printable ASCII characters",
                field=name,
            )
        return value

    def choice(self, name: str, choices: tuple[str, ...]) -> str:
        """One of a few strings."""
        value = self._present(name)
        if not isinstance(value, str) or value not in choices:
            raise ApiError(400, f"{name} must be one of: {', '.join(choices)}", field=name)
        return value

    def _present(self, name: str) -> Any:
        if name not in self._fields:
            raise ApiError(400, f"{name} is missing", field=name)
        return self._fields[name]


def json_body() -> Body:
    """The body of the current request.

    Raises:
        ApiError: 415 it is not declared as JSON; 400 it is not a JSON object.
        RequestEntityTooLarge: 413 it is longer than MAX_CONTENT_LENGTH.
    """
    if request.mimetype != "application/json":
        raise ApiError(415, "send the body as application/json", field="Content-Type")
    try:
        fields = json.loads(request.get_data(cache=False))
    except (ValueError, RecursionError):
        raise ApiError(400, "the body is not valid JSON", field="body") from None
    if not isinstance(fields, dict):
        raise ApiError(400, "the body must be a JSON object", field="body")
    return Body(fields)


def idempotency_key() -> str:
    """The Idempotency-Key header of the current request; a 400 names it where it is unusable."""
    key = request.headers.get("Idempotency-Key", "")
    if len(key) > LONGEST_KEY or not is_token(key):
        raise ApiError(
            400,
            f"send an Idempotency-Key header of 1 to {LONGEST_KEY} printable ASCII characters, "
            "without spaces",
            field="Idempotency-Key",
        )
    return key
