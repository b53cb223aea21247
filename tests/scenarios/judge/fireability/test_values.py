"""What matchers allow is decided for sure or left open, never guessed."""

from hypothesis import given
from hypothesis import strategies as st

from scenarios.judge.fireability.values import (
    ANYTHING,
    MISSING,
    PRESENT,
    Values,
    allowed,
    contradiction,
    exactly,
    implies,
    literals,
    matches,
    negated,
)
from scenarios.judge.matchers import Matcher, all_match

TEXTS = ("", "a", "b", "ab", "c")
matchers = st.builds(
    Matcher,
    st.sampled_from(["x", "y"]),
    st.sampled_from(["=", "!=", "=~", "!~"]),
    st.sampled_from(["", "a", "b", "a|b", "(a|c)", "a.*", ".+", ".*", "[ab]", "a|"]),
)
values = st.one_of(
    st.sampled_from([ANYTHING, PRESENT, MISSING]),
    st.sets(st.sampled_from(TEXTS), min_size=1).map(lambda texts: Values(frozenset(texts))),
)


def held(of: Values) -> list[str]:
    """Texts that the values stand for."""
    if of.listed is not None:
        return sorted(of.listed)
    return [text for text in TEXTS if text or not of.filled]


@given(matchers, values)
def test_an_answer_holds_for_every_text_the_values_stand_for(matcher: Matcher, of: Values) -> None:
    answer = matches(matcher, of)
    answers = {matcher.matches({matcher.name: text}) for text in held(of)}
    assert answer is None or answers == {answer}


@given(st.lists(matchers, max_size=4))
def test_what_excludes_each_other_is_satisfied_by_nothing(several: list[Matcher]) -> None:
    every = [{"x": x, "y": y} for x in TEXTS for y in TEXTS]
    if contradiction(several):
        assert not any(all_match(several, labels) for labels in every)


@given(st.lists(matchers, max_size=3), matchers)
def test_what_is_implied_holds_wherever_the_others_hold(
    several: list[Matcher], other: Matcher
) -> None:
    every = [{"x": x, "y": y} for x in TEXTS for y in TEXTS]
    if implies(several, other):
        assert all(all_match([other], labels) for labels in every if all_match(several, labels))


@given(values, values)
def test_what_differs_has_no_text_in_common(one: Values, other: Values) -> None:
    common = set(held(one)) & set(held(other))
    if one.differs_from(other):
        assert not common
    else:
        assert common <= set(held(one.meet(other)))
    assert set(held(one)) | set(held(other)) <= set(held(one.join(other)))


def test_alternations_of_plain_words_are_spelled_out() -> None:
    assert literals(Matcher("x", "=~", "critical|page")) == {"critical", "page"}
    assert literals(Matcher("x", "=~", "(?:a|b)")) == {"a", "b"}
    assert literals(Matcher("x", "=~", "a|b.*")) is None
    assert literals(Matcher("x", "!=", "a")) is None


def test_two_lists_without_a_common_word_exclude_each_other() -> None:
    one, other = Matcher("x", "=~", "a|b"), Matcher("x", "=~", "c|d")
    assert contradiction([one, other]) == (one, other)
    assert contradiction([one, Matcher("x", "=~", "[cd]")]) == (one, Matcher("x", "=~", "[cd]"))
    assert contradiction([Matcher("x", "=~", "a.*"), Matcher("x", "=~", "b.*")]) == ()
    assert implies([Matcher("x", "=", "a")], one)
    assert not implies([Matcher("x", "=~", "a|c")], one)


def test_a_matcher_is_at_odds_with_its_opposite() -> None:
    matcher = Matcher("x", "=~", "a.*")
    assert contradiction([matcher, negated(matcher)])
    assert allowed([matcher]) == PRESENT
    assert allowed([Matcher("x", "=", "")]) == MISSING == exactly("")
