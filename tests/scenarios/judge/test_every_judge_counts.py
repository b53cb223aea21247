"""Nothing the judge looks at can be left out unseen: for each there is a drill it alone fails.

In each timeline below exactly one kind of defect was made and nothing is doubtful, so that the
drill would pass if whoever judges that kind were not asked.
"""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace

import pytest

from scenarios.judge.expectation import Allowed, Heartbeat, Lost, Muted, Repeats, Silent
from scenarios.judge.finding import FindingKind
from scenarios.judge.timeline import Configuration
from scenarios.judge.verdict import judge
from tests.scenarios.judge.score import (
    ALERTMANAGER,
    CONFIGURATION,
    PAGER_GROUP,
    Score,
    chat_group,
    fires,
    inhibited,
    kept,
)

BEATS_GROUP = chat_group("Watchdog")


def pager(**options: str) -> Configuration:
    """The pager's route with other waits."""
    alertmanager = deepcopy(dict(ALERTMANAGER))
    alertmanager["route"]["routes"][1].update(options)
    return replace(CONFIGURATION, alertmanager=alertmanager)


def fires_but_never_arrives() -> Score:
    return Score(expects=[fires()]).fault().fired()


def inhibited_but_never_fires() -> Score:
    return Score(expects=[inhibited()]).fault()


def muted_but_never_fires() -> Score:
    score = Score(expects=[Muted("QueueLong", by="silence", fault="surge")])
    return score.fault("silence", at=9.0, confirmed=9.1, healing=25.0, healed=25.1).fault()


def lost_but_never_fires() -> Score:
    score = Score(expects=[Lost("QueueLong", at="pager", group=PAGER_GROUP, fault="surge")])
    return score.fault()


def never_beats() -> Score:
    return Score(expects=[Heartbeat("Watchdog", 420.0, "switch", BEATS_GROUP)])


def repeats_less_often_than_promised() -> Score:
    """Told each 6 s, as configured, and promised each 5 s."""
    score = Score(expects=[Repeats("QueueLong", 300.0, "pager", PAGER_GROUP, fault="surge")])
    score.configuration = pager(repeat_interval="5s")
    score.fault(healing=29.0, healed=29.2).fired(until=30.0)
    for at in (12.01, 18.01, 24.01):
        score.notified(score.firing(), at=at)
    return score


def silent_but_fires() -> Score:
    return Score(expects=[Silent("QueueLong")]).fired()


def near_miss_that_fires() -> Score:
    """Elsewhere it is allowed, so that nobody else minds."""
    score = Score(expects=[Silent("ApiDown")], near_misses={"small": "QueueLong"})
    score.allows = [Allowed("QueueLong", "pager", "of no matter here")]
    return score.fault("small", near_miss=True).fired()


def fires_on_after_a_restart_that_restores_nothing() -> Score:
    """A ``for`` of 1 s is not restored: it must be pending again once Prometheus is back."""
    score = kept(fault="surge", restarts={"restart": "firing"})
    return score.fault(
        "restart", at=14.0, confirmed=14.05, healing=14.1, healed=14.2, stops=("prometheus",)
    )


def heartbeat_that_stops_later_than_promised() -> Score:
    """Alertmanager goes on until it gives the Watchdog up, 3.5 s on; promised within 3 s."""
    stops = {"down": 180.0}
    score = Score(expects=[Heartbeat("Watchdog", 420.0, "switch", BEATS_GROUP, stops=stops)])
    score.fault("down", at=15.0, confirmed=15.1, healing=31.5, healed=32.0, stops=("prometheus",))
    for at in (0.51, 6.51, 12.51, 18.51, 33.51, 39.51):
        beat = score.firing("Watchdog", since=0.0)
        score.notified(beat, at=at, receiver="switch", group=BEATS_GROUP)
    return score


def silent_otherwise() -> Score:
    return Score(expects=[Silent("ApiDown")])


def arrives_undeclared() -> Score:
    score = silent_otherwise()
    return score.notified(score.firing())


def fires_undeclared() -> Score:
    return silent_otherwise().fired()


def refused_by_the_sink() -> Score:
    return silent_otherwise().refused()


def comes_off_the_clock_of_its_group() -> Score:
    return kept(resolved_at=22.5)


def repeated_before_its_time() -> Score:
    score = kept()
    return score.notified(score.firing(), at=16.01)


def left_out_of_its_group() -> Score:
    """ApiDown fires from 11 s on and is allowed; the notification at 12.01 s does not list it."""
    score = kept().fired("ApiDown", active=10.5, firing=11.0, until=13.0)
    score.allows = [Allowed("ApiDown", "pager", "of no matter here")]
    return score


def notification_without_its_message() -> Score:
    """The pager is told by Slack too, and no message came."""
    score = kept()
    alertmanager = deepcopy(dict(ALERTMANAGER))
    one = next(r for r in alertmanager["receivers"] if r["name"] == "pager")
    one["slack_configs"] = [{"send_resolved": True}]
    score.configuration = replace(CONFIGURATION, alertmanager=alertmanager)
    return score


def told_to_nobody_beside_one_that_was_told() -> Score:
    """QueueLong fires in eu too, which a route sends nowhere."""
    alertmanager = deepcopy(dict(ALERTMANAGER))
    alertmanager["route"]["routes"].insert(0, {"receiver": "none", "matchers": ['region="eu"']})
    score = kept().fired(region="eu")
    score.configuration = replace(CONFIGURATION, alertmanager=alertmanager)
    return score


def told_as_firing_after_its_resolve() -> Score:
    score = kept()
    return score.notified(score.firing(), at=24.01)


def told_by_both_alertmanagers() -> Score:
    score = kept()
    score.configuration = replace(CONFIGURATION, peer_timeout_seconds=0.25)
    return score.notified(score.firing(), at=12.2)


CASES: list[tuple[Callable[[], Score], FindingKind]] = [
    (fires_but_never_arrives, "missed"),
    (inhibited_but_never_fires, "nothing to inhibit"),
    (muted_but_never_fires, "nothing to mute"),
    (lost_but_never_fires, "missed"),
    (never_beats, "missed"),
    (repeats_less_often_than_promised, "promise broken"),
    (silent_but_fires, "fired unseen"),
    (near_miss_that_fires, "near miss fired"),
    (fires_on_after_a_restart_that_restores_nothing, "not as restored"),
    (heartbeat_that_stops_later_than_promised, "promise broken"),
    (arrives_undeclared, "unexpected"),
    (fires_undeclared, "fired unseen"),
    (refused_by_the_sink, "refused"),
    (comes_off_the_clock_of_its_group, "off tick"),
    (repeated_before_its_time, "repeated early"),
    (left_out_of_its_group, "left out"),
    (notification_without_its_message, "missed"),
    (told_to_nobody_beside_one_that_was_told, "missed"),
    (told_as_firing_after_its_resolve, "not resolved"),
    (told_by_both_alertmanagers, "duplicate"),
]


@pytest.mark.parametrize(("made", "kind"), CASES, ids=[made.__name__ for made, _ in CASES])
def test_a_drill_fails_for_this_alone(made: Callable[[], Score], kind: FindingKind) -> None:
    judgement = judge(made().timeline())
    assert {f.kind for f in judgement.findings} == {kind}, [f.text for f in judgement.findings]
    assert [reason.text for reason in judgement.reasons] == []
    assert judgement.verdict == "fail"


def test_a_doubt_of_one_expectation_alone_makes_a_drill_unknown() -> None:
    """It was silent, and watched for too short a time to know."""
    score = Score(expects=[Silent("QueueLong")], length=6.0)
    judgement = judge(score.timeline())
    assert judgement.findings == ()
    assert [reason.kind for reason in judgement.reasons] == ["too short"]
    assert judgement.verdict == "unknown"


def test_a_doubt_of_the_whole_drill_alone_makes_it_unknown() -> None:
    judgement = judge(replace(kept().timeline(), problems=("the ledger could not be read",)))
    assert judgement.findings == ()
    assert len(judgement.reasons) == 1
    assert judgement.verdict == "unknown"
