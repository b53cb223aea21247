"""What an expression reads and how far back, and which labels its result can carry."""

import pytest

from stack.run.speed import ResultLabels, Role, SpeedError, analyse

MINUTE = 60_000


@pytest.mark.parametrize(
    ("expression", "window_minutes"),
    [
        ("up == 0", 0),
        ("vector(1)", 0),
        ("rate(x[5m]) > 1", 5),
        ("rate(x[5m] offset 10m) > 1", 15),
        ("rate(x[5m] offset -10m) > 1", 5),
        ("x offset 30m > 1", 30),
        ("max_over_time(rate(x[5m])[1h:1m]) > 1", 65),
        ("max_over_time(rate(x[5m] offset 2m)[1h:1m] offset 3m) > 1", 70),
        ("rate(x[2m]) > 3 * rate(x[10m] offset 5m)", 15),
        ("min_over_time(max_over_time(x[10m:1m])[1h:]) > 1", 70),
        ("sum(rate(x[5m])) / sum(rate(y[10m])) > 1", 10),
    ],
)
def test_the_longest_window_is_the_sum_along_the_longest_path(
    expression: str, window_minutes: int
) -> None:
    """Ranges, subqueries and offsets add up on a path; a negative offset takes nothing away."""
    assert analyse(expression).longest_window_ms == window_minutes * MINUTE


def test_each_selector_has_its_name_matchers_and_window() -> None:
    """A name is found wherever it is written; a pattern is no name."""
    analysis = analyse(
        """rate(a{job="api",code=~"5.."}[5m]) / on () b offset 1m
           + {__name__="c"} + {"d.e"} + {__name__=~"f.*"}"""
    )
    assert [(path.metric, path.range_ms, path.window_ms) for path in analysis.selectors] == [
        ("a", 5 * MINUTE, 5 * MINUTE),
        ("b", None, MINUTE),
        ("c", None, 0),
        ("d.e", None, 0),
        (None, None, 0),
    ]
    assert [(m.label, m.operator, m.value) for m in analysis.selectors[0].matchers] == [
        ("job", "=", "api"),
        ("code", "=~", "5.."),
    ]
    assert analysis.metrics == {"a", "b", "c", "d.e"}


def test_all_durations_are_told_with_what_they_do() -> None:
    """Every duration, in the order of the text."""
    durations = analyse("max_over_time(rate(x[5m])[1h:1m] offset -1d) > 1").durations
    assert [(d.role, d.milliseconds) for d in durations] == [
        (Role.RANGE, 5 * MINUTE),
        (Role.SUBQUERY, 60 * MINUTE),
        (Role.STEP, MINUTE),
        (Role.OFFSET, 24 * 60 * MINUTE),
    ]


def only(*labels: str, added: tuple[str, ...] = ()) -> ResultLabels:
    return ResultLabels(frozenset(labels), frozenset(), frozenset(added))


def all_but(*labels: str, added: tuple[str, ...] = ()) -> ResultLabels:
    return ResultLabels(None, frozenset(labels), frozenset(added))


@pytest.mark.parametrize(
    ("expression", "labels"),
    [
        ("up == 0", all_but()),
        ("rate(x[5m]) > 1", all_but()),
        ("sum(x) > 1", only()),
        ("sum by (a, b) (x) > 1", only("a", "b")),
        ("sum by (a) (sum by (b) (x)) > 1", only()),
        ("sum by (a) (sum without (a, b) (x)) > 1", only()),
        ("sum without (a) (x) > 1", all_but("a")),
        ("max without (a) (sum without (b) (x)) > 1", all_but("a", "b")),
        ("topk(3, sum by (a) (x)) > 1", only("a")),
        ("histogram_quantile(0.9, sum by (le, a) (rate(x[5m]))) > 1", only("a")),
        ("histogram_quantile(0.9, rate(x[5m])) > 1", all_but("le")),
        ("histogram_fraction(0, 0.5, sum by (le, a) (rate(x[5m]))) > 1", only("a")),
        ("quantile_over_time(0.9, x[5m]) > 1", all_but()),
        ("quantile_over_time(0.9, x[5m]) / on (a) y > 1", only("a")),
        ("quantile_over_time(scalar(y), (sum by (a) (x))[5m:1m]) > 1", only("a")),
        ("predict_linear(x[5m], 60) > 1", all_but()),
        ("quantile by (a) (0.9, x) > 1", only("a")),
        ("round(sum by (a) (x), 5) > 1", only("a")),
        ("minute(vector(time())) > 1", only()),
        ("sum by (a) (x) / sum by (a) (y) > 1", only("a")),
        ("x / on (a, b) y > 1", only("a", "b")),
        ("x / ignoring (a) y > 1", all_but("a")),
        ("sum by (a) (x) * on (a) group_left (b) y > 1", only("a", added=("b",))),
        ("y * on (a) group_right sum by (a) (x) > 1", only("a")),
        ("sum by (a) (x) > 1 and on () y > 2", only("a")),
        ("sum by (a) (x) > 1 unless y", only("a")),
        ("sum by (a) (x) > 1 or sum by (a) (y) > 2", only("a")),
        ("sum by (a) (x) > 1 or sum by (b) (y) > 2", None),
        ("1 - sum by (a) (x) > 0.5", only("a")),
        ("5 < sum by (a) (x)", only("a")),
        ("-sum by (a) (x) > 1", only("a")),
        ("x > scalar(y)", all_but()),
        ("vector(1)", only()),
        ("absent(up{job='api', a=~'b', c!='d'})", only("job")),
        ("absent(sum(up))", only()),
        ("absent_over_time(up{job='api'}[5m])", only("job")),
        ("label_replace(sum by (a) (x), 'b', '$1', 'a', '(.*)') > 1", only("a", added=("b",))),
        ("sum by (b) (label_join(x, 'b', '-', 'a')) > 1", only("b")),
        ("sum by (c) (label_join(sum by (a) (x), 'b', '-', 'a')) > 1", only()),
        ("count_values('v', x) > 1", None),
    ],
)
def test_labels_that_an_aggregation_keeps(expression: str, labels: ResultLabels | None) -> None:
    """by, without and matching decide; what the text does not tell is None."""
    assert analyse(expression).labels == labels


def test_whether_a_result_can_carry_a_label() -> None:
    """What is kept or written can be there, what is dropped cannot."""
    kept = only("a", added=("b",))
    assert [kept.can_carry(label) for label in ("a", "b", "c")] == [True, True, False]
    dropped = all_but("a")
    assert [dropped.can_carry(label) for label in ("a", "b")] == [False, True]


def test_what_cannot_be_parsed_is_refused() -> None:
    """An analysis of half an expression would be worse than none."""
    with pytest.raises(SpeedError, match="cannot be parsed as PromQL"):
        analyse("rate(x[5m)")
