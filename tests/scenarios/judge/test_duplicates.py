"""Two Alertmanagers tell everything once, but for what a kill of one of them explains."""

from dataclasses import replace

from scenarios.judge.verdict import judge
from tests.scenarios.judge.score import CONFIGURATION, Score, fires, kept, kinds, texts, verdict

PAIR = replace(CONFIGURATION, peer_timeout_seconds=0.25)


def told_twice(at: float, *, pair: bool = True) -> Score:
    """QueueLong is told at 12.01 s, and again at this moment; it resolves at 22.01 s."""
    score = Score(expects=[fires()], configuration=PAIR if pair else CONFIGURATION)
    score.fault().fired()
    score.notified(score.firing(), at=12.01)
    score.notified(score.firing(), at=at)
    return score.notified(score.resolved(), at=22.01)


def killed(score: Score, at: float) -> Score:
    return score.fault(
        "kill", at=at, confirmed=at + 0.1, healing=19.0, healed=19.9, stops=("alertmanager",)
    )


def test_told_once_by_a_pair_passes() -> None:
    assert verdict(replace(kept(), configuration=PAIR)) == "pass"


def test_a_duplicate_while_both_live_is_a_finding() -> None:
    score = told_twice(12.2)
    assert kinds(score) == ["duplicate"]
    assert verdict(score) == "fail"
    assert "QueueLong arrived at pager" in texts(score)


def test_of_one_alertmanager_alone_it_is_only_counted() -> None:
    score = told_twice(12.2, pair=False)
    assert verdict(score) == "pass"
    assert judge(score.timeline()).duplicates == 1


def test_a_duplicate_after_a_kill_is_excused_and_counted() -> None:
    score = killed(told_twice(13.9), 12.05)
    assert kinds(score) == []
    assert judge(score.timeline()).duplicates == 1


def test_a_kill_excuses_a_duplicate_until_the_survivors_tick_and_no_longer() -> None:
    """Gone at 12.15 s, a group interval of 2 s, a peer timeout of 0.25 s, an allowance as long."""
    assert kinds(killed(told_twice(14.64), 12.05)) == []
    assert kinds(killed(told_twice(14.66), 12.05)) == ["duplicate"]


def test_a_kill_does_not_excuse_a_duplicate_before_it() -> None:
    assert kinds(killed(told_twice(12.2), 12.3)) == ["duplicate"]


def back_at_15(score: Score) -> Score:
    return score.fault(
        "kill", at=12.05, confirmed=12.15, healing=15.0, healed=15.1, stops=("alertmanager",)
    )


def test_one_that_comes_back_excuses_a_duplicate_until_both_have_found_each_other() -> None:
    """There again at 15.1 s, 1 s to be found, then as after the kill."""
    assert kinds(back_at_15(told_twice(14.9))) == ["duplicate"]
    assert kinds(back_at_15(told_twice(15.05))) == []
    assert kinds(back_at_15(told_twice(18.59))) == []
    assert kinds(back_at_15(told_twice(18.61))) == ["duplicate"]


def test_another_fault_excuses_none() -> None:
    score = told_twice(12.2).fault("kill", at=12.05, stops=("redis",))
    assert "duplicate" in kinds(replace(score, expects=[fires(fault="surge")]))


def test_a_pair_may_repeat_at_the_ticks_of_either() -> None:
    """Each has ticks of its own: past the repeat interval of 60 s, not only at a tick of 2 s."""
    score = told_twice(73.0)
    score = replace(score, length=80.0)
    judgement = judge(score.timeline())
    assert judgement.duplicates == 0
    assert "duplicate" not in {finding.kind for finding in judgement.findings}


def test_the_second_may_send_a_peer_timeout_later_than_one_alone() -> None:
    late = kept(notified_at=12.45)
    assert "late" in kinds(late)
    assert "late" not in kinds(replace(late, configuration=PAIR))
