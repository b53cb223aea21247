"""What production's templates make of alerts, as a real Alertmanager sends it to the chats.

The sink refuses what Slack and Discord would: a template that breaks their limits fails here.
"""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
import yaml

from sink.client import SinkClient
from sink.message import ChatMessage
from stack.observe.session import session_for
from stack.run.configuration import PRODUCTION
from stack.run.engines.resolve import require
from stack.run.ports import PortLease
from stack.run.readiness import answers
from stack.run.receivers import Sink, use_sink
from stack.run.supervisor import REPOSITORY
from stack.run.waiting import wait_until

pytestmark = pytest.mark.engines

WITHIN_SECONDS = 30.0
TOKEN = "a-token-for-tests"
RUNBOOK = "https://runbooks.example.com/flash-tickets/TargetDown"


@dataclass
class Chats:
    """An Alertmanager with production's configuration and short waits, and its sink."""

    alertmanager: str
    client: SinkClient

    def push(self, *alerts: dict[str, Any]) -> None:
        with session_for(self.alertmanager) as session:
            answer = session.post(f"{self.alertmanager}/api/v2/alerts", json=alerts, timeout=5)
            answer.raise_for_status()

    def message(self, title: str) -> ChatMessage:
        """The message with this in its title; fails where it does not come, or was refused."""
        found: list[ChatMessage] = []

        def look() -> tuple[bool, str]:
            found[:] = [one for one in self.client.messages() if title in one.title]
            return bool(found), f"refused: {self.client.refusals()}"

        wait_until(f"a message titled {title!r}", look, within_seconds=WITHIN_SECONDS)
        return found[0]


@pytest.fixture(scope="module")
def chats(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chats]:
    directory = tmp_path_factory.mktemp("chats")
    token_file = directory / "token"
    token_file.write_text(TOKEN)
    # Two ports that the kernel calls free one after the other may be the same.
    ports = PortLease()
    sink_url = f"http://127.0.0.1:{ports.take()}"
    address = f"127.0.0.1:{ports.take()}"
    source = PRODUCTION / "alertmanager"
    configuration = yaml.safe_load((source / "alertmanager.yml").read_text())
    shutil.copytree(source / "templates", directory / "templates")
    for receiver in configuration["receivers"]:
        use_sink(receiver, Sink(lambda _: sink_url, token_file, directory / "urls"))
    waits = {"group_wait": "200ms", "group_interval": "500ms", "repeat_interval": "1h"}
    configuration["route"] |= waits
    # Production pages for what is critical; a team may well want it in its chat too.
    configuration["route"]["routes"].insert(
        0, {"receiver": "payments-chat", "matchers": ['to="chat"'], "group_by": ["service"]}
    )
    (directory / "alertmanager.yml").write_text(yaml.safe_dump(configuration))
    port = sink_url.rpartition(":")[2]
    commands = [
        [
            *(sys.executable, "-m", "sink", "--port", port),
            *("--directory", str(directory / "sink"), "--token-file", str(token_file)),
        ],
        [
            str(require(["alertmanager"], print)["alertmanager"].path),
            f"--config.file={directory / 'alertmanager.yml'}",
            f"--storage.path={directory / 'data'}",
            f"--web.listen-address={address}",
            f"--web.external-url=http://{address}",
            "--cluster.listen-address=",
        ],
    ]
    with (directory / "log").open("w") as log:
        started = [
            subprocess.Popen(command, cwd=REPOSITORY, stdout=log, stderr=log)
            for command in commands
        ]
        try:
            for url in (f"{sink_url}/health", f"http://{address}/-/ready"):
                wait_until(url, partial(answers, url), within_seconds=WITHIN_SECONDS)
            yield Chats(f"http://{address}", SinkClient(sink_url, TOKEN))
        finally:
            for process in started:
                process.kill()
                process.wait(WITHIN_SECONDS)
            ports.release()


def alert(name: str, *, resolved: bool = False, **changes: Any) -> dict[str, Any]:
    """An alert as Prometheus sends it."""
    labels = {"alertname": name, "severity": "warning", "team": "api", "service": name}
    annotations = {
        "summary": f"{name} is bad",
        "description": "It is.",
        "runbook_url": f"https://runbooks.example.com/flash-tickets/{name}",
    }
    now = datetime.now(UTC).isoformat()
    times = {"endsAt": now} if resolved else {}
    return {
        "labels": {**labels, **changes.pop("labels", {})},
        "annotations": {**annotations, **changes.pop("annotations", {})},
        "generatorURL": "http://prometheus.test/graph?g0.expr=up+%3D%3D+0&g0.tab=1",
        "startsAt": changes.pop("starts_at", now),
        **times,
    }


def test_slack_reads_title_link_colour_and_a_text_for_each_alert(chats: Chats) -> None:
    chats.push(alert("Slow"))
    message = chats.message("[FIRING:1] Slow")
    assert (message.service, message.receiver) == ("slack", "api-chat")
    assert message.link == "https://runbooks.example.com/flash-tickets/Slow"
    assert message.colour == "warning"
    assert message.text == (
        "*Slow* firing, warning: Slow is bad\nIt is.\n"
        "<https://runbooks.example.com/flash-tickets/Slow|runbook> "
        "<http://prometheus.test/graph?g0.expr=up+%3D%3D+0&g0.tab=1|graph>\n"
    )


def test_slack_reads_that_it_is_over_in_green(chats: Chats) -> None:
    since = datetime.now(UTC).isoformat()
    chats.push(alert("Over", starts_at=since))
    chats.message("[FIRING:1] Over")
    chats.push(alert("Over", starts_at=since, resolved=True))
    message = chats.message("[RESOLVED] Over")
    assert message.colour == "good"
    assert message.text.startswith("*Over* resolved, warning: Over is bad")


def test_alerts_that_share_no_runbook_lead_to_alertmanagers_list(chats: Chats) -> None:
    group = {"service": "mixed", "team": "payments"}
    chats.push(alert("Mild", labels=group), alert("Milder", labels=group))
    message = chats.message("[FIRING:2] mixed")
    assert message.colour == "warning"
    assert message.link.endswith("/#/alerts?receiver=payments-chat")
    assert "*Mild* firing" in message.text
    assert "*Milder* firing" in message.text


def test_slack_reads_one_critical_among_warnings_in_red(chats: Chats) -> None:
    group = {"service": "worse", "to": "chat"}
    chats.push(alert("Mild", labels=group), alert("Bad", labels={**group, "severity": "critical"}))
    assert chats.message("[FIRING:2] worse").colour == "danger"


def test_slack_reads_markup_as_text(chats: Chats) -> None:
    """An angle bracket of an alert's must not become a link, nor end one."""
    chats.push(alert("Markup", annotations={"summary": "5 < 6 & 7 > <!channel>"}))
    assert "5 &lt; 6 &amp; 7 &gt; &lt;!channel&gt;" in chats.message("Markup").text


def test_what_an_alert_lacks_leaves_no_hole(chats: Chats) -> None:
    """Neither a template's braces nor `<no value>` may reach a person."""
    bare = alert("Bare")
    bare["annotations"] = {}
    chats.push(bare)
    message = chats.message("[FIRING:1] Bare")
    assert "<no value>" not in message.text
    assert "{{" not in message.text
    assert message.link.endswith("/#/alerts?receiver=api-chat")


def test_discord_reads_title_link_colour_and_text(chats: Chats) -> None:
    since = datetime.now(UTC).isoformat()
    chats.push(alert("Rush", labels={"team": "business"}, starts_at=since))
    message = chats.message("[FIRING:1] Rush Rush")
    assert (message.service, message.receiver) == ("discord", "business-chat")
    assert message.colour == "#992d22"
    assert message.link == "https://runbooks.example.com/flash-tickets/Rush"
    assert message.text == (
        "**Rush** firing, warning: Rush is bad\n"
        "It is. [runbook](https://runbooks.example.com/flash-tickets/Rush)\n"
    )
    chats.push(alert("Rush", labels={"team": "business"}, starts_at=since, resolved=True))
    assert chats.message("[RESOLVED] Rush Rush").colour == "#2ecc71"


@pytest.mark.parametrize(("team", "service"), [("api", "slack"), ("business", "discord")])
def test_a_flood_of_long_alerts_stays_within_the_chats_limits(
    chats: Chats, team: str, service: str
) -> None:
    """Thirty alerts of a thousand characters each: the first ten are shown, and how many more."""
    name = f"Flood{team}"
    chats.push(
        *(
            alert(
                name,
                labels={"team": team, "instance": str(number)},
                annotations={"summary": "x" * 300, "description": "y" * 700},
            )
            for number in range(30)
        )
    )
    message = chats.message(f"[FIRING:30] {name}" if team == "business" else "[FIRING:30]")
    assert message.service == service
    assert message.text.count("x" * 300) <= 10
    assert not [one for one in chats.client.refusals() if service in one.path]
    if service == "slack":
        assert message.text.endswith("The first 10 of 30.")
