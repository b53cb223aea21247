"""Reads an expression with promql-parser, and copies its tree into plain values.

Reading the parser's objects once spares the copy of the whole subtree that each of their
attributes makes.
"""

from datetime import timedelta
from typing import Any

import promql_parser

from stack.run.speed.errors import SpeedError
from stack.run.speed.tree import (
    Aggregation,
    Binary,
    Call,
    Matcher,
    Matching,
    Negation,
    Node,
    Number,
    Selector,
    Subquery,
    Text,
)

_OPERATORS = {"Equal": "=", "NotEqual": "!=", "Re": "=~", "NotRe": "!~"}


def parse(expression: str) -> Node:
    """The tree of an expression that promql-parser accepts. Raises SpeedError."""
    try:
        parsed = promql_parser.parse(expression)
    except ValueError as error:
        raise SpeedError(f"cannot be parsed as PromQL: {error}") from error
    return _node(parsed)


def _node(parsed: Any) -> Node:  # noqa: PLR0911 - one return for each kind of node
    match parsed:
        case promql_parser.ParenExpr():
            return _node(parsed.expr)
        case promql_parser.NumberLiteral():
            return Number(repr(parsed.val))
        case promql_parser.StringLiteral():
            return Text(parsed.val)
        case promql_parser.VectorSelector():
            return _selector(parsed, None)
        case promql_parser.MatrixSelector():
            return _selector(parsed.vector_selector, _milliseconds(parsed.range))
        case promql_parser.SubqueryExpr():
            return Subquery(
                _node(parsed.expr),
                _milliseconds(parsed.range or timedelta()),
                _optional_milliseconds(parsed.step),
                _optional_milliseconds(parsed.offset),
                _at(parsed.at),
            )
        case promql_parser.Call():
            return Call(parsed.func.name, tuple(_node(argument) for argument in parsed.args))
        case promql_parser.AggregateExpr():
            grouping, parameter = parsed.modifier, parsed.param
            return Aggregation(
                str(parsed.op),
                None if parameter is None else _node(parameter),
                _node(parsed.expr),
                None if grouping is None else _grouping(grouping.type),
                () if grouping is None else tuple(grouping.labels),
            )
        case promql_parser.BinaryExpr():
            modifier = parsed.modifier
            return Binary(
                str(parsed.op),
                _node(parsed.lhs),
                _node(parsed.rhs),
                modifier is not None and modifier.return_bool,
                None if modifier is None else _matching(modifier),
            )
        case promql_parser.UnaryExpr():
            return Negation(_node(parsed.expr))
    raise SpeedError(f"cannot be divided: {type(parsed).__name__} is a form not known here")


def _selector(parsed: Any, range_ms: int | None) -> Selector:
    matchers = parsed.matchers
    if matchers.or_matchers:
        raise SpeedError("cannot be parsed as PromQL: 'or' between label matchers")
    return Selector(
        parsed.name,
        tuple(Matcher(m.name, _OPERATORS[_variant(m.op)], m.value) for m in matchers.matchers),
        range_ms,
        _optional_milliseconds(parsed.offset),
        _at(parsed.at),
    )


def _grouping(kind: Any) -> str:
    return "by" if kind == promql_parser.AggModifierType.By else "without"


def _matching(modifier: Any) -> Matching:
    matching, fill = modifier.matching, modifier.fill_values
    return Matching(
        _variant(modifier.card),
        None
        if matching is None
        else ("on" if matching.type == promql_parser.LabelModifierType.Include else "ignoring"),
        () if matching is None else tuple(matching.labels),
        tuple(modifier.group_labels or ()),
        (fill.lhs, fill.rhs),
    )


def _variant(member: Any) -> str:
    """The bare name of one of the parser's enumerations, whose members cannot be hashed."""
    return str(member).rpartition(".")[2]


def _at(modifier: Any) -> str | None:
    return None if modifier is None else str(modifier)


def _milliseconds(length: timedelta) -> int:
    return length // timedelta(milliseconds=1)


def _optional_milliseconds(length: timedelta | None) -> int | None:
    return None if length is None else _milliseconds(length)
