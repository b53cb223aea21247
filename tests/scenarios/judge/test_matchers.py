"""Matchers are read in every syntax Alertmanager takes, and match as it matches."""

import pytest

from scenarios.judge.errors import ConfigurationError
from scenarios.judge.matchers import Matcher, all_match, configured_matchers, parse_matchers


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('severity="critical"', [Matcher("severity", "=", "critical")]),
        ("severity=critical", [Matcher("severity", "=", "critical")]),
        ("  severity  !=  critical  ", [Matcher("severity", "!=", "critical")]),
        ('team=~"api|payments"', [Matcher("team", "=~", "api|payments")]),
        ("team!~api|payments", [Matcher("team", "!~", "api|payments")]),
        ('{a="b",c!="d"}', [Matcher("a", "=", "b"), Matcher("c", "!=", "d")]),
        ('{a="b", c=~"d,e",}', [Matcher("a", "=", "b"), Matcher("c", "=~", "d,e")]),
        ('a="}"', [Matcher("a", "=", "}")]),
        ("{a=b", [Matcher("a", "=", "b")]),
        ("a=~[a-z]{2}", [Matcher("a", "=~", "[a-z]{2")]),
        ('"odd name"="b"', [Matcher("odd name", "=", "b")]),
        (r'a="say \"hi\""', [Matcher("a", "=", 'say "hi"')]),
        (r'a="back\\slash"', [Matcher("a", "=", "back\\slash")]),
        (r'a="two\nlines"', [Matcher("a", "=", "two\nlines")]),
        (r'a=~"5\d\d"', [Matcher("a", "=~", r"5\d\d")]),
        ('a=""', [Matcher("a", "=", "")]),
        ("a=", [Matcher("a", "=", "")]),
        ("{}", []),
        ("", []),
    ],
)
def test_a_line_is_read_as_alertmanager_reads_it(text: str, expected: list[Matcher]) -> None:
    assert list(parse_matchers(text)) == expected


@pytest.mark.parametrize("text", ["severity", "=critical", 'a="b', 'a="b" c="d"'])
def test_a_line_that_cannot_be_read_is_named(text: str) -> None:
    with pytest.raises(ConfigurationError, match="matcher"):
        parse_matchers(text)


@pytest.mark.parametrize(
    ("matcher", "labels", "matches"),
    [
        (Matcher("a", "=", "x"), {"a": "x"}, True),
        (Matcher("a", "=", "x"), {"a": "xy"}, False),
        (Matcher("a", "=", "x"), {}, False),
        (Matcher("a", "=", ""), {}, True),
        (Matcher("a", "=", ""), {"a": "x"}, False),
        (Matcher("a", "!=", "x"), {}, True),
        (Matcher("a", "!=", "x"), {"a": "x"}, False),
        (Matcher("a", "!=", ""), {}, False),
        (Matcher("a", "=~", "x|y"), {"a": "y"}, True),
        (Matcher("a", "=~", "x|y"), {"a": "xy"}, False),
        (Matcher("a", "=~", "x"), {"a": "axb"}, False),
        (Matcher("a", "=~", "x*"), {}, True),
        (Matcher("a", "!~", "x*"), {}, False),
        (Matcher("a", "!~", "x"), {"a": "xx"}, True),
        (Matcher("a", "!~", "x+"), {"a": "xx"}, False),
        (Matcher("a", "=~", "(?i)CRITICAL"), {"a": "Critical"}, True),
        (Matcher("a", "=~", "x"), {"a": "x\n"}, False),
    ],
)
def test_a_missing_label_is_empty_and_expressions_are_anchored(
    matcher: Matcher, labels: dict[str, str], matches: bool
) -> None:
    assert matcher.matches(labels) is matches


def test_no_matcher_matches_all_and_one_that_fails_is_enough() -> None:
    assert all_match([], {"a": "x"})
    assert all_match([Matcher("a", "=", "x"), Matcher("b", "=", "")], {"a": "x"})
    assert not all_match([Matcher("a", "=", "x"), Matcher("b", "=", "y")], {"a": "x"})


def test_old_and_new_syntax_of_a_route_add_up() -> None:
    node = {
        "match": {"a": "X", "code": 500, "on": True},
        "match_re": {"b": "y|z"},
        "matchers": ['c!="d"', "{e=f,g=h}"],
    }
    assert configured_matchers(node) == (
        Matcher("a", "=", "X"),
        Matcher("code", "=", "500"),
        Matcher("on", "=", "true"),
        Matcher("b", "=~", "y|z"),
        Matcher("c", "!=", "d"),
        Matcher("e", "=", "f"),
        Matcher("g", "=", "h"),
    )


def test_a_single_line_needs_no_list_and_a_prefix_names_a_side() -> None:
    node = {"source_matchers": "a=b", "target_match": {"c": "d"}, "matchers": ["e=f"]}
    assert configured_matchers(node, "source_") == (Matcher("a", "=", "b"),)
    assert configured_matchers(node, "target_") == (Matcher("c", "=", "d"),)


def test_an_expression_that_is_none_is_named() -> None:
    with pytest.raises(ConfigurationError, match=r"'\(' cannot be read"):
        Matcher("a", "=~", "(").matches({"a": "x"})
