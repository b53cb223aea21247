"""What others silence or mute in an Alertmanager that runs elsewhere is told, with a real one."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
import yaml

from scenarios.judge.expectation import Expectation, Fires, Inhibited, Muted, Silent
from scenarios.judge.timeline import Configuration, Declaration, Rule
from scenarios.suppressed import refuse_what_is_silenced, suppressions
from stack.observe.alertmanager import Alertmanager
from stack.run.engines import require
from stack.run.ports import PortLease
from stack.run.readiness import answers
from stack.run.stack import Addresses, StackError
from stack.run.supervisor import Supervisor
from stack.run.waiting import wait_until

pytestmark = pytest.mark.engines

LOOK_SECONDS = 0.05
WITHIN_SECONDS = 15.0
ALWAYS = [{"times": [{"start_time": "00:00", "end_time": "24:00"}]}]
MANAGER = {
    "route": {
        "receiver": "chat",
        "group_by": ["alertname"],
        "group_wait": "100ms",
        "group_interval": "200ms",
        "routes": [
            {"receiver": "night", "matchers": ["kind=night"], "mute_time_intervals": ["always"]}
        ],
    },
    "receivers": [{"name": "chat"}, {"name": "night"}],
    "time_intervals": [{"name": "always", "time_intervals": ALWAYS}],
}


@dataclass
class Elsewhere:
    """What is asked of a stack."""

    addresses: Addresses
    runs_already: bool = True


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("alertmanager")
    (folder / "alertmanager.yml").write_text(yaml.safe_dump(MANAGER))
    lease = PortLease()
    place = f"127.0.0.1:{lease.take()}"
    supervisor = Supervisor(folder / "run")
    try:
        supervisor.start(
            "alertmanager",
            [
                str(require(("alertmanager",), print)["alertmanager"].path),
                f"--config.file={folder / 'alertmanager.yml'}",
                f"--storage.path={folder / 'data'}",
                f"--web.listen-address={place}",
                "--cluster.listen-address=",
            ],
        )
        wait_until("Alertmanager", lambda: answers(f"http://{place}/-/ready"), within_seconds=30.0)
        yield f"http://{place}"
    finally:
        supervisor.close()
        lease.release()


def elsewhere(url: str) -> Any:
    return Elsewhere(Addresses("", "", "", "", url, "", "", "", 0, ""))


def fire(url: str, alert: str, **labels: str) -> None:
    body = [{"labels": {"alertname": alert, **labels}}]
    requests.post(f"{url}/api/v2/alerts", json=body, timeout=5).raise_for_status()


def silence(url: str, **labels: str) -> None:
    now = datetime.now(UTC)
    body = {
        "matchers": [
            {"name": name, "value": value, "isRegex": False, "isEqual": True}
            for name, value in labels.items()
        ],
        "startsAt": now.isoformat(),
        "endsAt": (now + timedelta(hours=1)).isoformat(),
        "createdBy": "somebody else",
        "comment": "known noise",
    }
    requests.post(f"{url}/api/v2/silences", json=body, timeout=5).raise_for_status()


def fires(alert: str, **labels: str) -> Fires:
    return Fires(alert, within_seconds=60, at="chat", group={}, labels=labels)


def drill(*expects: Expectation) -> Declaration:
    return Declaration("a", "", "", "a.py", expects)


def test_an_alert_that_is_silenced_or_muted_in_a_drill_is_told_with_who_did_it(url: str) -> None:
    declaration = drill(fires("Silenced"), fires("Muted"), fires("Free"), Silent("Other"))
    with suppressions(elsewhere(url), declaration, LOOK_SECONDS) as told:
        for alert in ("Silenced", "Free", "Other"):
            fire(url, alert, host="a")
        fire(url, "Muted", kind="night")
        wait_until(
            "the mute time to be told",
            lambda: (len(told()) == 1, str(told())),
            within_seconds=WITHIN_SECONDS,
        )
        silence(url, alertname="Silenced")
        silence(url, alertname="Other")
        wait_until(
            "the silence to be told",
            lambda: (len(told()) == 2, str(told())),
            within_seconds=WITHIN_SECONDS,
        )
    muted, silenced = told()
    assert muted == (
        'Muted {kind="night"} was kept from night by the mute time always of its route, which is '
        "no step of the drill"
    )
    assert silenced.startswith('Silenced {host="a"} was kept from chat by the silence ')
    assert " of somebody else (known noise), until 2" in silenced


def test_what_a_step_of_the_drill_mutes_is_not_told(url: str) -> None:
    fire(url, "Maintained", kind="night")
    with (
        suppressions(
            elsewhere(url), drill(Muted("Maintained", by="window")), LOOK_SECONDS
        ) as by_drill,
        suppressions(elsewhere(url), drill(fires("Maintained")), LOOK_SECONDS) as by_others,
    ):
        wait_until(
            "the mute time to be told",
            lambda: (bool(by_others()), "nothing yet"),
            within_seconds=WITHIN_SECONDS,
        )
        assert by_drill() == []


def test_a_stack_of_the_harness_itself_is_not_asked() -> None:
    own = replace(elsewhere("http://127.0.0.1:9"), runs_already=False)
    with suppressions(own, drill(fires("A")), LOOK_SECONDS) as told:
        assert told() == []


def configured(*alerts: str) -> Configuration:
    rules = [
        Rule(alert, "alerting", "a", "a.yml", "up == 0", 15.0, labels={"team": "web"})
        for alert in alerts
    ]
    return Configuration(tuple(rules), (), MANAGER, 15.0, 60.0, external_labels={"zone": "eu"})


@pytest.mark.parametrize(
    ("labels", "expects"),
    [
        ({"alertname": "Certain1"}, fires("Certain1")),
        ({"alertname": "Certain2", "team": "web", "zone": "eu"}, fires("Certain2")),
        ({"alertname": "Certain3", "host": "a"}, fires("Certain3", host="a")),
        ({"alertname": "Certain4"}, Inhibited("Certain4", by="Other")),
    ],
    ids=str,
)
def test_a_silence_that_surely_takes_what_is_expected_keeps_a_drill_from_beginning(
    url: str, labels: dict[str, str], expects: Expectation
) -> None:
    declaration, configuration = drill(expects), configured(expects.alert)
    refuse_what_is_silenced(Alertmanager(url), configuration, declaration)
    silence(url, **labels)
    with pytest.raises(StackError) as raised:
        refuse_what_is_silenced(Alertmanager(url), configuration, declaration)
    assert str(raised.value).startswith(
        f"before anything was caused {expects.alert} is silenced by the silence "
    )
    assert "of somebody else (known noise)" in str(raised.value)


@pytest.mark.parametrize(
    ("labels", "expects"),
    [
        ({"alertname": "Perhaps", "host": "a"}, fires("Perhaps")),
        ({"alertname": "Perhaps", "team": "db"}, fires("Perhaps")),
        ({"alertname": "Silent"}, Silent("Silent")),
    ],
    ids=str,
)
def test_a_silence_of_something_else_keeps_no_drill_from_beginning(
    url: str, labels: dict[str, str], expects: Expectation
) -> None:
    silence(url, **labels)
    refuse_what_is_silenced(Alertmanager(url), configured(expects.alert), drill(expects))


def test_what_cannot_be_read_is_not_taken_for_unsilenced() -> None:
    nobody = Alertmanager("http://127.0.0.1:9")
    with pytest.raises(StackError, match="what is silenced cannot be read"):
        refuse_what_is_silenced(nobody, configured("A"), drill(fires("A")))
