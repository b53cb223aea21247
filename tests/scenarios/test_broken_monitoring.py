"""What drills, recorder and preflight do about a monitoring that breaks."""

from scenarios.configuration import from_files
from scenarios.deadlines import Deadlines
from scenarios.drill import Drill, begin, end, fires, heartbeat, silent, until_notified
from scenarios.judge.timeline import FaultRecord
from scenarios.misdeclared import problems
from scenarios.preflight import preflight, restarts
from scenarios.recorder import increases
from scenarios.source import whole
from stack.faults.alertmanager_down import AlertmanagerDown
from stack.faults.prometheus_down import PrometheusDown
from stack.faults.redis_down import RedisDown
from stack.run.configuration import PRODUCTION, layers_in

SPEED = 60.0


def test_what_is_waited_for_must_have_begun_and_is_still_to_be_ended() -> None:
    steps = [begin(RedisDown()), until_notified("redis_down"), end("redis_down")]
    assert list(problems(Drill(expects=[silent()], steps=steps))) == []
    assert list(problems(Drill(expects=[silent()], steps=[steps[1], steps[0], steps[2]]))) == [
        "until_notified('redis_down') waits for nothing: 'redis_down' is not in then"
    ]
    assert list(problems(Drill(expects=[silent()], steps=steps[:2]))) == [
        "'redis_down' is begun and never ended; add end('redis_down')"
    ]


def test_the_words_of_a_drill_become_promises_by_step() -> None:
    beat = heartbeat("Watchdog", every="7m", at="x", group={}, stops={"down": "6m"})
    assert beat.stops == {"down": 360.0}
    alert = fires("A", within="1m", at="x", group={}, restarts={"down": "firing"})
    assert alert.restarts == {"down": "firing"}


def test_faults_say_which_service_they_stop() -> None:
    assert PrometheusDown().stops == ("prometheus",)
    assert AlertmanagerDown().stops == ("alertmanager",)
    assert AlertmanagerDown("second").stops == ("alertmanager_2",)
    assert RedisDown().stops == ("redis",)


def test_a_counter_that_was_restarted_has_grown_from_nothing() -> None:
    assert increases(((1.0, 5.0), (2.0, 7.0), (3.0, 1.0), (4.0, 1.0))) == [2.0, 1.0, 0.0]
    assert increases(()) == []


def test_a_heartbeat_is_awaited_for_longer_than_between_two_beats() -> None:
    """Given up after 4 s, and silent for the 6.25 s that may be between two anyway."""
    configuration = from_files(
        PRODUCTION, speed=SPEED, layers=layers_in(PRODUCTION), layers_absent={}
    )
    beat = heartbeat(
        "Watchdog",
        every="7m",
        at="dead-mans-switch",
        group={"alertname": "Watchdog"},
        stops={"down": "6m"},
    )
    record = FaultRecord("down", "down", False, {}, 99.9, 100.0, "gone", stops=("prometheus",))
    until = Deadlines(configuration).silent_until(beat, record)
    assert 100 + 4 + 6.25 < until < 100 + 4 + 6.25 + 1


def test_rules_that_a_restart_resolves_falsely_are_named_before_a_run() -> None:
    drill = Drill(expects=[silent()], name="x/y", path="y.py")
    named = [line for line in preflight([drill], PRODUCTION, SPEED) if "resolved falsely" in line]
    assert any("TargetDown (for 3m) may be resolved falsely" in line for line in named)
    assert not any("ApiDown" in line for line in named)


def test_what_a_restart_delays_is_explained() -> None:
    lines = restarts(PRODUCTION)
    assert "  ApiDown (for 1m): up to 1m, it starts over" in lines
    assert whole(PRODUCTION).resend_delay_seconds == 60.0
