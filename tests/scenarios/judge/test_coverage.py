"""Coverage counts what was observed in drills that passed, and nothing else.

``kept()`` is a drill in which QueueLong fires at the pager, in its group, and resolves; five
seconds pass before its fault, so every rule of the score is silent at the baseline.
"""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest

from scenarios.judge.coverage import Coverage, RuleCoverage, coverage
from scenarios.judge.coverage_inventory import Inventory, RuleKey, inventory_of
from scenarios.judge.coverage_proof import Proof, Seen, proof_of
from scenarios.judge.expectation import Allowed, Heartbeat, Muted, Silent
from scenarios.judge.timeline import Configuration, Timeline
from scenarios.judge.verdict import judge
from tests.scenarios.judge.score import (
    ALERTMANAGER,
    CONFIGURATION,
    CRITICAL,
    Score,
    chat_group,
    fires,
    inhibited,
    kept,
    rule,
)

ALL = {"fires", "reaches", "grouped", "resolves", "silent at baseline", "silent in near miss"}
SWITCH_GROUP = chat_group("Watchdog")


def proof(drill: "Score | Timeline", name: str = "business/queue") -> Proof:
    timeline = drill.timeline() if isinstance(drill, Score) else drill
    timeline = replace(timeline, declaration=replace(timeline.declaration, name=name))
    return proof_of(timeline, judge(timeline))


def covered(*drills: "Score | Timeline") -> Coverage:
    """The coverage of drills of different names, all with their own configuration's files."""
    return coverage([proof(drill, f"drill {n}") for n, drill in enumerate(drills)], Inventory())


def of(found: Coverage, alert: str = "QueueLong") -> RuleCoverage:
    return next(rule for rule in found.rules if rule.rule.name == alert)


def lacking(found: Coverage, alert: str = "QueueLong") -> set[str]:
    """The properties that apply and are not proven."""
    return {name for name, drills in of(found, alert).proven.items() if not drills}


def near_miss(*, held: float = 4.0, at: float = 8.0) -> Score:
    """A near miss of QueueLong, which stays silent."""
    score = Score(expects=[Silent("QueueLong")], near_misses={"small": "QueueLong"})
    return score.fault(
        "small",
        near_miss=True,
        at=at,
        confirmed=at + 0.25,
        healing=at + held,
        healed=at + held + 0.25,
    )


def muted(configuration: Configuration = CONFIGURATION, *, target: bool = True) -> Score:
    """ApiDown is told of and mutes ApiSlow."""
    score = Score(expects=[fires("ApiDown", resolves=False), inhibited()])
    score.configuration = configuration
    score.fault(confirmed=10.75).fired("ApiDown", active=11.0, firing=11.5, until=25.0)
    if target:
        score.fired("ApiSlow", active=11.5, firing=13.0, until=20.0)
    return score.notified(score.firing("ApiDown"))


def beating() -> Score:
    """The Watchdog is repeated at its receiver."""
    score = Score(expects=[Heartbeat("Watchdog", 420.0, "switch", SWITCH_GROUP)])
    for beat in range(7):
        watchdog = score.firing("Watchdog", since=0.0)
        score.notified(watchdog, at=0.51 + 6 * beat, receiver="switch", group=SWITCH_GROUP)
    return score


def with_routes(*routes: dict[str, Any]) -> Configuration:
    """The score's configuration with routes before its own."""
    alertmanager = deepcopy(dict(ALERTMANAGER))
    alertmanager["route"]["routes"] = [*routes, *alertmanager["route"]["routes"]]
    return replace(CONFIGURATION, alertmanager=alertmanager)


def reached(found: Coverage) -> list[str]:
    return [name for name, drills in found.receivers.items() if drills]


def test_an_alert_that_fired_arrived_resolved_and_was_silent_else_is_fully_proven() -> None:
    found = covered(kept(), near_miss())
    assert of(found).proven == {
        "fires": ("drill 0",),
        "reaches": ("drill 0",),
        "grouped": ("drill 0",),
        "resolves": ("drill 0",),
        "silent at baseline": ("drill 0", "drill 1"),
        "silent in near miss": ("drill 1",),
    }
    assert of(found).is_full
    assert (found.full, found.percent) == (1, 25.0)


@pytest.mark.parametrize("resolve_arrives", [True, False])
def test_an_alert_that_need_not_resolve_is_not_proven_to(resolve_arrives: bool) -> None:
    """A resolve that nobody expects is held against no window, so its arrival proves nothing."""
    score = kept(resolves=False)
    if not resolve_arrives:
        score = replace(score, _arrivals=score._arrivals[:1])
    found = covered(score, near_miss())
    assert lacking(found) == {"resolves"}
    assert not of(found).is_full


def test_a_drill_that_failed_proves_nothing_at_all() -> None:
    """It came late: that it came, and that all else was silent, does not count."""
    found = covered(kept(notified_at=19.0))
    assert found.drills == {"drill 0": "fail"}
    assert lacking(found) == ALL
    assert reached(found) == []
    assert not any(found.routes.values())
    assert not any(found.inhibitions.values())
    assert lacking(found, "ApiSlow") == ALL


def test_a_drill_that_is_unknown_proves_nothing_at_all() -> None:
    found = covered(replace(kept().timeline(), problems=("the sink was gone",)))
    assert found.drills == {"drill 0": "unknown"}
    assert lacking(found) == ALL
    assert reached(found) == []


def test_an_alert_that_arrived_at_another_receiver_is_proven_at_neither() -> None:
    score = Score(expects=[fires()]).fault().fired()
    score.notified(score.firing(), receiver="chat").notified(score.resolved(), at=22.01)
    found = covered(score)
    assert lacking(found) == ALL
    assert reached(found) == []


def test_an_alert_with_two_receivers_must_be_expected_at_both() -> None:
    """At the chat it is allowed only, and what is allowed counts for nothing."""
    both = with_routes({"receiver": "chat", "continue": True, "matchers": ["alertname=QueueLong"]})
    score = kept()
    score.configuration = both
    score.allows = [Allowed("QueueLong", "chat", "the chat is told too")]
    score.notified(score.firing(), receiver="chat", group=chat_group("QueueLong"))
    found = covered(score)
    assert lacking(found) == {"reaches", "grouped", "silent in near miss"}
    assert [route.path for route in of(found).unseen] == ['{}/{alertname="QueueLong"}']
    assert reached(found) == ["pager"]
    expected_too = kept()
    expected_too.configuration = both
    expected_too.expects = [fires(), fires(at="chat", group=chat_group("QueueLong"))]
    for status in (score.firing(), score.resolved()):
        at = 12.01 if status.status == "firing" else 22.01
        expected_too.notified(status, at=at, receiver="chat", group=chat_group("QueueLong"))
    assert lacking(covered(expected_too)) == {"silent in near miss"}
    assert reached(covered(expected_too)) == ["chat", "pager"]


def test_an_alert_in_two_groups_of_one_receiver_must_be_expected_in_both() -> None:
    score = kept()
    score.configuration = with_routes(
        {
            "receiver": "pager",
            "continue": True,
            "group_by": ["alertname"],
            "matchers": ["alertname=QueueLong"],
        }
    )
    score.allows = [Allowed("QueueLong", "pager", "told twice")]
    score.notified(score.firing(), group={"alertname": "QueueLong"})
    found = covered(score)
    assert lacking(found) == {"grouped", "silent in near miss"}
    assert [route.group_by for route in of(found).unseen] == [("alertname",)]


def test_routes_that_differ_by_nothing_else_are_told_apart_by_the_group_key() -> None:
    """Which of them sent it stands in no label, and is not guessed."""
    same = {"receiver": "pager", "group_by": ["service"], "matchers": ["alertname=QueueLong"]}
    score = kept()
    score.configuration = with_routes({**same, "continue": True})
    assert lacking(covered(score)) == {"grouped", "silent in near miss"}
    assert proof(score).seen.routes == frozenset()
    keys = ['{}/{alertname="QueueLong"}:{service="tickets"}'] * 2
    by_first = replace(
        score,
        _arrivals=[replace(a, group_key=k) for a, k in zip(score._arrivals, keys, strict=True)],
    )
    found = covered(by_first)
    seen = [route.path for route, drills in found.routes.items() if drills]
    assert seen == ['{}/{alertname="QueueLong"}']
    assert [route.path for route in of(found).unseen] == ['{}/{severity="critical"}']


def test_without_a_near_miss_an_alert_with_a_degree_is_not_fully_proven() -> None:
    assert lacking(covered(kept())) == {"silent in near miss"}


def test_a_near_miss_of_another_alert_proves_nothing_of_this() -> None:
    other = replace(near_miss(), near_misses={"small": "ApiSlow"})
    found = covered(kept(), other)
    assert lacking(found) == {"silent in near miss"}
    assert of(found, "ApiSlow").proven["silent in near miss"] == ("drill 1",)


def test_a_near_miss_that_was_held_too_briefly_proves_nothing() -> None:
    assert lacking(covered(kept(), near_miss(held=1.0))) == {"silent in near miss"}


def test_an_alert_that_tells_of_a_state_needs_no_near_miss() -> None:
    """There is nothing between a target that is up and one that is down."""
    assert "silent in near miss" not in of(covered(kept()), "ApiDown").proven
    missed = replace(near_miss(), near_misses={"small": "ApiDown"})
    assert of(covered(missed), "ApiDown").proven["silent in near miss"] == ("drill 0",)


@pytest.mark.parametrize(("at", "is_silent"), [(4.49, False), (4.5, True)])
def test_the_baseline_counts_only_where_the_alert_had_the_time_to_fire(
    at: float, is_silent: bool
) -> None:
    """QueueLong looks back 0.75 s in all, on a load that stands from 2 on, and may take 1.75 s."""
    score = Score(expects=[fires(resolves=False)])
    score.fault(at=at, confirmed=at + 0.25).fired(active=5.0, firing=6.0)
    score.notified(score.firing(since=6.0), at=6.51)
    assert covered(score).drills == {"drill 0": "pass"}
    assert ("silent at baseline" in lacking(covered(score))) is not is_silent


def test_a_rule_that_looks_back_further_is_watched_from_the_end_of_the_warm_up() -> None:
    """No longer than until all rules have filled, whatever the form of the expression."""
    rules = (rule("Wide", "max_over_time(queue[9s]) > 5"), *CONFIGURATION.rules)
    configuration = replace(CONFIGURATION, rules=rules)
    for length, is_silent in ((14.74, False), (14.75, True)):
        quiet = Score(expects=[Silent("QueueLong")], configuration=configuration, length=length)
        assert ("silent at baseline" in lacking(covered(quiet), "Wide")) is not is_silent


def test_a_near_miss_ends_the_baseline_as_a_fault_does() -> None:
    assert "silent at baseline" in lacking(covered(near_miss(at=4.0)))


def test_an_alert_that_fired_at_the_baseline_was_not_silent_there_though_it_is_allowed() -> None:
    score = kept()
    score.allows = [Allowed("ApiSlow", "chat", "it may")]
    assert of(covered(score), "ApiSlow").proven["silent at baseline"] == ("drill 0",)
    score.fired("ApiSlow", active=5.0, firing=6.5, until=8.0)
    assert "silent at baseline" in lacking(covered(score), "ApiSlow")
    assert "silent at baseline" not in lacking(covered(score), "QueueLong")
    told = kept()
    told.allows = score.allows
    told.notified(
        told.firing("ApiSlow", since=4.0), at=7.0, receiver="chat", group=chat_group("ApiSlow")
    )
    assert "silent at baseline" in lacking(covered(told), "ApiSlow")


def test_an_inhibition_is_seen_where_its_target_fired_and_was_not_told() -> None:
    found = covered(muted())
    (text,) = found.inhibitions
    assert text == 'alertname="ApiDown" (equal service) mutes alertname="ApiSlow"'
    assert found.inhibitions[text] == ("drill 0",)


def test_an_alert_that_was_inhibited_fired_and_reached_nobody() -> None:
    proven = of(covered(muted()), "ApiSlow").proven
    assert proven["fires"] == ("drill 0",)
    assert proven["reaches"] == ()
    assert proven["grouped"] == ()


def test_an_alert_that_a_silence_kept_back_fired_and_no_inhibition_acted() -> None:
    score = Score(expects=[Muted("ApiSlow", by="hush", fault="surge")])
    score.fault("hush", at=8.0, confirmed=8.1, healing=24.0, healed=24.1)
    score.fault("surge").fired("ApiSlow", active=11.5, firing=13.0, until=20.0)
    found = covered(score)
    assert found.drills == {"drill 0": "pass"}
    assert of(found, "ApiSlow").proven["fires"] == ("drill 0",)
    assert of(found, "ApiSlow").proven["reaches"] == ()
    assert list(found.inhibitions.values()) == [()]


def test_an_inhibition_that_is_declared_but_had_nothing_to_mute_is_not_seen() -> None:
    found = covered(muted(target=False))
    assert list(found.inhibitions.values()) == [()]
    assert "fires" in lacking(found, "ApiSlow")


def test_an_inhibition_beside_another_that_mutes_the_same_is_not_seen_to_act() -> None:
    """Either could be left out and nothing would change."""
    alertmanager = deepcopy(dict(ALERTMANAGER))
    alertmanager["inhibit_rules"].append(
        {
            "source_matchers": ['severity="critical"'],
            "target_matchers": ['severity="warning"'],
            "equal": ["service"],
        }
    )
    found = covered(muted(replace(CONFIGURATION, alertmanager=alertmanager)))
    assert list(found.inhibitions.values()) == [(), ()]
    apart = deepcopy(alertmanager)
    apart["inhibit_rules"][1]["equal"] = ["alertname"]
    found = covered(muted(replace(CONFIGURATION, alertmanager=apart)))
    assert list(found.inhibitions.values()) == [("drill 0",), ()]


def test_an_alert_that_outlived_its_inhibition_reached_a_route_that_no_drill_names() -> None:
    score = Score(expects=[fires("ApiDown", resolves=False), inhibited()])
    score.fault(confirmed=10.75).fired("ApiDown", active=11.0, firing=11.5, until=15.0)
    score.fired("ApiSlow", active=11.5, firing=13.0, until=20.0)
    score.notified(score.firing("ApiDown"))
    slow = score.firing("ApiSlow", since=13.0)
    score.notified(slow, at=15.5, receiver="chat", group=chat_group("ApiSlow"))
    found = covered(score)
    assert found.drills == {"drill 0": "pass"}
    assert reached(found) == ["chat", "pager"]
    assert of(found, "ApiSlow").proven["reaches"] == ()


def test_a_receiver_that_only_allowed_notifications_reached_is_not_proven() -> None:
    score = kept()
    watchdog = score.firing("Watchdog", since=0.0)
    score.notified(watchdog, at=0.51, receiver="switch", group=SWITCH_GROUP)
    found = covered(score)
    assert found.drills == {"drill 0": "pass"}
    assert reached(found) == ["pager"]
    assert found.receivers == {"chat": (), "pager": ("drill 0",), "switch": ()}
    assert lacking(found, "Watchdog") >= {"fires", "reaches"}
    assert reached(covered(score, beating())) == ["pager", "switch"]


def test_a_route_is_reached_where_a_notification_came_by_it_and_not_by_one_above() -> None:
    found = covered(kept())
    assert {route.path: drills for route, drills in found.routes.items()} == {
        "{}": (),
        '{}/{alertname="Watchdog"}': (),
        '{}/{severity="critical"}': ("drill 0",),
    }


def test_a_heartbeat_need_not_resolve_nor_be_silent() -> None:
    found = covered(beating())
    assert of(found, "Watchdog").proven == {
        "fires": ("drill 0",),
        "reaches": ("drill 0",),
        "grouped": ("drill 0",),
    }
    assert of(found, "Watchdog").is_full
    once = replace(beating(), _arrivals=beating()._arrivals[:1])
    assert not of(covered(once), "Watchdog").is_full


def test_a_rule_with_no_drill_is_unproven_whether_it_was_loaded_or_not() -> None:
    only_in_files = replace(CONFIGURATION, rules=(rule("DiskFull", "disk > 0.9"),))
    found = coverage([proof(near_miss())], inventory_of(only_in_files))
    assert (of(found, "DiskFull").is_loaded, lacking(found, "DiskFull")) == (False, ALL)
    assert of(found, "ApiSlow").is_loaded
    assert "fires" in lacking(found, "ApiSlow")
    assert found.rules[0].rule.name == "DiskFull"
    assert len(found.rules) == 5


def two_of_one_name(*labels: dict[str, str]) -> Configuration:
    rules = [replace(CONFIGURATION.rules[0], labels=each) for each in labels]
    return replace(CONFIGURATION, rules=(*rules, *CONFIGURATION.rules[1:]))


def fires_by_labels(configuration: Configuration) -> dict[str, bool]:
    score = kept()
    score.configuration = configuration
    found = covered(score)
    assert found.drills == {"drill 0": "pass"}
    return {
        dict(each.rule.labels).get("tier", ""): bool(each.proven["fires"])
        for each in found.rules
        if each.rule.name == "QueueLong"
    }


def test_of_rules_of_one_name_the_one_is_proven_whose_labels_the_alert_has() -> None:
    gold = {**CRITICAL, "tier": "gold"}
    assert fires_by_labels(two_of_one_name(CRITICAL, gold)) == {"": True, "gold": False}


def test_of_rules_that_nothing_tells_apart_neither_is_proven() -> None:
    assert fires_by_labels(two_of_one_name(CRITICAL, CRITICAL)) == {"": False}


def test_a_drill_of_which_one_timeline_failed_proves_nothing_by_another() -> None:
    passed, failed = proof(kept()), proof(kept(notified_at=19.0))
    unknown = proof(replace(kept().timeline(), problems=("no sink",)))
    for proofs in ([passed, failed], [failed, passed], [failed, unknown, passed]):
        found = coverage(proofs, Inventory())
        assert found.drills == {"business/queue": "fail"}
        assert lacking(found) == ALL
    for proofs in ([passed, unknown], [unknown, passed]):
        found = coverage(proofs, Inventory())
        assert found.drills == {"business/queue": "pass"}
        assert lacking(found) == {"silent in near miss"}


def test_drills_of_several_runs_prove_together_what_each_proves_alone() -> None:
    """Split over jobs, in any order, and with one of them given twice."""
    proofs = [proof(kept(), "a"), proof(near_miss(), "b"), proof(beating(), "c")]

    def fully(some: Sequence[Proof]) -> int:
        return coverage(some, Inventory()).full

    assert [fully([each]) for each in proofs] == [0, 0, 1]
    assert fully(proofs) == fully([*proofs[::-1], proofs[0]]) == 2
    assert coverage(proofs, Inventory()).percent == 50.0


def test_the_same_rule_at_another_speed_is_the_same_rule() -> None:
    """Of what the speed divides nothing tells rules apart."""
    slow = tuple(
        replace(each, for_seconds=each.for_seconds * 4, expression=f"{each.expression} > 0")
        for each in CONFIGURATION.rules
    )
    found = coverage([proof(kept())], inventory_of(replace(CONFIGURATION, rules=slow)))
    assert len(found.rules) == len(CONFIGURATION.rules)


def test_a_recording_rule_is_used_where_an_alert_that_reads_it_fired() -> None:
    recorded = [
        replace(rule(name, expression), kind="recording", labels={})
        for name, expression in (
            ("queue_waiting", "queue:raw:sum"),
            ("queue:raw:sum", "sum(queue_raw)"),
            ("api_seconds", "max(api_raw)"),
        )
    ]
    score = kept()
    score.configuration = replace(
        CONFIGURATION,
        rules=(*CONFIGURATION.rules, *recorded),
    )
    found = covered(score)
    assert found.drills == {"drill 0": "pass"}
    assert {key.name: drills for key, drills in found.recordings.items()} == {
        "queue_waiting": ("drill 0",),
        "queue:raw:sum": ("drill 0",),
        "api_seconds": (),
    }
    assert len(found.rules) == len(CONFIGURATION.rules)


def test_a_verdict_from_beside_the_timeline_takes_all_proof_away_and_gives_none() -> None:
    passed = proof(kept())
    assert passed.with_verdict("pass") == passed
    for verdict in ("fail", "error", "unknown"):
        found = coverage([passed.with_verdict(verdict)], Inventory())
        assert lacking(found) == ALL
        assert found.drills == {"business/queue": verdict}
    failed = proof(kept(notified_at=19.0))
    assert lacking(coverage([failed.with_verdict("pass")], Inventory())) == ALL


def test_of_no_rules_no_share_is_proven() -> None:
    found = coverage([], Inventory())
    assert (found.full, found.percent) == (0, None)


def test_every_rule_counts_in_the_share() -> None:
    files = Inventory(alerts=tuple(RuleKey(f"Rule{n}", "f", "g") for n in range(4)))
    found = coverage([proof(beating())], files)
    assert (found.full, len(found.rules), found.percent) == (1, 8, 12.5)


def test_a_drill_that_did_not_pass_saw_nothing_by_itself_either() -> None:
    """Whoever reads its proof need not ask for its verdict."""
    for drill in (kept(notified_at=19.0), replace(kept().timeline(), problems=("no sink",))):
        assert proof(drill).seen == Seen()
    assert proof(kept()).with_verdict("fail").seen == Seen()
    assert proof(kept()).seen != Seen()


def test_the_first_of_several_disturbances_ends_the_baseline() -> None:
    score = near_miss(at=4.0)
    score.fault("more", near_miss=True, at=20.0, confirmed=20.25, healing=30.0, healed=30.25)
    score.near_misses = {"small": "QueueLong", "more": "QueueLong"}
    assert covered(score).drills == {"drill 0": "pass"}
    assert "silent at baseline" in lacking(covered(score))


def test_however_briefly_an_alert_fired_it_was_not_silent() -> None:
    score = kept()
    score.allows = [Allowed("ApiSlow", "chat", "it may")]
    score.fired("ApiSlow", active=6.0, firing=7.5, until=7.75)
    assert "silent at baseline" in lacking(covered(score), "ApiSlow")


def test_an_inhibition_is_seen_in_the_shortest_time_in_which_its_target_was_due() -> None:
    score = muted(target=False).fired("ApiSlow", active=11.5, firing=13.0, until=13.75)
    assert list(covered(score).inhibitions.values()) == [("drill 0",)]


def test_an_alert_of_which_only_the_resolve_arrived_was_not_told_of() -> None:
    """It resolved before its group was told; it is listed because another member fires."""
    configuration = two_of_one_name(CRITICAL, {**CRITICAL, "tier": "gold"})
    score = kept()
    score.configuration = configuration
    score.fired(active=19.25, firing=20.25, until=20.5, tier="gold")
    gone = score.resolved(since=20.25, tier="gold")
    told, resolved = score._arrivals
    resolved = replace(resolved, alerts=(*resolved.alerts, gone))
    score = replace(score, _arrivals=[told, resolved])
    found = covered(score)
    assert found.drills == {"drill 0": "pass"}
    assert [bool(each.proven["fires"]) for each in found.rules[:2]] == [True, False]


def test_a_receiver_that_was_told_of_the_resolve_alone_is_not_proven() -> None:
    """ApiSlow was muted until it resolved with its source, and the chat heard of that only."""
    score = muted()
    score._samples, score._states = [], []
    score.fired("ApiDown", active=11.0, firing=11.5, until=20.0)
    score.fired("ApiSlow", active=11.5, firing=13.0, until=20.0)
    listed = score.resolved("ApiSlow", since=13.0, ends=20.0)
    score.notified(listed, at=21.51, receiver="chat", group=chat_group("ApiSlow"))
    assert proof(score).verdict == "pass"
    assert "chat" not in proof(score).seen.receivers
    assert "pager" in proof(score).seen.receivers


def test_an_alert_that_fired_just_before_the_baseline_was_silent_there() -> None:
    """The load stood at 2 s, and 0.75 s later all that ApiDown looks back on was under it."""
    score = kept()
    score.allows = [Allowed("ApiDown", "pager", "a surge as the load begins")]
    score.fired("ApiDown", active=1.5, firing=2.0, until=2.75)
    assert "silent at baseline" not in lacking(covered(score), "ApiDown")
    still = kept()
    still.allows = score.allows
    still.fired("ApiDown", active=1.5, firing=2.0, until=3.25)
    assert "silent at baseline" in lacking(covered(still), "ApiDown")
