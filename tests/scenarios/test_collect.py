"""A drill file is read as it is meant, or refused with its path, the line, and what to write."""

import textwrap
from pathlib import Path

import pytest

from scenarios.collect import LAYERS, ROOT, is_drill_file, load_drill
from scenarios.drill import Drill, DrillError
from scenarios.judge.expectation import Fires, Silent

GOOD = '''
"""More than 5 % failed payments page the payments team.

The rest of the docstring is for readers of the file.
"""
from scenarios.drill import Drill, fault, fires, near_miss
from scenarios.load import Load
from stack.faults.payment_failures import PaymentFailures

DRILL = Drill(
    load=Load("payments", 20),
    steps=[
        near_miss(PaymentFailures(failure_ratio=0.035), of="PaymentFailureRatioHigh"),
        fault(PaymentFailures(failure_ratio=0.2)),
    ],
    expects=[
        fires("PaymentFailureRatioHigh", within="6m", at="payments-pager",
              group={"service": "payments"}),
    ],
)
'''
WORDS = """
from scenarios.drill import Drill, begin, end, fault, fires, near_miss, quiet, silent, together
from scenarios.load import Load
from stack.faults.payment_failures import PaymentFailures
from stack.faults.redis_down import RedisDown
"""
REDIS_DOWN = 'fires("RedisDown", within="2m", at="platform-pager", group={})'


def written(folder: Path, text: str, name: str = "drill") -> Path:
    path = folder / "business" / f"{name}.py"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text.lstrip("\n"))
    return path


def refusal(folder: Path, text: str) -> str:
    with pytest.raises(DrillError) as caught:
        load_drill(written(folder, text), folder)
    return str(caught.value)


def drill_with(arguments: str, doc: str = '"""Proves it."""') -> str:
    """A file whose last line declares the drill; it is line 6."""
    return f"{doc}{WORDS}DRILL = Drill({arguments})\n"


def test_a_good_drill_has_its_name_layer_and_statement_from_its_file(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD, "payment_failures")
    drill = load_drill(path, tmp_path)
    assert (drill.name, drill.layer, drill.path) == (
        "business/payment_failures",
        "business",
        str(path),
    )
    assert drill.proves == "More than 5 % failed payments page the payments team."
    assert [(step.kind, step.alert) for step in drill.steps] == [
        ("near miss", "PaymentFailureRatioHigh"),
        ("fault", ""),
    ]
    (fires,) = drill.expects
    assert isinstance(fires, Fires)
    assert fires.within_seconds == 360
    assert not drill.disturbs_host


def test_every_drill_of_the_project_is_collected_and_has_a_name_of_its_own() -> None:
    paths = sorted(path for path in ROOT.glob("*/*.py") if is_drill_file(path))
    names = [load_drill(path).name for path in paths]
    assert len(names) == len(set(names)) >= 11
    assert {name.partition("/")[0] for name in names} <= set(LAYERS)


def test_silent_without_a_name_stands_for_every_loaded_alert_but_the_heartbeat(
    tmp_path: Path,
) -> None:
    drill = load_drill(
        written(tmp_path, drill_with("steps=[quiet()], expects=[silent()]")), tmp_path
    )
    declaration = drill.declaration(["RedisDown", "Watchdog", "ApiDown"])
    assert declaration.expects == (Silent("RedisDown"), Silent("ApiDown"))
    assert [allowed.alert for allowed in declaration.allows] == ["Watchdog"]


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        pytest.param('"""D."""\n', "", "defines DRILL = Drill(...)", id="no DRILL"),
        pytest.param('"""D."""\nDRILL = {"steps": []}\n', "", "this one does not", id="a dict"),
        pytest.param(
            drill_with("steps=[quiet()], expects=[]"), "", "no expectation", id="no expectation"
        ),
        pytest.param(
            drill_with("steps=[], expects=[silent()]"), "", "without steps", id="no steps"
        ),
        pytest.param(
            drill_with("steps=[quiet()], expects=[silent()]", doc=""),
            "",
            "as a docstring, what it proves",
            id="no docstring",
        ),
        pytest.param(
            drill_with("steps=[quiet()], expects=[silent()]", doc='"""\n \n"""'),
            "",
            "as a docstring, what it proves",
            id="an empty docstring",
        ),
        pytest.param(
            drill_with("steps=[quiet(), expects=[silent()]"),
            ":6",
            "SyntaxError",
            id="a syntax error",
        ),
        pytest.param(
            '"""D."""\n\nfrom scenarios.dril import Drill\n',
            ":3",
            "No module named 'scenarios.dril'",
            id="an import that is misspelt",
        ),
        pytest.param(
            '"""D."""\nfrom scenarios.drill import Dril\n',
            ":2",
            "cannot import name 'Dril'",
            id="a name that is misspelt",
        ),
        pytest.param(
            drill_with("steps=[quiet()], expects=[silnt()]"),
            ":6",
            "name 'silnt' is not defined",
            id="a word that is misspelt",
        ),
        pytest.param(
            drill_with("steps=[quiet()], expect=[silent()]"),
            ":6",
            "unexpected keyword argument 'expect'",
            id="a field that is misspelt",
        ),
        pytest.param(
            drill_with("steps=[quiet()], expects=[Drill.silent()]"),
            ":6",
            "has no attribute 'silent'",
            id="an attribute nobody has",
        ),
        pytest.param(
            drill_with("steps=[{}['quiet']], expects=[silent()]"), ":6", "KeyError", id="any error"
        ),
        pytest.param(
            drill_with("steps=[fault(PaymentFailures(failure_ratio=20))], expects=[silent()]"),
            ":6",
            "PaymentFailures.failure_ratio must be a ratio above 0 and at most 1, not 20",
            id="a fault's parameter out of bounds",
        ),
        pytest.param(
            drill_with("steps=[fault(PaymentFailures())], expects=[silent()]"),
            ":6",
            "missing 1 required positional argument: 'failure_ratio'",
            id="a fault without its parameter",
        ),
        pytest.param(
            drill_with(f"steps=[fault(RedisDown())], expects=[{REDIS_DOWN.replace('2m', 'soon')}]"),
            ":6",
            "RedisDown: 'soon' is not a duration such as 90s or 8m",
            id="a promise that is no duration",
        ),
        pytest.param(
            drill_with(f"steps=[fault(RedisDown())], expects=[{REDIS_DOWN.replace('2m', '0s')}]"),
            ":6",
            "a promise of '0s' cannot be kept",
            id="a promise of nothing",
        ),
        pytest.param(
            drill_with(f"steps=[fault(RedisDown())], expects=[{REDIS_DOWN.replace('2m', '-2m')}]"),
            ":6",
            "'-2m' is not a duration",
            id="a promise in the past",
        ),
        pytest.param(
            drill_with("steps=[RedisDown()], expects=[silent()]"),
            "",
            "steps holds RedisDown(); write fault(...), near_miss(...), begin(...)",
            id="a fault that is not a step",
        ),
        pytest.param(
            drill_with("steps=[quiet], expects=[silent()]"),
            "",
            "write fault(...), near_miss(...), begin(...)",
            id="a step that is not called",
        ),
        pytest.param(
            drill_with("steps=quiet(), expects=[silent()]"),
            "",
            "write a list of fault(...)",
            id="a step outside a list",
        ),
        pytest.param(
            drill_with("steps=[quiet()], expects=silent()"),
            "",
            "write a list of fires(...)",
            id="an expectation outside a list",
        ),
        pytest.param(
            drill_with("steps=[quiet()], expects=['RedisDown']"),
            "",
            "expects holds 'RedisDown'; write fires(...)",
            id="an alert that is not an expectation",
        ),
        pytest.param(
            drill_with(f"steps=[fault(RedisDown()), fault(RedisDown())], expects=[{REDIS_DOWN}]"),
            "",
            "2 steps are called 'redis_down'; tell them apart with name=",
            id="two steps of one name",
        ),
        pytest.param(
            drill_with(f"steps=[begin(RedisDown())], expects=[{REDIS_DOWN}]"),
            "",
            "'redis_down' is begun and never ended; add end('redis_down')",
            id="begun and never ended",
        ),
        pytest.param(
            drill_with(f"steps=[fault(RedisDown()), end('redis_down')], expects=[{REDIS_DOWN}]"),
            "",
            "end('redis_down') ends nothing",
            id="ended and never begun",
        ),
        pytest.param(
            drill_with(
                "steps=[begin(RedisDown()), end('redis_down'), end('redis_down')], "
                f"expects=[{REDIS_DOWN}]"
            ),
            "",
            "end('redis_down') ends nothing",
            id="ended twice",
        ),
        pytest.param(
            drill_with(f"steps=[begin(RedisDown()), end()], expects=[{REDIS_DOWN}]"),
            "",
            "end() names no fault",
            id="an end of nothing",
        ),
        pytest.param(
            drill_with("steps=[together()], expects=[silent()]"),
            "",
            "together(...) takes fault(...) or near_miss(...), at least one",
            id="nothing together",
        ),
        pytest.param(
            drill_with(
                f"steps=[together(begin(RedisDown())), end('redis_down')], expects=[{REDIS_DOWN}]"
            ),
            "",
            "together(...) takes fault(...) or near_miss(...), at least one",
            id="a begin together",
        ),
        pytest.param(
            drill_with("steps=[together(RedisDown())], expects=[silent()]"),
            "",
            "together(...) takes fault(...) or near_miss(...), at least one",
            id="a fault that is no step, together",
        ),
        pytest.param(
            drill_with("load='payments', steps=[quiet()], expects=[silent()]"),
            "",
            "load is 'payments'; write Load(profile, rate_per_second)",
            id="a load that is a text",
        ),
        pytest.param(
            drill_with("load=Load('paymnts', 4), steps=[quiet()], expects=[silent()]"),
            "",
            "there is no load profile 'paymnts'",
            id="a load profile nobody has",
        ),
    ],
)
def test_a_mistake_in_a_drill_is_named_with_its_file_and_line(
    tmp_path: Path, text: str, where: str, what: str
) -> None:
    message = refusal(tmp_path, text)
    assert message.startswith(f"{tmp_path / 'business' / 'drill.py'}{where}: ")
    assert what in message


def test_a_file_that_cannot_be_decoded_is_refused_by_name(tmp_path: Path) -> None:
    path = written(tmp_path, "")
    path.write_bytes(b'"""\xff\xfe"""\n')
    with pytest.raises(DrillError) as caught:
        load_drill(path, tmp_path)
    assert str(path) in str(caught.value)


def test_a_mistake_deep_in_a_called_function_points_at_the_line_of_the_drill(
    tmp_path: Path,
) -> None:
    """The line a user can change is that of the drill's file, not that of the harness."""
    text = textwrap.dedent(
        '''
        """D."""
        from scenarios.drill import Drill, fires
        def expectation(within):
            return fires("RedisDown", within=within, at="platform-pager", group={})
        DRILL = Drill(
            expects=[
                expectation("later"),
            ],
        )
        '''
    )
    assert ":4: DrillError: RedisDown: 'later' is not a duration" in refusal(tmp_path, text)


@pytest.mark.parametrize(
    ("path", "is_drill"),
    [
        (ROOT / "business" / "payment_failures.py", True),
        (ROOT / "business" / "_draft.py", False),
        (ROOT / "business" / "__init__.py", False),
        (ROOT / "business" / "notes.md", False),
        (ROOT / "business" / "deeper" / "drill.py", False),
        (ROOT / "drill.py", False),
        (ROOT / "judge" / "verdict.py", False),
        (ROOT.parent / "business" / "drill.py", False),
    ],
    ids=str,
)
def test_drills_are_only_where_drills_are_kept(path: Path, is_drill: bool) -> None:
    assert is_drill_file(path) is is_drill


def test_a_checkout_reached_through_a_symbolic_link_has_the_same_drills(tmp_path: Path) -> None:
    link = tmp_path / "checkout"
    link.symlink_to(ROOT.parent)
    path = link / "scenarios" / "business" / "api_down.py"
    assert is_drill_file(path)
    drill: Drill = load_drill(path)
    assert drill.name == "business/api_down"
