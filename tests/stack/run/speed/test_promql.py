"""Expressions are rewritten in their durations alone, and a slip in anything else is caught."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stack.run.speed import SpeedError, divide, format_duration
from stack.run.speed.promql import (
    check_only_durations_changed,
    divide_expression,
    read_expression,
)


@pytest.mark.parametrize(
    ("production", "twenty_times_faster"),
    [
        ("rate(x[5m])", "rate(x[15s])"),
        ("rate(x[ 5m ] ) > 0.5", "rate(x[ 15s ] ) > 0.5"),
        ("max_over_time(x[1h:5m] offset 1d) > 5", "max_over_time(x[3m:15s] offset 1h12m) > 5"),
        ("min_over_time(x[1h:]) > 5", "min_over_time(x[3m:]) > 5"),
        ("x > x offset -5m", "x > x offset -15s"),
        ("x offset\n  # a week ago\n  1w", "x offset\n  # a week ago\n  8h24m"),
        ("rate(x[300]) > 300", "rate(x[15s]) > 300"),
        ("rate(x[1m30s500ms]) > 1", "rate(x[4s525ms]) > 1"),
        ('rate(x{a="5m",b=~`\\d[5m]`}[5m])', 'rate(x{a="5m",b=~`\\d[5m]`}[15s])'),
        ("x[5m] offset 0s", "x[15s] offset 0s"),
        ("x > 5m", "x > 5m"),
        ("offset offset 5m + offset + 5m", "offset offset 15s + offset + 5m"),
        ("rate(x[5m # minutes\n])", "rate(x[15s # minutes\n])"),
        ("{'http.requests', a='b'}[5m] @ end()", "{'http.requests', a='b'}[15s] @ end()"),
        ("vector(1)", "vector(1)"),
    ],
)
def test_divides_each_duration_where_it_stands(production: str, twenty_times_faster: str) -> None:
    """Spaces, comments, strings, numbers and names stay as they were written."""
    assert divide_expression(production, 20) == twenty_times_faster


@pytest.mark.parametrize(
    "changed",
    [
        "sum by (a) (rate(x{b='d'}[15s])) > 0.5",
        "sum by (a) (rate(x{b!='c'}[15s])) > 0.5",
        "sum by (a) (rate(y{b='c'}[15s])) > 0.5",
        "sum by (a) (irate(x{b='c'}[15s])) > 0.5",
        "sum by (z) (rate(x{b='c'}[15s])) > 0.5",
        "sum without (a) (rate(x{b='c'}[15s])) > 0.5",
        "avg by (a) (rate(x{b='c'}[15s])) > 0.5",
        "sum by (a) (rate(x{b='c'}[15s])) > 0.05",
        "sum by (a) (rate(x{b='c'}[15s])) >= 0.5",
        "sum by (a) (rate(x{b='c'}[15s])) > bool 0.5",
        "sum by (a) (rate(x{b='c'}[15s] offset 1s)) > 0.5",
        "sum by (a) (rate(x{b='c'}[15s:1s])) > 0.5",
        "sum by (a) (rate(x{b='c'}[15s] @ 5)) > 0.5",
        "-sum by (a) (rate(x{b='c'}[15s])) > 0.5",
    ],
)
def test_a_change_of_anything_else_is_caught(changed: str) -> None:
    """The trees are compared with their durations masked, so each planted change shows."""
    original = read_expression("sum by (a) (rate(x{b='c'}[5m])) > 0.5")
    check_only_durations_changed(
        original, "sum by (a) (rate(x{b='c'}[15s])) > 0.5", expected_ms=[15_000]
    )
    with pytest.raises(SpeedError, match="would change its meaning"):
        check_only_durations_changed(original, changed, expected_ms=[15_000])


@pytest.mark.parametrize(
    ("original", "changed"),
    [
        ("a > on (x) group_left (y) b", "a > on (x) group_left (z) b"),
        ("a + on (x) b", "a + ignoring (x) b"),
        ("a + on (x) group_left b", "a + on (x) group_right b"),
        ("a + on () b", "a + b"),
        ("a offset 5m", "a offset -5m"),
        ("topk(5, a)", "topk(6, a)"),
        ("a and b", "a unless b"),
        ('label_replace(a, "b", "c", "d", "e")', 'label_replace(a, "b", "c", "d", "f")'),
        ("a * (b + c)", "a * b + c"),
        ("a > NaN", "a > Inf"),
    ],
)
def test_trees_tell_apart_what_means_something_else(original: str, changed: str) -> None:
    """Matching, signs of offsets, parameters and nesting are part of the comparison."""
    with pytest.raises(SpeedError, match="would change its meaning"):
        check_only_durations_changed(read_expression(original), changed, expected_ms=[])


def test_a_duration_that_was_not_divided_as_meant_is_caught() -> None:
    """The durations themselves are compared with what they should have become."""
    original = read_expression("rate(x[5m]) > rate(x[1h])")
    with pytest.raises(SpeedError, match="not divided as meant"):
        check_only_durations_changed(
            original, "rate(x[3m]) > rate(x[15s])", expected_ms=[15_000, 180_000]
        )


@pytest.mark.parametrize(
    ("expression", "what"),
    [
        ("rate(x[5m]", "unclosed left parenthesis"),
        ("nosuch(x)", "unknown function"),
        ("rate(x)", "expected type matrix"),
        ("x >", "invalid promql query"),
        ("", "no expression found"),
        ("rate(x[5m+1m])", "unexpected character inside brackets"),
        ('x{a="b" or c="d"}', "'or' between label matchers"),
    ],
)
def test_what_cannot_be_parsed_is_refused(expression: str, what: str) -> None:
    """The error says that it is PromQL and repeats what the parser found."""
    with pytest.raises(SpeedError, match="cannot be parsed as PromQL") as refused:
        read_expression(expression)
    assert what in str(refused.value)


SPACE = st.sampled_from(["", " ", "\n", '  # [7m] offset 7m "\n', "\t#'\n "])
DURATION = st.builds(
    lambda *counts: "".join(f"{n}{unit}" for n, unit in counts if n),
    st.tuples(st.integers(0, 9), st.just("d")),
    st.tuples(st.integers(0, 99), st.just("h")),
    st.tuples(st.integers(0, 99), st.just("m")),
    st.tuples(st.integers(1, 99), st.just("s")),
    st.tuples(st.integers(0, 999), st.just("ms")),
)
STRING = st.sampled_from(
    ['"5m"', "'[5m]'", "`\\d+ offset 5m`", '"\\"[5m]\\\\"', "'é \\' # 5m'", '"# offset 1h"']
)


@st.composite
def expressions(draw: st.DrawFn) -> tuple[list[str], list[str]]:
    """An expression in pieces, and its durations: each is where the pieces join."""
    space = [draw(SPACE) for _ in range(12)]
    sign = draw(st.sampled_from(["", "-", "+"]))
    pieces = [
        f"rate{space[0]}({space[1]}job:x:rate5m{{a={draw(STRING)}}}{space[2]}[{space[3]}",
        f"{space[4]}]{space[5]}) > 5m{space[6] or ' '}+ max_over_time(offset{{offset="
        f"{draw(STRING)}}}[{space[7]}",
        f"{space[8]}:{space[9]}",
        f"] offset {sign}{space[10]}",
        f"{space[11] or ' '}) * 300",
    ]
    return pieces, [draw(DURATION) for _ in range(4)]


def joined(pieces: list[str], durations: list[str]) -> str:
    return pieces[0] + "".join(a + b for a, b in zip(durations, pieces[1:], strict=True))


@settings(deadline=None)
@given(expressions(), st.integers(min_value=1, max_value=100))
def test_whatever_stands_around_durations_stays(
    made: tuple[list[str], list[str]], speed: int
) -> None:
    """Random whitespace, comments and strings around durations: only those are replaced."""
    pieces, durations = made
    text = joined(pieces, durations)
    lengths = [duration.milliseconds for duration in read_expression(text).durations]
    divided = [format_duration(divide(length, speed)) for length in lengths]
    assert divide_expression(text, speed) == joined(pieces, divided)


@settings(deadline=None)
@given(expressions(), st.integers(min_value=2, max_value=1000))
def test_dividing_what_was_multiplied_gives_the_same_meaning(
    made: tuple[list[str], list[str]], speed: int
) -> None:
    """A slower expression run faster by as much is the first one again."""
    pieces, durations = made
    first = [d.milliseconds for d in read_expression(joined(pieces, durations)).durations]
    slower = joined(pieces, [format_duration(length * speed) for length in first])
    faster = read_expression(divide_expression(slower, Fraction(speed)))
    assert [duration.milliseconds for duration in faster.durations] == first
    assert faster.tree == read_expression(joined(pieces, durations)).tree
