"""What a Prometheus and an Alertmanager that run say of themselves is what is drilled."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from scenarios.configuration import from_apis
from scenarios.drill import Drill, fault, fires, inhibited
from scenarios.judge.coverage_inventory import inventory_of
from scenarios.judge.timeline import ScrapeJob
from scenarios.load import Load
from scenarios.preflight import PreflightError, preflight
from scenarios.source import (
    Running,
    hashes_of,
    not_at_sink,
    one_of_several,
    read_running,
    whole,
)
from stack.faults.hooks import Hooked
from stack.observe.alertmanager import Alertmanager
from stack.observe.prometheus import Prometheus, ReadError
from stack.run.engines import require
from stack.run.external.settings import read_settings
from stack.run.external.way import ExternalWay
from stack.run.ports import PortLease
from stack.run.readiness import wait_until_alerts_count
from stack.run.stack import StackError
from stack.run.supervisor import Supervisor
from stack.run.waiting import wait_until

pytestmark = pytest.mark.engines

TRUE = ["true"]
DRILL = Drill(
    name="down",
    path="down.py",
    load=None,
    steps=[fault(Hooked("a hook", TRUE, TRUE, TRUE, TRUE))],
    expects=[fires("Down", within="1m", at="pager", group={})],
)
HERE = {"authorization": {"credentials": "abc"}}


def started(folder: Path, receivers: dict[str, str]) -> Iterator[Running]:
    """Both engines with receivers at these addresses; each ``KIND`` takes alerts of that kind."""
    lease = PortLease()
    port = {name: lease.take() for name in ("prometheus", "alertmanager", "sink")}
    place = {name: f"127.0.0.1:{number}" for name, number in port.items()}
    engines = require(("prometheus", "alertmanager"), print)
    (folder / "drills").mkdir()
    (folder / "sink-token").write_text("a-token-of-some-length")
    rule = {"alert": "Down", "expr": "up == 0", "labels": {"kind": "pager"}}
    rules = {"groups": [{"name": "a", "interval": "250ms", "rules": [rule]}]}
    (folder / "rules.yml").write_text(yaml.safe_dump(rules))
    relabelled = [{"target_label": "job", "replacement": "web"}]
    configuration = {
        "global": {"scrape_interval": "300ms", "scrape_timeout": "200ms"},
        "rule_files": ["rules.yml"],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": [place["alertmanager"]]}]}]},
        "scrape_configs": [
            {
                "job_name": "serviceMonitor/web/0",
                "relabel_configs": relabelled,
                "static_configs": [{"targets": [place["prometheus"]]}],
            },
            {
                "job_name": "serviceMonitor/web/1",
                "scrape_interval": "500ms",
                "relabel_configs": relabelled,
                "static_configs": [{"targets": [place["alertmanager"]]}],
            },
            {"job_name": "nothing-found", "file_sd_configs": [{"files": ["none.json"]}]},
        ],
    }
    (folder / "prometheus.yml").write_text(yaml.safe_dump(configuration))
    manager = {
        "route": {
            "receiver": next(iter(receivers)),
            "routes": [{"receiver": n, "matchers": [f'kind="{n}"']} for n in receivers],
        },
        "receivers": [
            {"name": name, "webhook_configs": [{"url": url, "http_config": HERE}]}
            for name, url in receivers.items()
        ],
    }
    (folder / "alertmanager.yml").write_text(json.dumps(manager))
    (folder / "external.yml").write_text(
        yaml.safe_dump(
            {
                "prometheus": f"http://{place['prometheus']}",
                "alertmanager": f"http://{place['alertmanager']}",
                "sink": {
                    "listen": place["sink"],
                    "url": f"http://{place['sink']}",
                    "token_file": "sink-token",
                },
                "drills": "drills",
            }
        )
    )
    supervisor = Supervisor(folder / "run")
    try:
        supervisor.start(
            "alertmanager",
            [
                str(engines["alertmanager"].path),
                f"--config.file={folder / 'alertmanager.yml'}",
                f"--storage.path={folder / 'alertmanager-data'}",
                f"--web.listen-address={place['alertmanager']}",
                "--cluster.listen-address=",
            ],
        )
        supervisor.start(
            "prometheus",
            [
                str(engines["prometheus"].path),
                f"--config.file={folder / 'prometheus.yml'}",
                f"--storage.tsdb.path={folder / 'prometheus-data'}",
                f"--web.listen-address={place['prometheus']}",
                "--scrape.discovery-reload-interval=250ms",
            ],
        )
        settings = read_settings(folder / "external.yml")

        def answers() -> tuple[bool, str]:
            try:
                read_running(settings)
            except StackError as error:
                return False, str(error)
            return True, ""

        wait_until("both engines", answers, within_seconds=30.0)
        wait_until_alerts_count(Prometheus(settings.prometheus.url), lambda _: 30.0)
        yield read_running(settings)
    finally:
        supervisor.close()
        lease.release()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    yield from started(tmp_path_factory.mktemp("running"), {"pager": "http://127.0.0.1:9/x"})


def test_scrape_jobs_are_those_that_have_targets_by_the_name_that_series_carry(
    running: Running,
) -> None:
    """An operator of Kubernetes names them otherwise, and some find nothing to scrape."""
    assert whole(running).scrape_jobs == (ScrapeJob("web", 0.5, 0.2),)


def test_rules_and_routes_are_those_that_run(running: Running) -> None:
    (rule,) = whole(running).rules
    assert (rule.name, rule.interval_seconds, rule.file) == ("Down", 0.25, "rules.yml")
    found = inventory_of(whole(running))
    assert ([key.name for key in found.alerts], found.receivers) == (["Down"], ("pager",))
    assert hashes_of(running).keys() == {"prometheus.yml", "alertmanager.yml", "rules"}
    assert hashes_of(running) == hashes_of(read_running(running.settings))


def test_drills_are_held_against_it_before_anything_runs(running: Running) -> None:
    way = ExternalWay(running.settings)
    (told, *_) = preflight([DRILL], running, 1.0, way)
    assert told.startswith("Alertmanager masks the addresses of its webhooks; that pager posts to")
    expects = [fires("Down", within="1m", at="pagr", group={})]
    wrong = Drill(name="a", path="a.py", load=None, steps=DRILL.steps, expects=expects)
    with pytest.raises(PreflightError, match="no receiver pagr; did you mean pager"):
        preflight([wrong], running, 1.0, way)


def test_a_load_has_somewhere_to_go(running: Running, tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text("")
    loaded = replace(DRILL, load=Load(str(tmp_path / "own.py"), 5))
    with pytest.raises(
        PreflightError, match=r"external\.yml: app: is missing, and the load of down"
    ):
        preflight([loaded], running, 1.0, ExternalWay(running.settings))


def test_an_alert_that_must_not_arrive_could_arrive_at_the_sink(running: Running) -> None:
    """Where its receivers lead elsewhere it never would, whatever mutes it."""
    expects = [inhibited("Down", by="Other")]
    drill = Drill(name="a", path="a.py", load=None, steps=DRILL.steps, expects=expects)
    assert not_at_sink(running, [drill])[0] == []
    receivers = [
        {"name": "pager", "slack_configs": [{"channel": "#a"}]},
        {"name": "chat", "webhook_configs": [{"url": "<secret>", "http_config": HERE}]},
    ]
    child = {"receiver": "pager", "matchers": ['kind="pager"']}
    manager = {"route": {"receiver": "chat", "routes": [child]}, "receivers": receivers}
    elsewhere = replace(running, configuration=replace(whole(running), alertmanager=manager))
    (problem,) = not_at_sink(elsewhere, [drill])[0]
    assert "receiver pager: has slack_configs, and no webhook" in problem
    both = [{**child, "continue": True}, {"receiver": "chat"}]
    manager = {"route": {"receiver": "chat", "routes": both}, "receivers": receivers}
    reached = replace(running, configuration=replace(whole(running), alertmanager=manager))
    assert not_at_sink(reached, [drill])[0] == []


def test_one_of_a_cluster_is_granted_the_time_that_its_members_wait_for_each_other(
    running: Running, tmp_path: Path
) -> None:
    assert whole(running).peer_timeout_seconds == 0
    assert one_of_several(running) == []
    (tmp_path / "alertmanager.yml").write_text("{route: {receiver: a}, receivers: [{name: a}]}")
    lease = PortLease()
    gossip = [f"127.0.0.1:{lease.take()}" for _ in range(2)]
    web = [f"127.0.0.1:{lease.take()}" for _ in range(2)]
    supervisor = Supervisor(tmp_path / "run")
    try:
        for place, own, other in zip(web, gossip, reversed(gossip), strict=True):
            supervisor.start(
                place,
                [
                    str(require(("alertmanager",), print)["alertmanager"].path),
                    f"--config.file={tmp_path / 'alertmanager.yml'}",
                    f"--storage.path={tmp_path / place}",
                    f"--web.listen-address={place}",
                    f"--cluster.listen-address={own}",
                    f"--cluster.peer={other}",
                ],
            )
        one = Alertmanager(f"http://{web[0]}")

        def clustered() -> tuple[bool, str]:
            try:
                return one.cluster().members == 2, str(one.cluster())
            except ReadError as error:
                return False, str(error)

        wait_until("both members", clustered, within_seconds=30.0)
        prometheus = Prometheus(running.settings.prometheus.url)
        configuration = from_apis(prometheus, one, {}, runs_already=True)
        assert configuration.peer_timeout_seconds == 15
        (told,) = one_of_several(replace(running, configuration=configuration))
        assert "is one of a cluster: windows grant 15 s more" in told
    finally:
        supervisor.close()
        lease.release()


def test_a_drill_of_flash_tickets_is_held_against_nothing_of_it(running: Running) -> None:
    """It names alerts that are not there, and is skipped with the reason."""
    expects = [fires("RedisDown", within="1m", at="nobody", group={})]
    other = Drill(name="b", path="b.py", steps=DRILL.steps, expects=expects)
    assert other.unavailable(ExternalWay(running.settings).lacks) is not None
    assert preflight([other], running, 1.0, ExternalWay(running.settings)) == []
