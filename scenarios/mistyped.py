"""What in a drill's data is not of the type it is declared with: no type checker reads it before.

A wrong value would otherwise show as a traceback while the drill runs, or never: a method that was
meant as a property is true, and a ``until`` that nobody knows waits for nothing.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import fields
from types import FunctionType, NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from stack.faults.fault import Fault

NAMED = {
    str: "a text",
    int: "a whole number",
    float: "a finite number",
    bool: "True or False",
    NoneType: "None",
}


def wrong_fields(value: Any, names: Sequence[str] = ()) -> Iterator[str]:
    """The fields of a dataclass, all or these, that hold something else, with what to write."""
    hints = get_type_hints(type(value))
    for name in names or [field.name for field in fields(value)]:
        # A fault is told by what it does: see wrong_members.
        if Fault in (hint := hints[name], *get_args(hint)):
            continue
        if not is_a(getattr(value, name), hint):
            yield f"{name} is {getattr(value, name)!r}; write {described(hint)}"


def wrong_members(fault: object) -> Iterator[str]:
    """What keeps an object from being a Fault, by the names of stack/faults/fault.py."""
    if isinstance(fault, type):
        yield f"{fault.__name__} is a class; write {fault.__name__}(...)"
        return
    kind = type(fault).__name__
    for name, member in vars(Fault).items():
        if name.startswith("_") or not isinstance(member, property | FunctionType):
            continue
        try:
            value = getattr(fault, name)
        except Exception as error:  # noqa: BLE001 - whatever a fault's own property raises
            yield f"{kind} is no fault: its {name}: {type(error).__name__}: {error}"
            continue
        if isinstance(member, FunctionType):
            if not callable(value):
                yield f"{kind} is no fault: its {name} is {value!r}; write a method"
            continue
        hint = get_type_hints(member.fget)["return"]
        if not is_a(value, hint):
            # Most often a method that lacks its decorator.
            shown = "a method; make it a property of" if callable(value) else f"{value!r}; write"
            yield f"{kind} is no fault: its {name} is {shown} {described(hint)}"


def is_a(value: object, hint: Any) -> bool:
    """Whether a value is of a type as drills are declared with; numbers must be finite."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Literal:
        return any(type(value) is type(one) and value == one for one in arguments)
    if origin in {Union, UnionType}:
        return any(is_a(value, one) for one in arguments)
    if origin is Mapping:
        return isinstance(value, Mapping) and all(
            is_a(name, arguments[0]) and is_a(entry, arguments[1]) for name, entry in value.items()
        )
    if origin in {tuple, Sequence, frozenset}:
        holds = AbstractSet if origin is frozenset else origin
        return (
            isinstance(value, holds)
            and not isinstance(value, str)
            and all(is_a(entry, arguments[0]) for entry in value)
        )
    if hint in {int, float}:
        numbers = int | float if hint is float else int
        # True is an int to Python, and never what a drill means by a number.
        return isinstance(value, numbers) and not isinstance(value, bool) and math.isfinite(value)
    return isinstance(value, hint)


def described(hint: Any) -> str:
    """A type in words."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Literal:
        return " or ".join(map(repr, arguments))
    if origin in {Union, UnionType}:
        return " or ".join(map(described, arguments))
    if origin is Mapping:
        return f"a mapping of {described(arguments[0])} to {described(arguments[1])}"
    if origin in {tuple, Sequence, frozenset}:
        kind = {tuple: "a tuple", Sequence: "a list", frozenset: "a frozenset"}[origin]
        return f"{kind} of which each is {described(arguments[0])}"
    return NAMED.get(hint, f"{hint.__name__}(...)")
