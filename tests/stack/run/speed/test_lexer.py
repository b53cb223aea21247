"""Durations are found where PromQL takes one, and nowhere else."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stack.run.speed import Role, SpeedError
from stack.run.speed.lexer import duration_tokens, tokens

RANGE, SUBQUERY, STEP, OFFSET = Role.RANGE, Role.SUBQUERY, Role.STEP, Role.OFFSET


def found(expression: str) -> list[tuple[str, Role, int]]:
    return [
        (duration.token.text, duration.role, duration.milliseconds)
        for duration in duration_tokens(tokens(expression))
    ]


@pytest.mark.parametrize(
    ("expression", "durations"),
    [
        ("rate(x[5m])", [("5m", RANGE, 300_000)]),
        ("rate(x[ 1h30m ])", [("1h30m", RANGE, 5_400_000)]),
        ("x[1h:5m]", [("1h", SUBQUERY, 3_600_000), ("5m", STEP, 300_000)]),
        ("x[1h : 5m]", [("1h", SUBQUERY, 3_600_000), ("5m", STEP, 300_000)]),
        ("x[1h:]", [("1h", SUBQUERY, 3_600_000)]),
        ("x offset 5m", [("5m", OFFSET, 300_000)]),
        ("x OFFSET -5m", [("5m", OFFSET, 300_000)]),
        ("x offset - 5m", [("5m", OFFSET, 300_000)]),
        ("x offset +5m", [("5m", OFFSET, 300_000)]),
        ("x{a='b'} offset 1d", [("1d", OFFSET, 86_400_000)]),
        ("x @ 123 offset 5m", [("5m", OFFSET, 300_000)]),
        ("x[5m] offset 1h @ end()", [("5m", RANGE, 300_000), ("1h", OFFSET, 3_600_000)]),
        ("f(x[5m])[1h:1m] offset 2h", None),
        ("rate(x[300])", [("300", RANGE, 300_000)]),
        ("rate(x[0x10])", [("0x10", RANGE, 16_000)]),
        ("rate(x[1_000])", [("1_000", RANGE, 1_000_000)]),
        ("rate(x[.5])", [(".5", RANGE, 500)]),
        ("rate(x[1e2])", [("1e2", RANGE, 100_000)]),
        ("x offset 30", [("30", OFFSET, 30_000)]),
        ("rate(x[5m # [9m]\n])", [("5m", RANGE, 300_000)]),
        ("x offset # offset 9m\n 5m", [("5m", OFFSET, 300_000)]),
    ],
)
def test_finds_durations_in_every_place(
    expression: str, durations: list[tuple[str, Role, int]] | None
) -> None:
    """Ranges, subqueries, steps and offsets, however they are spaced, commented or spelled."""
    if durations is None:
        assert [role for _, role, _ in found(expression)] == [RANGE, SUBQUERY, STEP, OFFSET]
    else:
        assert found(expression) == durations


@pytest.mark.parametrize(
    "expression",
    [
        "x > 5m",
        "x * 300",
        '"rate(x[5m]) offset 5m"',
        "'[5m]'",
        "`[5m] offset 5m`",
        r'x{a="\"[5m]"}',
        r"x{a='\'[5m]'}",
        "x # [5m] offset 5m",
        "job:x:rate5m",
        "m5m + x5m:1h",
        "x{offset='5m'}",
        "sum by (offset) (x)",
        "offset",
        "offset + 5m",
        "x and offset - 5m",
        "count_values('5m', x)",
        "x @ 300",
        "x_1d5h{le='5m'}",
    ],
)
def test_finds_none_anywhere_else(expression: str) -> None:
    """Strings, comments, names, labels and numbers keep what looks like a duration in them."""
    assert found(expression) == []


def test_a_metric_may_be_called_offset() -> None:
    """Only the second of these words is the modifier."""
    assert found("offset offset 5m") == [("5m", OFFSET, 300_000)]
    assert found("x and offset offset 5m") == [("5m", OFFSET, 300_000)]


@pytest.mark.parametrize(
    ("expression", "what"),
    [
        ('x{a="b}', "a string is not closed"),
        ("x{a=`b}", "a string is not closed"),
        ("rate(x[5m)", "a range is not closed"),
        ("rate(x[0.0001])", "no whole number of milliseconds"),
    ],
)
def test_says_what_cannot_be_cut(expression: str, what: str) -> None:
    """What is not closed or not whole is told in words."""
    with pytest.raises(SpeedError, match=what):
        found(expression)


@settings(deadline=None)
@given(st.text(alphabet="x5m1h[]:(){}\"'`#\n offset-+.,0e_é", max_size=60))
def test_tokens_join_to_the_text_whatever_it_is(text: str) -> None:
    """Cutting loses and adds no character, also of what is no PromQL."""
    try:
        cut = tokens(text)
    except SpeedError:
        return
    assert "".join(token.text for token in cut) == text
    assert [token.start for token in cut] == [
        sum(len(before.text) for before in cut[:index]) for index in range(len(cut))
    ]
