"""Routes that no alert can take, routes and receivers that none does, and waits at odds."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.judge.fireability import grouping, routes, unreached
from scenarios.judge.fireability.route_tree import route_tree
from scenarios.judge.routing import destinations
from tests.scenarios.judge.fireability.subjects import alert, configured, said

CRITICAL = alert("Down", "up == 0", labels={"severity": "critical", "team": "api"})
WARNING = alert("Slow", "sum(x) > 1", labels={"severity": "warning", "team": "web"})
RECEIVERS = ("chat", "pager", "other")


def route(receiver: str, *matchers: str, **more: Any) -> dict[str, Any]:
    return {"receiver": receiver, "matchers": list(matchers), **more}


def alertmanager(*children: dict[str, Any], **root: Any) -> dict[str, Any]:
    return {
        "route": {"receiver": "chat", "routes": list(children), **root},
        "receivers": [{"name": name} for name in RECEIVERS],
    }


def dead(*children: dict[str, Any]) -> list[tuple[str, str]]:
    return said(list(routes.find(configured(CRITICAL, alertmanager=alertmanager(*children)))))


def not_reached(*children: dict[str, Any], rules: tuple[Any, ...] = (CRITICAL, WARNING)) -> Any:
    subject = configured(*rules, alertmanager=alertmanager(*children))
    return said(list(unreached.find(subject)))


def grouped(*children: dict[str, Any], **root: Any) -> list[tuple[str, str]]:
    subject = configured(CRITICAL, WARNING, alertmanager=alertmanager(*children, **root))
    return said(list(grouping.find(subject)))


def test_routes_as_they_should_be() -> None:
    children = (
        route("other", 'team="web"', routes=[route("pager", 'severity="critical"')]),
        route("pager", 'severity="critical"', **{"continue": True}),
        route("other", 'severity=~"critical|page"', 'team!="web"'),
    )
    assert dead(*children) == []


@pytest.mark.parametrize("above", ["matchers", "own"])
def test_matchers_that_exclude_each_other(above: str) -> None:
    if above == "matchers":
        children = [route("other", 'team="web"', routes=[route("pager", 'team=~"api|data"')])]
    else:
        children = [route("pager", 'team="web"', 'team=~"api|data"')]
    ((severity, text),) = dead(*children)
    assert severity == "error"
    assert 'team="web" and team=~"api|data" cannot both hold' in text


@pytest.mark.parametrize(
    "first",
    [
        route("other"),
        route("other", 'severity="critical"'),
        route("other", 'severity=~"critical|page"'),
        route("other", 'severity!="warning"'),
        route("other", 'team=~".+"'),
    ],
)
def test_a_route_behind_one_that_takes_all_it_could(first: dict[str, Any]) -> None:
    later = route("pager", 'severity="critical"', 'team="api"')
    ((severity, text),) = dead(first, later)
    assert severity == "error"
    assert 'the route to pager (severity="critical", team="api") takes no alert' in text
    assert "stands before it and takes all that it could" in text
    assert dead({**first, "continue": True}, later) == []
    assert dead(later) == []


def test_the_older_spelling_of_matchers_is_read_too() -> None:
    ((_, text),) = dead(
        {"receiver": "other", "match": {"team": "web"}},
        {"receiver": "pager", "match": {"team": "web"}, "match_re": {"severity": "crit.*"}},
    )
    assert "the route to pager" in text


def test_the_place_is_the_route_s() -> None:
    config = alertmanager(route("other"), route("pager"))
    (defect,) = routes.find(configured(CRITICAL, alertmanager=config))
    assert defect.place.key == "route.routes[1]"


def test_a_receiver_that_no_route_names() -> None:
    found = not_reached(route("pager", 'severity="critical"'))
    assert [text.partition(":")[0] for _, text in found] == ["no route leads to the receiver other"]
    assert found[0][0] == "warning"
    assert not_reached(route("pager", 'severity="critical"'), route("other", 'team="web"')) == []


def test_a_receiver_that_only_dead_routes_name() -> None:
    found = not_reached(
        route("pager", 'severity="critical"'), route("other", 'severity="critical"', 'team="api"')
    )
    assert "no route leads to the receiver other" in found[0][1]


def test_a_route_for_a_value_that_no_rule_has_with_the_nearest() -> None:
    ((severity, text),) = not_reached(
        route("pager", 'severity="critcal"'), route("other", 'team="web"')
    )
    assert severity == "warning"
    assert 'no rule has severity="critcal"; did you mean critical?' in text


def test_a_route_for_a_label_that_every_expression_aggregates_away() -> None:
    rules = (alert("A", "sum by (job) (x) > 1"), alert("B", "sum(x) > 1"))
    children = (route("pager", 'namespace="shop"'), route("other", 'job="api"'))
    ((_, text),) = not_reached(*children, rules=rules)
    assert "no rule has a label namespace: keep it in the expressions" in text
    kept = (alert("A", "sum by (namespace, job) (x) > 1"), rules[1])
    assert not_reached(*children, rules=kept) == []


def test_a_route_all_of_whose_alerts_are_taken_before() -> None:
    """No route alone takes all that it could, but the rules there are go there all the same."""
    found = not_reached(
        route("pager", 'team="api"'), route("other", 'severity="critical"'), rules=(CRITICAL,)
    )
    assert [text for _, text in found] == [
        'no loaded rule\'s alert enters the route to other (severity="critical"): each is taken '
        "before, or lacks one of the labels; correct the matchers or the rules' labels, or leave "
        "the route out"
    ]


def test_what_relabelling_may_change_is_left_open() -> None:
    prometheus = {"alerting": {"alert_relabel_configs": [{"target_label": "severity"}]}}
    subject = configured(
        CRITICAL,
        prometheus=prometheus,
        alertmanager=alertmanager(route("pager", 'severity="x"'), route("other", 'team="y"')),
    )
    assert list(unreached.find(subject)) == []


def test_external_labels_reach_alertmanager() -> None:
    rule = alert("A", "sum(x) > 1")
    ((_, text),) = not_reached(
        route("pager", 'cluster="east"', **{"continue": True}),
        route("other", 'cluster!="east"'),
        rules=(rule,),
    )
    assert text.startswith('no loaded rule\'s alert enters the route to other (cluster!="east")')


def test_a_template_that_copies_a_label_is_followed() -> None:
    rule = alert("A", 'x{zone="b"} > 1', labels={"team": "{{ $labels.zone }}"})
    children = (route("pager", 'team="a"'), route("other", 'team="b"'))
    ((_, text),) = not_reached(*children, rules=(rule,))
    assert 'no rule has team="a"' in text


def test_group_labels_that_no_alert_of_the_route_has() -> None:
    ((severity, text),) = grouped(
        route("pager", 'team="web"'), group_by=["alertname", "namespace", "team"]
    )
    assert severity == "warning"
    assert 'the route to pager (team="web") groups by namespace: none of its alerts has' in text
    assert "(Slow)" in text
    assert grouped(group_by=["alertname", "namespace"]) == []
    assert grouped(route("pager", 'team="web"'), group_by=["..."]) == []


def test_waits_that_undo_each_other_are_told_where_they_are_written() -> None:
    ((_, text),) = grouped(group_wait="10m")
    assert "group_wait 10m, group_interval 5m: an alert that joins a live group" in text
    ((_, text),) = grouped(route("pager", 'team="web"', repeat_interval="1m"))
    assert "repeat_interval 1m, group_interval 5m: whether to repeat is asked only" in text
    assert grouped(route("pager", 'team="web"'), group_wait="5m", repeat_interval="5m") == []


label_values = st.sampled_from(["a", "b", "c"])
written_matchers = st.lists(
    st.builds(
        lambda name, operator, value: f'{name}{operator}"{value}"',
        st.sampled_from(["x", "y"]),
        st.sampled_from(["=", "!=", "=~", "!~"]),
        st.sampled_from(["a", "b", "a|b", "a.*", ".*", ""]),
    ),
    max_size=2,
)
children_of = st.recursive(
    st.just([]),
    lambda below: st.lists(
        st.builds(
            lambda matchers, continues, routes: {
                "matchers": matchers,
                "continue": continues,
                "routes": routes,
            },
            written_matchers,
            st.booleans(),
            below,
        ),
        max_size=3,
    ),
    max_leaves=6,
)


@given(children_of, st.dictionaries(st.sampled_from(["x", "y"]), label_values))
def test_no_alert_ever_arrives_by_a_dead_route(children: Any, labels: dict[str, str]) -> None:
    """Held against the walk of the tree that the judge uses, and that amtool was held against."""

    def named(nodes: list[dict[str, Any]], prefix: str) -> list[dict[str, Any]]:
        return [
            {**node, "receiver": f"{prefix}{i}", "routes": named(node["routes"], f"{prefix}{i}.")}
            for i, node in enumerate(nodes)
        ]

    config = {"route": {"receiver": "root", "routes": named(children, "r")}}
    root = route_tree(configured(alertmanager=config))
    assert root is not None
    dead_receivers = {route.receiver for route in routes.dead_routes(root)}
    taken = {destination.receiver for destination in destinations(config, labels)}
    assert not taken & dead_receivers
