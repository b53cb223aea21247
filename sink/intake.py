"""What every endpoint asks of a request before it is stored, and how it refuses."""

import json
import re
from typing import Any, NoReturn

from sink.answers import Answer

DEEPEST_NESTING = 32
"""Alertmanager nests four deep. Readers parse with a stack of their own, which must suffice too."""

_RECEIVER_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")


class RefusedError(Exception):
    """The request cannot be taken: ``status`` is the HTTP status, ``why`` says what to change.

    ``answer`` is what is sent where the service behind the endpoint has words of its own.
    """

    def __init__(self, status: int, why: str, answer: Answer | None = None) -> None:
        super().__init__(why)
        self.status = status
        self.why = why
        self.answer = answer


def check_receiver_name(name: str) -> None:
    if not _RECEIVER_NAME.fullmatch(name):
        raise RefusedError(
            400,
            f"bad receiver name {name!r} in the path: up to 100 letters, digits, dots, hyphens and "
            "underscores, beginning with a letter or digit",
        )


def json_object(raw: bytes) -> tuple[str, dict[str, Any]]:
    """The body as text and parsed. Strict: any JSON parser can read what is stored."""
    try:
        text = raw.decode()
        document = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise RefusedError(400, f"the body is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise RefusedError(400, f"the body is not a JSON object but {_kind(document)}")
    if _nests_deeper_than(DEEPEST_NESTING, document):
        raise RefusedError(400, f"the body nests deeper than {DEEPEST_NESTING}")
    return text, document


def objects_in(document: dict[str, Any], field: str) -> list[dict[str, Any]]:
    """The list of objects under ``field``; none where the field is missing."""
    value = document.get(field, [])
    if not isinstance(value, list):
        raise RefusedError(400, f"`{field}` is not a list but {_kind(value)}")
    for index, element in enumerate(value):
        if not isinstance(element, dict):
            raise RefusedError(400, f"`{field}[{index}]` is not an object but {_kind(element)}")
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _nests_deeper_than(most: int, document: object) -> bool:
    level = [document]
    for _ in range(most):
        level = [
            child for value in level for child in _children(value) if isinstance(child, dict | list)
        ]
        if not level:
            return False
    return True


def _children(value: object) -> list[object]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _kind(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "a string", bool: "a boolean"}
    return "null" if value is None else names.get(type(value), "a number")
