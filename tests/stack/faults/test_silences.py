"""Silences of a real Alertmanager: made, seen to be active, expired, and told apart."""

from collections.abc import Callable

import pytest
import requests

from sink.rfc3339 import unix_seconds
from stack.faults.silence import CREATED_BY, Silence
from stack.run.stack import Service
from tests.stack.faults.small_stack import SmallStack

LATE = {"alertname": "TrainLate"}


@pytest.fixture
def stack(start_stack: Callable[..., SmallStack]) -> SmallStack:
    service: Service = "alertmanager"
    return start_stack(service)


def state_of(stack: SmallStack, labels: dict[str, str]) -> str:
    """What Alertmanager says of an alert with these labels that was just sent to it."""
    url = f"{stack.addresses.alertmanager}/api/v2/alerts"
    assert requests.post(url, json=[{"labels": labels}], timeout=5).ok
    matching = [f'{name}="{value}"' for name, value in labels.items()]
    (alert,) = requests.get(url, params={"filter": matching}, timeout=5).json()
    return str(alert["status"]["state"])


@pytest.mark.engines
def test_a_silence_mutes_alerts_with_its_labels_until_it_is_expired(stack: SmallStack) -> None:
    silence = Silence(LATE, comment="works on the line")
    assert state_of(stack, {**LATE, "line": "1"}) != "suppressed"
    silence.inject(stack)
    assert silence.read_back(stack).took_effect
    assert not silence.read_back_healed(stack).took_effect
    assert state_of(stack, {**LATE, "line": "2"}) == "suppressed"
    assert state_of(stack, {"alertname": "TrainFull"}) != "suppressed"
    silence.heal(stack)
    assert silence.read_back_healed(stack).took_effect
    assert not silence.read_back(stack).took_effect
    assert state_of(stack, {**LATE, "line": "3"}) != "suppressed"
    silence.heal(stack)


@pytest.mark.engines
def test_expiring_one_silence_leaves_the_other(stack: SmallStack) -> None:
    one, other = Silence(LATE, comment="one"), Silence(LATE, comment="other")
    one.inject(stack)
    other.inject(stack)
    one.heal(stack)
    assert one.read_back_healed(stack).took_effect
    assert other.read_back(stack).took_effect


@pytest.mark.engines
def test_its_length_is_divided_by_the_speed_of_the_stack(stack: SmallStack) -> None:
    stack.speed = 3600.0
    Silence(LATE, comment="two hours", lasts_seconds=7200.0).inject(stack)
    url = f"{stack.addresses.alertmanager}/api/v2/silences"
    (silence,) = requests.get(url, timeout=5).json()
    assert silence["createdBy"] == CREATED_BY
    # What is past already when Alertmanager hears of it is cut off.
    assert 0 < unix_seconds(silence["endsAt"]) - unix_seconds(silence["startsAt"]) <= 2.001


@pytest.mark.parametrize(
    ("matchers", "comment", "wrong"),
    [({}, "why", "matchers must name a label"), (LATE, " ", "comment must say")],
)
def test_a_silence_that_cannot_be_meant_is_refused(
    matchers: dict[str, str], comment: str, wrong: str
) -> None:
    with pytest.raises(ValueError, match=wrong):
        Silence(matchers, comment=comment)
