"""A drill's stack in containers: what it offers, what it says when it fails, what it leaves."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from sqlalchemy import create_engine, text

from stack.observe.prometheus import Prometheus
from stack.run.compose.containers import PROJECT_LABEL, SYSTEM_LABEL
from stack.run.compose.images import COMPOSE_FILE, images_of, refuse_others
from stack.run.compose.project import ComposeStack
from stack.run.compose.way import ComposeWay
from stack.run.configuration import PRODUCTION
from stack.run.local import new_name
from stack.run.readiness import answers, redis_answers
from stack.run.stack import StackError
from stack.run.supervisor import REPOSITORY
from stack.run.waiting import wait_until
from stack.run.way import Wanted
from tests.docker import DOCKER, need_docker, overrides

pytestmark = pytest.mark.containers
SPEED = 60.0
IDLE = ("python", "-c", "import signal; signal.pause()")
METRICS = "http://127.0.0.1:8080/metrics?max_age=0s"


def docker(*arguments: str) -> str:
    return subprocess.run(
        [DOCKER, *arguments], capture_output=True, text=True, timeout=60, check=True
    ).stdout


def left_of(project: str) -> dict[str, str]:
    """What the engine still has of a project, by kind."""
    label = f"label=com.docker.compose.project={project}"
    found = {
        "containers": docker("ps", "--all", "--quiet", "--filter", label),
        "volumes": docker("volume", "ls", "--quiet", "--filter", label),
        "networks": docker("network", "ls", "--quiet", "--filter", label),
    }
    return {kind: names for kind, names in found.items() if names.strip()}


def wanted(**app_settings: str) -> Wanted:
    features = frozenset({"flash-tickets", "containers"})
    return Wanted(new_name("test"), SPEED, PRODUCTION, features, app_settings)


@pytest.fixture(scope="module")
def way() -> ComposeWay:
    need_docker()
    way = ComposeWay(overrides())
    way.prepare(print)
    return way


@pytest.fixture(scope="module")
def stack(way: ComposeWay) -> Iterator[ComposeStack]:
    stack = way.stack(wanted())
    stack.start()
    yield stack
    stack.close()
    assert left_of(stack.name) == {}
    assert not stack.directory.exists()


def test_every_address_answers(stack: ComposeStack) -> None:
    at = stack.addresses
    for url in (
        f"{at.app}/health/ready",
        f"{at.app_metrics}/metrics",
        f"{at.gateway}/health",
        f"{at.prometheus}/-/ready",
        f"{at.alertmanager}/-/ready",
        f"{at.sink}/health",
        f"{at.toxiproxy}/version",
        f"{at.redis_exporter}/health",
    ):
        assert answers(url) == (True, "HTTP 200"), url
    assert redis_answers(at.redis_port) == (True, "PONG")


def test_orders_are_in_the_database_that_is_named(stack: ComposeStack) -> None:
    engine = create_engine(stack.database_url)
    with engine.connect() as connection:
        assert connection.execute(text("select count(*) from events")).scalar_one() > 0
    engine.dispose()


def test_the_sink_lets_nobody_in_without_the_stack_s_token(stack: ComposeStack) -> None:
    url = f"{stack.addresses.sink}/notifications"
    assert requests.get(url, timeout=5).status_code == 401
    token = {"Authorization": f"Bearer {stack.secrets.sink_token}"}
    assert requests.get(url, headers=token, timeout=5).status_code == 200


def test_every_target_is_scraped_at_the_stack_s_speed(stack: ComposeStack) -> None:
    prometheus = Prometheus(stack.addresses.prometheus)
    targets = prometheus.targets()
    assert {target.instance for target in targets} >= {"api:4000", "cadvisor:8080"}
    # A host that stalls may have cost one its latest scrape.
    wait_until(
        "every target to be up",
        lambda: (
            (seen := {target.health for target in prometheus.targets()}) == {"up"},
            str(seen),
        ),
        within_seconds=20,
    )
    loaded = {group["name"] for group in Prometheus(stack.addresses.prometheus).rule_groups()}
    assert "container" in loaded
    assert "system" not in loaded
    assert stack.layers_absent["system"] == "other containers share the host"
    assert "container" not in stack.layers_absent


def test_another_s_container_is_seen_by_cadvisor_and_does_not_count(stack: ComposeStack) -> None:
    """However busy it is, and however often it is started again."""
    prometheus = Prometheus(stack.addresses.prometheus)
    another = new_name("another")
    cadvisor = ("exec", f"{stack.name}-cadvisor-1", "wget", "-q", "-O", "-")

    def scraped() -> float:
        (target,) = (one for one in prometheus.targets() if one.job == "cadvisor")
        return target.last_scrape

    docker("run", "--detach", "--name", another, "--network", "none", "flash-tickets/sink", *IDLE)
    try:
        wait_until(
            "cAdvisor to tell of the other's container",
            lambda: (f'name="{another}"' in docker(*cadvisor, METRICS), "not yet"),
            within_seconds=20,
        )
        seen_at = time.time()
        wait_until(
            "two scrapes after that",
            lambda: (scraped() > seen_at + 1, f"the last at {scraped()}, seen at {seen_at}"),
            within_seconds=20,
        )
        series = prometheus.query('{__name__=~"container_.+"}[1m]')
    finally:
        docker("rm", "--force", another)
    names = {one.labels["name"] for one in series}
    assert {f"{stack.name}-{service}-1" for service in ("gateway", "redis-address")} < names
    assert "flash-tickets-api" in names
    assert another not in names
    # What told them apart is gone again: alerts do not carry it.
    assert not any(label.startswith("container_label_") for one in series for label in one.labels)


def test_a_service_that_is_killed_is_down_and_comes_back_at_the_same_address(
    stack: ComposeStack,
) -> None:
    """Not by its restart policy: until it is started it is down, and that is no death."""
    health = f"{stack.addresses.gateway}/health"
    stack.kill_service("gateway")
    stack.kill_service("gateway")
    assert not stack.running("gateway")
    assert answers(health)[0] is False
    assert stack.dead_services() == {}
    stack.start_service("gateway")
    assert stack.running("gateway")
    assert answers(health)[0] is True


def test_a_service_that_nobody_of_ours_killed_is_named_with_its_log(stack: ComposeStack) -> None:
    docker("kill", stack.container("gateway"))
    assert stack.dead_services() == {"gateway": 137}
    assert "gateway" in stack.process_log("gateway")
    stack.start_service("gateway")
    assert stack.dead_services() == {}


def test_a_process_of_the_host_is_the_stack_s_too(stack: ComposeStack) -> None:
    stack.start_process("noise", [sys.executable, "-c", "print('heard'); input()"], {})
    wait_until(
        "the process to speak and to end, as it has no input",
        lambda: (not stack.process_running("noise"), stack.process_log("noise")),
        within_seconds=10,
    )
    assert "heard" in stack.process_log("noise")


def test_the_cpu_time_of_each_container_is_told(stack: ComposeStack) -> None:
    used = stack.cpu_seconds()
    assert {"prometheus", "alertmanager", "flash-tickets-api", "cadvisor"} <= used.keys()
    assert all(seconds > 0 for seconds in used.values())


def test_logs_of_all_containers_are_collected(stack: ComposeStack) -> None:
    stack.collect_logs()
    logs = {path.stem for path in (stack.directory / "logs").glob("*.log")}
    assert {"prometheus", "alertmanager", "flash-tickets-api", "sink", "postgres"} <= logs


def test_a_second_stack_at_the_same_time_is_refused_and_disturbs_nothing(
    stack: ComposeStack, way: ComposeWay
) -> None:
    second = way.stack(wanted())
    with pytest.raises(StackError, match="there is a container flash-tickets-api already, of"):
        second.start()
    assert left_of(second.name) == {}
    assert not second.directory.exists()
    assert answers(f"{stack.addresses.app}/health")[0]


class TestWithoutAStack:
    """What must not meet one that is up already; a class, so that it comes last in this file."""

    def test_a_service_that_does_not_get_well_is_an_error_with_its_log_and_leaves_nothing(
        self, way: ComposeWay, stack: ComposeStack
    ) -> None:
        stack.close()
        ill = way.stack(wanted(APP_THREADS="many"))
        with pytest.raises(StackError) as told:
            ill.start()
        assert "flash-tickets-api" in str(told.value)
        assert "APP_THREADS is 'many': set it to a whole number" in str(told.value)
        assert left_of(ill.name) == {}
        assert not ill.directory.exists()

    def test_a_container_of_another_s_stack_is_in_the_way_even_without_its_api(
        self, stack: ComposeStack, way: ComposeWay
    ) -> None:
        """Its metrics would be taken for those of the stack under test."""
        left = new_name("left")
        label = ("--label", "=".join(SYSTEM_LABEL), "--label", f"{PROJECT_LABEL}={left}")
        stack.close()
        docker("run", "--detach", "--name", left, *label, "flash-tickets/sink", *IDLE)
        try:
            second = way.stack(wanted())
            with pytest.raises(StackError, match=f"there is a container {left} already, of {left}"):
                second.start()
            assert not second.directory.exists()
        finally:
            docker("rm", "--force", left)

    def test_a_harness_that_is_killed_leaves_no_container(self, stack: ComposeStack) -> None:
        stack.close()
        name = new_name("killed")
        harness = subprocess.Popen(
            [sys.executable, "-m", "tests.stack.run.compose.harness_to_kill", name],
            cwd=REPOSITORY,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert harness.stdout is not None
        said = harness.stdout.readline().split()
        assert said[:1] == ["up"]
        assert left_of(name).keys() == {"containers", "volumes", "networks"}
        harness.kill()
        harness.wait()
        harness.stdout.close()
        wait_until(
            "everything of the killed harness to be gone",
            lambda: (
                left_of(name) == {} and not Path(said[1]).exists(),
                f"{left_of(name)} at {time.time():.0f}",
            ),
            within_seconds=60,
            every_seconds=0.5,
        )


@pytest.mark.usefixtures("way")
def test_an_image_that_another_run_builds_meanwhile_is_named() -> None:
    """Or later drills of a run would be of other sources than the first."""
    files = (COMPOSE_FILE, *overrides())
    images = images_of(files, "flash-drills")
    assert {"flash-tickets/api", "flash-tickets/sink"} < images.keys()
    refuse_others(images)
    before = docker("images", "--no-trunc", "--quiet", "flash-tickets/sink").strip()
    docker("tag", "flash-tickets/gateway", "flash-tickets/sink")
    try:
        with pytest.raises(StackError, match=r"^flash-tickets/sink: built or pulled anew since"):
            refuse_others(images)
    finally:
        docker("tag", before, "flash-tickets/sink")
    refuse_others(images)
    with pytest.raises(StackError, match="the image nobody/nothing is gone since"):
        refuse_others({**images, "nobody/nothing": "sha256:0"})


def test_an_image_that_nobody_serves_is_named_before_any_drill_with_the_way_out(
    way: ComposeWay, tmp_path: Path
) -> None:
    assert way.one_at_a_time
    nowhere = tmp_path / "nowhere.yaml"
    nowhere.write_text("services: {redis: {image: '127.0.0.1:1/nobody/redis:1.0'}}\n")
    with pytest.raises(StackError) as told:
        ComposeWay((*overrides(), nowhere)).prepare(print)
    assert "127.0.0.1:1" in str(told.value)
    assert "`python -m stack.images` builds stand-ins" in str(told.value)
