"""A maintenance window in a real Alertmanager's configuration: put in, seen, and put back."""

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from stack.faults.fault import FaultError
from stack.faults.maintenance_window import MaintenanceWindow, with_window
from stack.faults.silence import Silence
from stack.observe.alertmanager import Alertmanager
from tests.stack.faults.small_stack import SmallStack

CONFIGURATION = {
    "route": {
        "receiver": "chat",
        "routes": [
            {"receiver": "pager", "matchers": ['severity="critical"']},
            {
                "receiver": "team",
                "matchers": ['team="a"'],
                "routes": [{"receiver": "pager", "matchers": ['severity="page"']}],
            },
        ],
    },
    "receivers": [{"name": name} for name in ("chat", "pager", "team")],
}


def test_every_route_to_the_receiver_is_muted_and_no_other() -> None:
    muted = with_window(CONFIGURATION, "pager")
    first, team = muted["route"]["routes"]
    assert first["mute_time_intervals"] == ["maintenance"]
    assert team["routes"][0]["mute_time_intervals"] == ["maintenance"]
    assert "mute_time_intervals" not in team
    assert "mute_time_intervals" not in muted["route"]
    assert "time_intervals" not in CONFIGURATION


def test_what_a_route_muted_before_stays_muted() -> None:
    nights = {"receiver": "chat", "routes": [{"receiver": "x", "mute_time_intervals": ["nights"]}]}
    muted = with_window({"route": nights, "time_intervals": [{"name": "nights"}]}, "x")
    assert muted["route"]["routes"][0]["mute_time_intervals"] == ["nights", "maintenance"]
    assert [interval["name"] for interval in muted["time_intervals"]] == ["nights", "maintenance"]


@pytest.mark.parametrize("receiver", ["chat", "nobody"])
def test_a_receiver_of_no_route_below_the_root_cannot_be_muted(receiver: str) -> None:
    with pytest.raises(FaultError, match=f"no route below the root names receiver '{receiver}'"):
        with_window(CONFIGURATION, receiver)


@pytest.fixture
def stack(start_stack: Callable[..., SmallStack]) -> SmallStack:
    return start_stack("alertmanager", alertmanager=CONFIGURATION)


def file_of(stack: SmallStack) -> Path:
    return stack.directory / "alertmanager" / "alertmanager.yml"


@pytest.mark.engines
def test_it_is_loaded_while_it_is_in_and_the_file_is_as_before_when_healed(
    stack: SmallStack,
) -> None:
    window, before = MaintenanceWindow("pager"), file_of(stack).read_text()
    running = Alertmanager(stack.addresses.alertmanager).configuration()
    window.heal(stack)
    assert window.read_back_healed(stack).took_effect
    assert not window.read_back(stack).took_effect

    window.inject(stack)
    readback = window.read_back(stack)
    assert readback.took_effect
    assert readback.observed == "2 of 2 routes to pager are muted"
    assert not window.read_back_healed(stack).took_effect

    window.heal(stack)
    assert window.read_back_healed(stack).took_effect
    assert file_of(stack).read_text() == before
    assert Alertmanager(stack.addresses.alertmanager).configuration() == running
    assert [path.name for path in file_of(stack).parent.glob("*.yml*")] == ["alertmanager.yml"]


@pytest.mark.engines
def test_a_configuration_that_alertmanager_refuses_leaves_the_file_as_it_was(
    stack: SmallStack,
) -> None:
    """Its own interval of that name is there twice then."""
    broken = {**CONFIGURATION, "time_intervals": [{"name": "maintenance"}]}
    file_of(stack).write_text(yaml.safe_dump(broken))
    before = file_of(stack).read_text()
    with pytest.raises(FaultError, match="answered 500"):
        MaintenanceWindow("pager").inject(stack)
    assert file_of(stack).read_text() == before


def test_a_reload_begins_every_group_anew_and_a_silence_does_not() -> None:
    """The judge holds no notification against its group's ticks after the one, and does after the
    other."""
    assert MaintenanceWindow("pager").restarts_groups
    assert not Silence({"alertname": "X"}, comment="why").restarts_groups
