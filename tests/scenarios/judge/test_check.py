"""Each mistake in a declaration is named before anything runs, with what to do about it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from scenarios.judge.check import Problem, check
from scenarios.judge.expectation import (
    Allowed,
    Expectation,
    Heartbeat,
    Lost,
    Message,
    Repeats,
    Silent,
)
from scenarios.judge.timeline import Configuration, Rule
from scenarios.judge.window import Lags
from tests.scenarios.judge.score import (
    ALERTMANAGER,
    CONFIGURATION,
    SPEED,
    WARNING,
    Score,
    chat_group,
    fires,
    inhibited,
    rule,
)

FAULTS = {"surge": Lags()}


def problems(
    *expects: Expectation,
    allows: tuple[Allowed, ...] = (),
    near_misses: Mapping[str, str] | None = None,
    configuration: Configuration = CONFIGURATION,
    faults: Mapping[str, Lags] = FAULTS,
) -> list[Problem]:
    score = Score(expects=expects, allows=allows, near_misses=near_misses or {})
    declaration = score.timeline().declaration
    return list(check(configuration, [declaration], speed=SPEED, faults={declaration.name: faults}))


def the_problem(*expects: Expectation, **options: Any) -> str:
    (problem,) = problems(*expects, **options)
    assert problem.severity == "error"
    assert problem.path == "scenarios/business/queue.py"
    return str(problem)


def with_rules(*rules: Rule) -> Configuration:
    return replace(CONFIGURATION, rules=(*CONFIGURATION.rules, *rules))


def routed(**root: Any) -> Configuration:
    route = {**ALERTMANAGER["route"], **root}
    return replace(CONFIGURATION, alertmanager={**ALERTMANAGER, "route": route})


def test_a_drill_as_it_should_be_has_no_problem() -> None:
    assert problems(fires()) == []
    assert problems(Silent("QueueLong"), faults={}) == []


def test_a_drill_with_no_expectation() -> None:
    assert "business/queue is a drill with no expectation; say what fires" in the_problem(faults={})


def test_an_alert_that_does_not_exist_with_the_nearest_names() -> None:
    text = the_problem(fires("QueueLongg"))
    assert text == (
        "scenarios/business/queue.py: no alerting rule QueueLongg is loaded; "
        "did you mean QueueLong?"
    )
    assert "no alerting rule Xyz is loaded; there are ApiDown, ApiSlow" in the_problem(fires("Xyz"))


@pytest.mark.parametrize(
    "options",
    [
        {"expects": [fires(together_with=("Apidown",))]},
        {"expects": [inhibited(by="Apidown")]},
        {"expects": [Silent("Apidown")]},
        {
            "expects": [fires()],
            "near_misses": {"small": "Apidown"},
            "faults": {**FAULTS, "small": Lags()},
        },
    ],
)
def test_wherever_the_alert_is_named(options: dict[str, Any]) -> None:
    text = the_problem(*options.pop("expects"), **options)
    assert "no alerting rule Apidown is loaded; did you mean ApiDown" in text


def test_a_recording_rule_is_no_alert() -> None:
    recording = replace(rule("a:b", "up"), kind="recording")
    assert "no alerting rule a:b" in the_problem(Silent("a:b"), configuration=with_rules(recording))


def test_rules_that_were_not_loaded_are_named_with_the_reason() -> None:
    absent = replace(CONFIGURATION, rules_absent={"system": "the host is shared"})
    text = the_problem(fires("HostCpuHigh"), configuration=absent)
    assert "rules of layer system are not loaded: the host is shared" in text


def test_a_receiver_that_does_not_exist_with_the_nearest_names() -> None:
    found = [str(problem) for problem in problems(fires(at="pagr"))]
    assert found[0].endswith("Alertmanager has no receiver pagr; did you mean pager?")
    assert found[0].startswith("scenarios")


def test_an_allowed_alert_or_receiver_that_does_not_exist_is_a_warning() -> None:
    found = problems(fires(), allows=(Allowed("Apidown", "chatt", "x"),))
    assert [(problem.severity, problem.what) for problem in found] == [
        ("warning", "no alerting rule Apidown is loaded"),
        ("warning", "Alertmanager has no receiver chatt"),
    ]
    expected = problems(fires(at="chatt"), allows=(Allowed("ApiDown", "chatt", "both"),))
    assert ("error", "Alertmanager has no receiver chatt") in [
        (problem.severity, problem.what) for problem in expected
    ]


def test_a_receiver_that_the_route_does_not_choose() -> None:
    text = the_problem(fires(at="chat", group=chat_group("QueueLong")))
    assert "the route sends QueueLong" in text
    assert "to pager, not to chat; expect it at pager, or change the route" in text


def test_labels_that_the_drill_names_may_choose_the_route() -> None:
    child = {"receiver": "chat", "matchers": ['region="eu"']}
    configuration = routed(routes=[child, *ALERTMANAGER["route"]["routes"]])
    expected = fires(at="chat", group=chat_group("QueueLong"), labels={"region": "eu"})
    assert problems(expected, configuration=configuration) == []


def test_one_of_several_routes_is_enough() -> None:
    child = {"receiver": "chat", "matchers": ['severity="critical"'], "continue": True}
    configuration = routed(routes=[child, *ALERTMANAGER["route"]["routes"]])
    both = [fires(), fires(at="chat", group=chat_group("QueueLong"))]
    assert problems(*both, configuration=configuration) == []


def test_a_group_label_by_which_the_route_does_not_group() -> None:
    text = the_problem(fires(group={"service": "tickets", "severity": "critical"}))
    assert "the route to pager groups by service, not by severity" in text
    ungrouped = routed(routes=[], group_by=[])
    found = problems(fires(at="chat"), configuration=ungrouped)
    assert "the route to chat groups by nothing, not by service" in str(found[0])


def test_a_group_label_that_the_alert_has_otherwise() -> None:
    text = the_problem(fires(group={"service": "payments"}))
    assert 'QueueLong has {service="tickets"}, its group is expected with' in text


def test_a_group_label_that_is_left_out() -> None:
    text = the_problem(fires(group={}))
    assert "the route to pager groups QueueLong by service too" in text
    assert 'expect {service="tickets"} in its group' in text


def test_a_group_label_that_neither_expression_nor_rule_gives() -> None:
    summed = rule("Summed", "sum by (job) (queue_waiting) > 5", **WARNING)
    by = routed(routes=[], group_by=["alertname", "service", "instance", "job"])
    configuration = replace(by, rules=(*CONFIGURATION.rules, summed))
    group = {**chat_group("Summed"), "job": "api"}
    assert problems(fires("Summed", at="chat", group=group), configuration=configuration) == []
    wrong = fires("Summed", at="chat", group={**group, "instance": "a"})
    text = the_problem(wrong, configuration=configuration)
    assert "Summed never has a label instance" in text


def test_a_group_label_that_a_template_of_the_rule_gives() -> None:
    templated = rule("T", "sum(queue_waiting) > 5", **WARNING, zone="{{ $externalLabels.zone }}")
    by = routed(routes=[], group_by=["alertname", "service", "zone"])
    configuration = replace(by, rules=(*CONFIGURATION.rules, templated))
    expected = fires("T", at="chat", group={**chat_group("T"), "zone": "z"})
    assert problems(expected, configuration=configuration) == []


def test_grouping_by_all_labels_needs_all_that_are_known() -> None:
    by_all = routed(routes=[], group_by=["..."])
    found = problems(fires(at="chat", group=chat_group("QueueLong")), configuration=by_all)
    assert [str(problem).partition(": ")[2] for problem in found] == [
        "the route to chat groups QueueLong by severity too; "
        'expect {severity="critical"} in its group'
    ]


def test_labels_that_the_rule_sets_otherwise() -> None:
    text = the_problem(fires(labels={"severity": "warning"}))
    assert 'the rule gives QueueLong {severity="critical"}, expected {severity="warning"}' in text


def test_an_annotation_that_the_rule_lacks() -> None:
    text = the_problem(fires(annotations={"runbook": "http"}))
    assert "the rule of QueueLong has no annotation runbook; it has summary" in text


def test_a_receiver_that_does_not_send_resolves() -> None:
    def sending(*configs: dict[str, Any]) -> Configuration:
        silent = [{"name": "pager", "webhook_configs": list(configs)}, {"name": "switch"}]
        return replace(CONFIGURATION, alertmanager={**ALERTMANAGER, "receivers": silent})

    def found(*configs: dict[str, Any], resolves: bool = True) -> list[str]:
        return [
            str(problem)
            for problem in problems(fires(resolves=resolves), configuration=sending(*configs))
        ]

    assert "receiver pager does not send resolves" in found({"send_resolved": False})[0]
    assert found({"send_resolved": False}, resolves=False) == []
    assert found({"send_resolved": False}, {"send_resolved": True}) == []
    assert found({"url": "http://sink"}) == []
    assert found() == []


def test_a_promise_that_the_configuration_cannot_keep() -> None:
    text = the_problem(fires(within_seconds=100.0))
    assert "the configuration cannot keep the promise: QueueLong takes up to 2.25 s" in text
    assert "the longest part is 1 for; make that part shorter" in text


def test_the_lags_of_the_fault_count_in_the_promise() -> None:
    slow = {"surge": Lags(lag_seconds=6.0)}
    assert "6 lag" in the_problem(fires(), faults=slow)
    named = {"first": Lags(), "second": Lags(lag_seconds=6.0)}
    assert problems(fires(fault="first"), faults=named) == []
    assert "6 lag" in the_problem(fires(fault="second"), faults=named)


def test_a_heartbeat_that_is_not_repeated_often_enough() -> None:
    beat = Heartbeat("Watchdog", 375.0, "switch", chat_group("Watchdog"))
    assert problems(beat, faults={}) == []
    text = the_problem(replace(beat, every_seconds=374.0), faults={})
    assert "Watchdog is repeated within 6.25 s, promised every 6.23 s" in text


def test_a_heartbeat_at_a_receiver_that_the_route_does_not_choose() -> None:
    beat = Heartbeat("Watchdog", 420.0, "chat", chat_group("Watchdog"))
    assert "to switch, not to chat" in the_problem(beat, faults={})


def test_a_fault_that_the_drill_lacks_with_the_nearest_names() -> None:
    text = the_problem(fires(fault="surje"))
    assert "QueueLong names fault 'surje', which the drill lacks; did you mean surge?" in text
    assert "no fault of the drill can raise QueueLong" in the_problem(fires(), faults={})
    near = {"surge": Lags()}
    text = the_problem(fires(), faults=near, near_misses={"surge": "QueueLong"})
    assert "no fault of the drill can raise QueueLong" in text


def test_which_of_several_faults_must_be_said() -> None:
    two = {"one": Lags(), "two": Lags()}
    assert "does not say which of the faults raises it; name one of one, two" in the_problem(
        fires(), faults=two
    )
    assert problems(fires(fault="two"), faults=two) == []


def test_a_near_miss_that_is_no_step() -> None:
    text = the_problem(
        Silent("QueueLong"), near_misses={"smal": "QueueLong"}, faults={"small": Lags()}
    )
    assert "near miss 'smal' is not a step of the drill; did you mean small?" in text


def test_an_alert_that_must_fire_and_stay_silent() -> None:
    text = the_problem(fires(), Silent("QueueLong"))
    assert "QueueLong is expected both to be told of and to stay silent" in text


CERTAIN = (
    rule("ApiDown", 'up{job="api"} == 0', 0.5),
    rule("ApiSlow", "api_seconds > 2", 1.5, **WARNING),
)
(WATCHDOG,) = (known for known in CONFIGURATION.rules if known.name == "Watchdog")


def race(**changes: Any) -> list[Problem]:
    """ApiDown may fire 0.25 + 0.25 + 0.5 + 0.25 s after the fault, ApiSlow be told of after 2 s."""
    down, slow = CERTAIN
    down = replace(down, keep_firing_for_seconds=5.0, **changes.pop("down", {}))
    slow = replace(slow, **changes.pop("slow", {}))
    configuration = replace(CONFIGURATION, rules=(down, slow, WATCHDOG))
    return problems(inhibited(), configuration=configuration, **changes)


def test_an_inhibition_that_is_certain_has_no_problem() -> None:
    assert race() == []


@pytest.mark.parametrize(("hold", "certain"), [(1.25, True), (1.5, False)])
def test_an_inhibition_whose_source_may_come_too_late(hold: float, certain: bool) -> None:
    found = race(down={"for_seconds": hold})
    assert (found == []) is certain
    if not certain:
        assert "ApiDown may fire 2.25 s after the fault" in str(found[0])
        assert "ApiSlow may be told of after 2.00 s: which comes first is chance" in str(found[0])
        assert found[0].severity == "error"


def test_an_inhibition_whose_source_may_hang_comes_later() -> None:
    hanging = {"surge": Lags(disturbs_jobs=("api",))}
    assert race(down={"for_seconds": 1.25}, faults=hanging) != []


def test_an_inhibition_whose_source_may_clear_first_is_a_warning() -> None:
    found = race(slow={"keep_firing_for_seconds": 4.75})
    assert [problem.severity for problem in found] == ["warning"]
    assert "ApiDown may clear 5.00 s after healing begins, and ApiSlow may fire for 5.25 s" in str(
        found[0]
    )
    assert race(slow={"keep_firing_for_seconds": 4.5}) == []


def test_an_inhibition_that_no_rule_makes() -> None:
    none = replace(CONFIGURATION, alertmanager={**ALERTMANAGER, "inhibit_rules": []})
    text = the_problem(inhibited(), configuration=none)
    assert "no inhibition rule lets ApiDown mute ApiSlow" in text
    assert "no inhibition rule lets QueueLong mute ApiSlow" in the_problem(
        inhibited(by="QueueLong")
    )


def test_labels_that_the_drill_names_are_taken_to_be_equal_on_both_sides() -> None:
    by_host = {**ALERTMANAGER["inhibit_rules"][0], "equal": ["host"]}
    alertmanager = {**ALERTMANAGER, "inhibit_rules": [by_host]}
    down = replace(CERTAIN[0], keep_firing_for_seconds=5.0)
    configuration = replace(
        CONFIGURATION, alertmanager=alertmanager, rules=(down, CERTAIN[1], WATCHDOG)
    )
    assert problems(inhibited(labels={"host": "a"}), configuration=configuration) == []


def test_the_earliest_of_several_routes_decides_the_race() -> None:
    routes = [
        {
            "receiver": "chat",
            "matchers": ["alertname=ApiSlow"],
            "continue": True,
            "group_wait": "0s",
        },
        {"receiver": "pager", "matchers": ["alertname=ApiSlow"]},
    ]
    down = replace(CERTAIN[0], keep_firing_for_seconds=5.0, for_seconds=0.75)
    configuration = replace(routed(routes=routes), rules=(down, CERTAIN[1], WATCHDOG))
    assert problems(inhibited(), configuration=configuration) == []
    later = replace(down, for_seconds=1.0)
    configuration = replace(configuration, rules=(later, CERTAIN[1], WATCHDOG))
    assert "after 1.50 s: which comes first is chance" in str(
        problems(inhibited(), configuration=configuration)[0]
    )


def test_every_drill_is_checked() -> None:
    declaration = Score(expects=[fires("QueueLoong")]).timeline().declaration
    other = replace(declaration, name="business/other", path="other.py")
    found = check(
        CONFIGURATION,
        [declaration, other],
        speed=SPEED,
        faults={"business/queue": FAULTS, "business/other": FAULTS},
    )
    assert [problem.path for problem in found] == ["scenarios/business/queue.py", "other.py"]


def test_of_several_routes_to_a_receiver_one_that_fits_is_enough() -> None:
    other = {"receiver": "pager", "matchers": ['severity="critical"'], "group_by": ["alertname"]}
    before = routed(routes=[{**other, "continue": True}, *ALERTMANAGER["route"]["routes"]])
    after = {**ALERTMANAGER["route"]["routes"][1], "continue": True}
    assert problems(fires(), configuration=before) == []
    assert problems(fires(), configuration=routed(routes=[after, other])) == []


def test_an_annotation_that_the_rule_has_is_no_problem() -> None:
    assert problems(fires(annotations={"summary": "QueueLong"})) == []


def broken(step: str = "down", *stops: str) -> list[str]:
    """What is said of a heartbeat, and of a restart, by this step that stops these services."""
    beat = Heartbeat(
        "Watchdog",
        every_seconds=420.0,
        at="switch",
        group=chat_group("Watchdog"),
        stops={"down": 300.0},
    )
    survivor = fires(fault="surge", restarts={"down": "firing"})
    lags = {"surge": Lags(), step: Lags(stops=stops)}
    problems = check(
        CONFIGURATION,
        [Score(expects=[beat, survivor]).timeline().declaration],
        speed=60.0,
        faults={"business/queue": lags},
    )
    return [problem.what for problem in problems if problem.severity == "error"]


def test_a_step_that_is_to_break_the_monitoring_must_do_so() -> None:
    assert broken("down", "prometheus") == []
    assert broken("down", "alertmanager") == [
        "QueueLong names step 'down', which takes none of prometheus down"
    ]
    assert [what.partition(", which")[0] for what in broken("down", "redis")] == [
        "Watchdog names step 'down'",
        "QueueLong names step 'down'",
    ]


def test_a_step_that_is_to_break_the_monitoring_must_be_there() -> None:
    assert [what for what in broken("gone", "prometheus") if "'down'" in what] == [
        "Watchdog names step 'down', which the drill lacks",
        "QueueLong names step 'down', which the drill lacks",
    ]


@pytest.mark.parametrize(
    "expectation",
    [
        Heartbeat("Watchdog", 420.0, "swich", chat_group("Watchdog")),
        Lost("QueueLong", "swich", {"service": "tickets"}),
        Repeats("QueueLong", 420.0, "swich", {"service": "tickets"}),
    ],
)
def test_whatever_is_expected_at_a_receiver_that_does_not_exist_is_found(
    expectation: Expectation,
) -> None:
    found = [str(problem) for problem in problems(expectation)]
    assert any("Alertmanager has no receiver swich" in text for text in found)


def test_a_message_to_a_chat_that_the_receiver_does_not_tell_is_found() -> None:
    message = Message("slack", title="QueueLong", link="http://x/", colour="danger")
    assert "receiver pager tells no slack of firing alerts" in the_problem(fires(message=message))
