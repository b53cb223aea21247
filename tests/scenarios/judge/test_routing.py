"""The walk of the route tree finds where Alertmanager sends an alert, and with which waits."""

from typing import Any

import pytest

from scenarios.judge.errors import ConfigurationError
from scenarios.judge.routing import destinations, receivers


def tree(**route: Any) -> dict[str, Any]:
    """A configuration whose root goes to ``root``."""
    return {"route": {"receiver": "root", **route}}


def chosen(alertmanager: dict[str, Any], **labels: str) -> list[str]:
    return [found.receiver for found in destinations(alertmanager, labels)]


def test_without_children_the_root_takes_everything_with_alertmanagers_defaults() -> None:
    (found,) = destinations(tree(), {"alertname": "A"})
    assert found.receiver == "root"
    assert found.group_by == ()
    assert found.group_labels == {}
    assert found.group_wait_seconds == 30
    assert found.group_interval_seconds == 300
    assert found.repeat_interval_seconds == 14400


def test_the_first_child_that_matches_ends_the_search() -> None:
    children = [
        {"receiver": "other", "matchers": ["a=y"]},
        {"receiver": "first", "matchers": ["a=x"]},
        {"receiver": "second", "matchers": ["a=x"]},
    ]
    assert chosen(tree(routes=children), a="x") == ["first"]


def test_a_child_that_continues_lets_its_siblings_see_the_alert_too() -> None:
    children = [
        {"receiver": "first", "matchers": ["a=x"], "continue": True},
        {"receiver": "second", "matchers": ["a=x"]},
        {"receiver": "third", "matchers": ["a=x"]},
    ]
    assert chosen(tree(routes=children), a="x") == ["first", "second"]


def test_a_child_that_does_not_match_does_not_end_the_search_whatever_it_says() -> None:
    children = [
        {"receiver": "first", "matchers": ["a=y"], "continue": False},
        {"receiver": "second", "matchers": ["a=x"]},
    ]
    assert chosen(tree(routes=children), a="x") == ["second"]


def test_a_parent_takes_what_none_of_its_children_does() -> None:
    children = [
        {
            "receiver": "parent",
            "matchers": ["a=x"],
            "routes": [{"receiver": "child", "matchers": ["b=y"]}],
        }
    ]
    assert chosen(tree(routes=children), a="x") == ["parent"]
    assert chosen(tree(routes=children), a="x", b="y") == ["child"]
    assert chosen(tree(routes=children), b="y") == ["root"]


def test_what_a_route_does_not_say_it_inherits() -> None:
    parent = {
        "group_by": ["alertname"],
        "group_wait": "1s500ms",
        "group_interval": "2m",
        "repeat_interval": "1h",
        "mute_time_intervals": ["night"],
        "routes": [{"matchers": ["a=x"], "group_interval": "10s"}],
    }
    (found,) = destinations(tree(**parent), {"alertname": "A", "a": "x"})
    assert found.receiver == "root"
    assert found.group_by == ("alertname",)
    assert found.group_labels == {"alertname": "A"}
    assert found.group_wait_seconds == 1.5
    assert found.group_interval_seconds == 10
    assert found.repeat_interval_seconds == 3600
    assert found.mute_time_intervals == ()


def test_time_intervals_are_those_of_the_route_itself() -> None:
    child = {"matchers": ["a=x"], "mute_time_intervals": ["n"], "active_time_intervals": ["d"]}
    (found,) = destinations(tree(routes=[child]), {"a": "x"})
    assert found.mute_time_intervals == ("n",)
    assert found.active_time_intervals == ("d",)


def test_three_dots_group_by_all_labels_until_a_child_groups_by_some() -> None:
    children = [
        {"matchers": ["a=x"], "receiver": "all"},
        {"matchers": ["a=y"], "receiver": "some", "group_by": ["a"]},
        {"matchers": ["a=z"], "receiver": "empty", "group_by": []},
    ]
    alertmanager = tree(group_by=["..."], routes=children)
    (everything,) = destinations(alertmanager, {"a": "x", "b": "c"})
    assert everything.group_by is None
    assert everything.group_labels == {"a": "x", "b": "c"}
    (some,) = destinations(alertmanager, {"a": "y", "b": "c"})
    assert some.group_by == ("a",)
    assert some.group_labels == {"a": "y"}
    (empty,) = destinations(alertmanager, {"a": "z", "b": "c"})
    assert empty.group_by is None


def test_a_child_may_group_by_all_where_its_parent_does_not() -> None:
    alertmanager = tree(group_by=["a"], routes=[{"matchers": ["a=x"], "group_by": ["..."]}])
    (found,) = destinations(alertmanager, {"a": "x", "b": "c"})
    assert found.group_labels == {"a": "x", "b": "c"}


def test_a_label_that_the_alert_lacks_is_not_in_its_group() -> None:
    (found,) = destinations(tree(group_by=["a", "b"]), {"a": "x"})
    assert found.group_labels == {"a": "x"}


@pytest.mark.parametrize("zero", ["0s", "0", 0])
def test_a_wait_of_zero_is_not_the_default(zero: object) -> None:
    (found,) = destinations(tree(group_wait=zero), {})
    assert found.group_wait_seconds == 0


def test_old_matchers_route_too() -> None:
    children = [
        {"receiver": "old", "match": {"a": "x"}, "match_re": {"b": "y.*"}},
    ]
    assert chosen(tree(routes=children), a="x", b="yes") == ["old"]
    assert chosen(tree(routes=children), a="x", b="no") == ["root"]


def test_a_root_with_matchers_may_take_nothing() -> None:
    assert chosen(tree(matchers=["a=x"])) == []


def test_a_wait_that_is_no_duration_is_named() -> None:
    with pytest.raises(ConfigurationError, match="group_wait 'soon'"):
        destinations(tree(group_wait="soon"), {})


def test_a_configuration_without_a_route_is_named() -> None:
    with pytest.raises(ConfigurationError, match="no route"):
        destinations({}, {})


def test_receivers_are_listed() -> None:
    assert receivers({"receivers": [{"name": "a"}, {"name": "b"}]}) == ("a", "b")
    assert receivers({}) == ()
