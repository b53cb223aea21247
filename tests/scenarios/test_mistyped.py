"""A drill whose data is not of the declared types is refused as it is read, with what to write."""

from pathlib import Path

import pytest

from scenarios.collect import all_drills, load_drill
from scenarios.drill import DrillError
from scenarios.mistyped import is_a, wrong_members

HEAD = '''"""Redis down pages the platform team."""
from scenarios.drill import (
    Drill, begin, end, fault, fires, inhibited, near_miss, silent, together, until_notified
)
from scenarios.judge.expectation import Allowed
from scenarios.load import Load
from stack.faults.disturbance import Disturbance
from stack.faults.fault import Readback
from stack.faults.redis_down import RedisDown

class Own(Disturbance):
    name = "own"
    {member}
    def inject(self, stack): pass
    def read_back(self, stack): return Readback(True, "")
    def heal(self, stack): pass
    def read_back_healed(self, stack): return Readback(True, "")

class Bare:
    name = "bare"

R = fires("RedisDown", within="2m", at="platform-pager", group={{"service": "redis"}})
F = fault(RedisDown())
DRILL = Drill({arguments})
'''


def refused(folder: Path, arguments: str, member: str = "") -> str:
    path = folder / "application" / "drill.py"
    path.parent.mkdir()
    path.write_text(HEAD.format(arguments=arguments, member=member))
    with pytest.raises(DrillError) as caught:
        load_drill(path, folder)
    return str(caught.value).removeprefix(f"{path}: ")


def fires_with(arguments: str) -> str:
    return f'steps=[F], expects=[fires({arguments}, within="2m")]'


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (
            fires_with('None, at="a", group={}'),
            "fires(None, ...): alert is None; write a text",
        ),
        (
            fires_with('"RedisDown", at=["a"], group={}'),
            "fires('RedisDown', ...): at is ['a']; write a text",
        ),
        (
            fires_with('"RedisDown", at="a", group={"shard": 1}'),
            "fires('RedisDown', ...): group is {'shard': 1}; write a mapping of a text to a text",
        ),
        (
            fires_with('"RedisDown", at="a", group={}, message="Redis is down"'),
            "fires('RedisDown', ...): message is 'Redis is down'; write Message(...) or None",
        ),
        (
            fires_with('"RedisDown", at="a", group={}, restarts={"down": "fires"}'),
            "fires('RedisDown', ...): restarts is {'down': 'fires'}; write a mapping of a text to "
            "'pending' or 'firing'",
        ),
        (
            'steps=[F], expects=[R, inhibited("RedisLatencyHigh", by=None)]',
            "inhibited('RedisLatencyHigh', ...): by is None; write a text",
        ),
        (
            'steps=[F], expects=[R], allows=["RedisLatencyHigh"]',
            "allows is ['RedisLatencyHigh']; write a list of which each is Allowed(...)",
        ),
        (
            'steps=[F], expects=[R], allows=Allowed("RedisLatencyHigh", "a", "why")',
            "write a list of which each is Allowed(...)",
        ),
        (
            'steps=[F], expects=[R], app_settings={"APP_THREADS": 4}',
            "app_settings is {'APP_THREADS': 4}; write a mapping of a text to a text",
        ),
        (
            "steps=[F], expects=[R], alertmanagers=3",
            "alertmanagers is 3; write 1 or 2",
        ),
        (
            "steps=[F], expects=[R], alertmanagers=True",
            "alertmanagers is True; write 1 or 2",
        ),
        (
            'steps=[F], expects=[R], largest_speed="20"',
            "largest_speed is '20'; write a finite number or None",
        ),
        (
            'steps=[F], expects=[R], largest_speed=float("nan")',
            "largest_speed is nan; write a finite number or None",
        ),
        (
            "steps=[F], expects=[R], largest_speed=0",
            "largest_speed is 0; write 1, which is production's, or more",
        ),
        (
            'load=Load("payments", "20"), steps=[F], expects=[R]',
            "Load('payments', ...): rate_per_second is '20'; write a finite number",
        ),
        (
            'load=Load("payments", float("nan")), steps=[F], expects=[R]',
            "Load('payments', ...): rate_per_second is nan; write a finite number",
        ),
        (
            'load=Load("payments", 0), steps=[F], expects=[R]',
            "Load('payments', ...): rate_per_second is 0; write a number above 0, or load=None",
        ),
        (
            "load=Load(None, 20), steps=[F], expects=[R]",
            "Load(None, ...): profile is None; write a text",
        ),
        (
            'load=Load("payments", 20, options=["quick"]), steps=[F], expects=[R]',
            "options is ['quick']; write a mapping of a text to a text",
        ),
        (
            "steps=[fault(RedisDown)], expects=[R]",
            "step 'redis_down': RedisDown is a class; write RedisDown(...)",
        ),
        (
            "steps=[together(fault(RedisDown))], expects=[R]",
            "step 'redis_down': RedisDown is a class; write RedisDown(...)",
        ),
        (
            'steps=[near_miss(RedisDown, of="RedisDown")], expects=[silent()]',
            "step 'near miss of RedisDown': RedisDown is a class; write RedisDown(...)",
        ),
        (
            "steps=[fault(F)], expects=[R]",
            "step 'redis_down': Step is no fault: its needs: AttributeError",
        ),
        (
            "steps=[fault(Bare())], expects=[R]",
            "step 'bare': Bare is no fault: its needs: AttributeError: 'Bare' object has no "
            "attribute 'needs'",
        ),
        (
            "steps=[fault(RedisDown(), name=3)], expects=[R]",
            "step 3: name is 3; write a text",
        ),
        (
            "steps=[near_miss(RedisDown(), of=3)], expects=[silent()]",
            "step 'near miss of 3': alert is 3; write a text",
        ),
        (
            'steps=[fault(RedisDown(), events_per_second="5")], expects=[R]',
            "step 'redis_down': events_per_second is '5'; write a finite number or None",
        ),
        (
            "steps=[fault(RedisDown(), events_per_second=0)], expects=[R]",
            "step 'redis_down': events_per_second is 0; write how many come in a second, above 0",
        ),
        (
            'steps=[begin(RedisDown(), until="notifed"), end("redis_down")], expects=[R]',
            "step 'redis_down': until is 'notifed'; write 'notified' or 'pending' or 'due' or 'in'",
        ),
        (
            'steps=[begin(RedisDown()), until_notified(), end("redis_down")], expects=[R]',
            "until_notified() names no fault; write the name of a begin(...) before it",
        ),
    ],
)
def test_a_value_of_another_type_is_named_with_what_to_write(
    tmp_path: Path, arguments: str, told: str
) -> None:
    assert told in refused(tmp_path, arguments)


@pytest.mark.parametrize(
    ("member", "told"),
    [
        (
            "def disturbs_host(self): return False",
            "Own is no fault: its disturbs_host is a method; make it a property of True or False",
        ),
        ('lag_seconds = "3"', "Own is no fault: its lag_seconds is '3'; write a finite number"),
        (
            'lag_seconds = float("inf")',
            "Own is no fault: its lag_seconds is inf; write a finite number",
        ),
        (
            'needs = frozenset({"container"})',
            "Own is no fault: its needs is frozenset({'container'}); write a frozenset of which "
            "each is 'flash-tickets' or 'host' or",
        ),
        (
            'disturbs_jobs = ("redis")',
            "Own is no fault: its disturbs_jobs is 'redis'; write a tuple of which each is a text",
        ),
        (
            "wanted = property(lambda self: 1 / 0)",
            "Own is no fault: its wanted: ZeroDivisionError: division by zero",
        ),
    ],
)
def test_a_fault_that_is_none_is_told_before_it_is_made(
    tmp_path: Path, member: str, told: str
) -> None:
    said = refused(tmp_path, "steps=[fault(Own())], expects=[R]", member)
    assert said.startswith(f"step 'own': {told}")


def test_a_method_of_a_fault_that_cannot_be_called_is_told() -> None:
    class Unhealable:
        """All that a fault has, but nothing to call."""

        def __getattr__(self, name: str) -> None:
            return None

    assert "Unhealable is no fault: its heal is None; write a method" in list(
        wrong_members(Unhealable())
    )


def test_the_drills_of_the_project_are_of_the_types_they_are_declared_with() -> None:
    """No check of a type is stricter than the drills that there are."""
    assert len(all_drills()) > 20


@pytest.mark.parametrize(
    ("value", "hint", "is_one"),
    [
        (1, float, True),
        (float("inf"), float, False),
        (True, float, False),
        (1.0, int, False),
        (None, float | None, True),
        ("ab", tuple[str, ...], False),
        (("a", 1), tuple[str, ...], False),
        ({"a": 1.0}, dict, True),
    ],
)
def test_a_number_is_finite_and_a_text_is_no_list(
    value: object, hint: object, is_one: bool
) -> None:
    assert is_a(value, hint) is is_one
