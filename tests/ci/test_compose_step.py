"""CI's step of drills in containers: what a machine lacks is named and skipped, and nothing else.

The script runs as it is, beside doubles of docker, tox and what it might install with, which do
nothing but fail where they are told to and note how they were called.
"""

import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import pytest

from stack.run.supervisor import REPOSITORY

SCRIPT = REPOSITORY / ".ci" / "compose"
TOOLS = (
    *("bash", "basename", "dirname", "env", "grep", "mkdir", "mktemp", "rm", "setsid", "sleep"),
    *("tail", "timeout", "touch"),
)
DONE_WITHIN_SECONDS = 60
# Each is called `NAME ARGUMENTS`; it fails where one of the texts in FAILING is in that.
DOUBLE = """#!/usr/bin/env bash
called="$(basename "$0") $*"
echo "$called" >>"$CALLS"
while IFS= read -r failing; do
  if [ -n "$failing" ] && [[ "$called" == *"$failing"* ]]; then
    echo "no $failing" >&2
    exit 7
  fi
done <<<"$FAILING"
"""
# Where pytest runs, it tells of SKIPPED tests that were not.
TOX = (
    DOUBLE
    + """
case "$called" in
  *--junit-xml=*) results="${called##*--junit-xml=}" ;;
  "tox run -e compose -- "*) mkdir -p reports/latest && results=reports/latest/junit.xml ;;
  *) exit 0 ;;
esac
[ -n "$SKIPPED" ] || exit 0
echo "<testsuites><testsuite name='pytest' skipped=\\"$SKIPPED\\" tests='3'>" >"$results"
"""
)
# They know each other by what was called: an engine answers once it is started, until it is ended.
STARTED = """#!/usr/bin/env bash
trap 'echo "dockerd ended" >>"$CALLS"; exit' TERM
echo dockerd >>"$CALLS"
while :; do sleep 0.05; done
"""
ASKED = """#!/usr/bin/env bash
echo "docker $*" >>"$CALLS"
[ "$1" != version ] || exec grep -q '^dockerd' "$CALLS"
"""
SLOW = TOX.replace(
    'case "$called" in',
    'case "$called" in *scenarios/container*) exec sleep 60 ;; esac\ncase "$called" in',
)
DRILLS_SKIPPED = TOX.replace(
    'case "$called" in', '[[ "$called" != "tox run"* ]] || SKIPPED=1\ncase "$called" in'
)
# The local drills' report, with nothing after it.
EARLIER_REPORT = TOX.replace(
    'case "$called" in',
    """case "$called" in
  *--notest) mkdir -p reports/latest && results=reports/latest/junit.xml ;;
  "tox run"*) exit 0 ;;""",
)
# As another user than root is told.
ID = "#!/usr/bin/env bash\necho {number}\n"


@dataclass(frozen=True)
class Done:
    code: int
    err: str
    calls: list[str]

    @property
    def skipped(self) -> list[str]:
        return [line for line in self.err.splitlines() if line.startswith("skipped: ")]


@pytest.fixture
def step(tmp_path: Path) -> Callable[..., Done]:
    """Run the step on a machine that has only these doubles, of which some calls fail."""

    def run(
        *doubles: str,
        failing: tuple[str, ...] = (),
        user: int = 0,
        docker_host: str = "",
        others: Mapping[str, str] = MappingProxyType({}),
        tox: str = TOX,
        skipped: str = "0",
        edit: tuple[str, str] = ("", ""),
    ) -> Done:
        root, programs = tmp_path / "repository", tmp_path / "programs"
        (root / ".ci").mkdir(parents=True)
        (root / "stack").mkdir()
        (root / ".venv" / "bin").mkdir(parents=True)
        programs.mkdir()
        script = root / ".ci" / "compose"
        script.write_text(SCRIPT.read_text().replace(*edit) if edit[0] else SCRIPT.read_text())
        script.chmod(0o755)
        shutil.copy(REPOSITORY / "stack" / "compose.yaml", root / "stack")
        for tool in TOOLS:
            found = shutil.which(tool)
            assert found is not None
            (programs / tool).symlink_to(found)
        texts = {programs / name: DOUBLE for name in doubles}
        texts |= {programs / name: text for name, text in others.items()}
        texts[root / ".venv" / "bin" / "tox"] = tox
        texts[programs / "id"] = ID.format(number=user)
        for path, text in texts.items():
            path.write_text(text)
            path.chmod(0o755)
        calls = tmp_path / "calls"
        calls.touch()
        environment = {
            "PATH": str(programs),
            "CALLS": str(calls),
            "FAILING": "\n".join(failing),
            "SKIPPED": skipped,
            "TMPDIR": str(tmp_path),
            **({"DOCKER_HOST": docker_host} if docker_host else {}),
        }
        ended = subprocess.run(
            [str(script)],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=DONE_WITHIN_SECONDS,
            check=False,
        )
        left = {path.name for path in tmp_path.iterdir()}
        assert left == {"calls", "programs", "repository"}
        return Done(ended.returncode, ended.stderr, calls.read_text().splitlines())

    return run


def drills_of(done: Done) -> list[str]:
    return [call for call in done.calls if call.startswith("tox run -e compose -- ")]


@pytest.mark.parametrize(
    ("doubles", "failing", "user", "said"),
    [
        ((), (), 1000, "no Docker engine answers, and only root on Debian could install one"),
        ((), (), 0, "no Docker engine answers, and only root on Debian could install one"),
        (("apt-get",), ("apt-get update",), 0, "no Docker engine to be had: no apt-get update"),
        (("apt-get",), ("apt-get install",), 0, "no Docker engine to be had: no apt-get install"),
        (
            ("docker", "dockerd"),
            ("docker version",),
            1000,
            "no Docker engine answers, and only root on Debian could install one",
        ),
        (
            ("docker", "dockerd", "apt-get"),
            ("docker version", "dockerd"),
            0,
            "dockerd does not answer: no dockerd",
        ),
        (
            ("docker",),
            ("docker manifest",),
            0,
            "no registry serves the images, and there is no Go to build them",
        ),
        (
            ("docker", "go"),
            ("docker manifest inspect quay.io",),
            1000,
            "no registry serves the images, and only root on Debian builds them",
        ),
        (
            ("docker", "go", "apt-get"),
            ("docker manifest", "apt-get install"),
            0,
            "no registry serves the images, and no apt-get install",
        ),
        (("docker",), ("docker compose version",), 1000, "docker has no compose command"),
    ],
)
def test_what_a_machine_lacks_is_named_in_one_line_and_no_drill_is_run(
    doubles: tuple[str, ...],
    failing: tuple[str, ...],
    user: int,
    said: str,
    step: Callable[..., Done],
) -> None:
    done = step(*doubles, failing=failing, user=user)
    assert done.skipped == [f"skipped: the drills in containers: {said}"]
    assert done.code == 0
    assert drills_of(done) == []


def test_an_engine_that_somebody_named_is_not_replaced(step: Callable[..., Done]) -> None:
    done = step(
        "docker",
        "dockerd",
        "apt-get",
        failing=("docker version",),
        docker_host="tcp://engine:2375",
    )
    assert done.skipped == [
        "skipped: the drills in containers: no Docker engine answers at tcp://engine:2375"
    ]
    assert not any(call.startswith(("dockerd", "apt-get")) for call in done.calls)


def test_an_engine_of_another_machine_is_not_used(step: Callable[..., Done]) -> None:
    """Its containers are not to be disturbed, nor has this machine their ports."""
    elsewhere = '#!/usr/bin/env bash\n[ "$1" != context ] || echo tcp://engine:2375\n'
    done = step(others={"docker": elsewhere}, docker_host="tcp://engine:2375")
    assert done.code == 0
    assert done.skipped == [
        "skipped: the drills in containers: Docker's engine may be another machine's: it has no "
        "socket here"
    ]
    assert drills_of(done) == []


@pytest.mark.parametrize("failing", [(), ("tox run -e compose -- ",)])
def test_an_engine_that_was_started_is_ended_after_the_drills(
    failing: tuple[str, ...], step: Callable[..., Done]
) -> None:
    done = step("apt-get", failing=failing, others={"docker": ASKED, "dockerd": STARTED})
    assert done.code == (7 if failing else 0)
    assert done.skipped == []
    (drills,) = drills_of(done)
    assert done.calls.index("dockerd") < done.calls.index(drills)
    assert done.calls[-1] == "dockerd ended"
    assert not any(call.startswith("apt-get") for call in done.calls)


def test_official_images_are_taken_where_registries_serve_them(step: Callable[..., Done]) -> None:
    done = step("docker", "go", "debootstrap")
    assert (done.code, done.skipped) == (0, [])
    (drills,) = drills_of(done)
    assert drills.startswith("tox run -e compose -- scenarios/container ")
    assert "docker compose -f stack/compose.yaml pull --quiet --ignore-buildable" in done.calls
    assert not any("stack.images" in call for call in done.calls)


def test_stand_ins_are_built_where_no_registry_serves_them(step: Callable[..., Done]) -> None:
    done = step("docker", "go", "debootstrap", failing=("docker manifest",))
    assert (done.code, done.skipped) == (0, [])
    assert "tox exec -e compose -- python -m stack.images" in done.calls
    (drills,) = drills_of(done)
    assert "--compose-override stack/compose.standins.yaml scenarios/container " in drills


@pytest.mark.parametrize(
    "failing",
    [
        ("tox run -e compose -- ",),
        ("tox run -e compose --notest",),
        ("tox exec -e compose -- pytest tests -m containers",),
        ("docker compose -f stack/compose.yaml pull",),
    ],
)
def test_what_fails_on_a_machine_that_lacks_nothing_fails_the_step(
    failing: tuple[str, ...], step: Callable[..., Done]
) -> None:
    done = step("docker", "go", "debootstrap", failing=failing)
    assert done.skipped == []
    assert done.code == 7


@pytest.mark.parametrize("skipped", ["1", ""])
def test_what_ran_without_running_all_fails_the_step(
    skipped: str, step: Callable[..., Done]
) -> None:
    """Skipped tests are success to pytest; and results of an earlier run are not of this one."""
    done = step("docker", skipped=skipped)
    assert done.code == 1
    assert done.skipped == []
    assert "nothing may be skipped here" in done.err
    assert drills_of(done) == []


@pytest.mark.parametrize("tox", [DRILLS_SKIPPED, EARLIER_REPORT])
def test_drills_that_are_skipped_fail_the_step(tox: str, step: Callable[..., Done]) -> None:
    done = step("docker", tox=tox)
    assert done.code == 1
    assert len(drills_of(done)) == 1
    assert done.err.endswith(
        "nothing may be skipped here, as this machine lacks nothing: see above what was\n"
    )


@pytest.mark.parametrize("code", [1, 124, 137])
def test_stand_ins_whose_build_is_wrong_or_endless_fail_the_step(
    code: int, step: Callable[..., Done]
) -> None:
    """Or a mistake in them would be green on every machine without a registry, and nothing run."""
    wrong = TOX.replace("exit 7", f"exit {code}")
    done = step(
        "docker", "go", "debootstrap", failing=("docker manifest", "stack.images"), tox=wrong
    )
    assert done.code == code
    assert done.skipped == []
    assert drills_of(done) == []


def test_stand_ins_that_a_machine_cannot_build_are_named(step: Callable[..., Done]) -> None:
    """Only where no registry is to be had is anybody in need of them."""
    lacking = TOX.replace("exit 7", "exit 2")
    done = step(
        "docker", "go", "debootstrap", failing=("docker manifest", "stack.images"), tox=lacking
    )
    assert done.code == 0
    assert done.skipped == [
        "skipped: the drills in containers: no registry serves the images, and the stand-ins could "
        "not be built, as said above"
    ]
    assert drills_of(done) == []


def test_drills_that_take_too_long_are_ended_and_named_and_fail_the_step(
    step: Callable[..., Done],
) -> None:
    done = step("docker", tox=SLOW, edit=("within 480 ", "within 1 "))
    assert done.code == 124
    assert done.skipped == []
    assert "ended, as it took longer than 1 s: .venv/bin/tox run -e compose -- " in done.err


def test_ci_runs_drills_that_are_there() -> None:
    listed = SCRIPT.read_text().partition("drills=(")[2].partition(")")[0].split()
    assert listed
    assert [name for name in listed if not (REPOSITORY / name).exists()] == []
