"""``pytest --stack external`` as a user types it, where nothing is to be run: told clearly."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from scenarios.collect import ROOT

EXAMPLE = ROOT.parent / "examples" / "thumbnails"
SETTINGS = f"--external={EXAMPLE / 'external.yml'}"
EXTERNAL = ("--stack", "external", SETTINGS)
REFUSED = pytest.ExitCode.USAGE_ERROR
CASES = {
    "collected": (*EXTERNAL, "--collect-only", "-q"),
    "one by name": (*EXTERNAL, "-k", "stopped", "--collect-only", "-q"),
    "one by path": (
        str(EXAMPLE / "drills" / "stopped_worker.py"),
        *(*EXTERNAL, "--collect-only", "-q"),
    ),
    "from elsewhere": (
        "--stack",
        "external",
        "--external={copy}/external.yml",
        "--collect-only",
        "-q",
    ),
    "no file": ("--stack", "external"),
    "a file that is not there": ("--stack", "external", "--external=nowhere.yml"),
    "a file for nothing": (SETTINGS,),
    "another speed": (*EXTERNAL, "--speed", "60"),
    "drills of Flash Tickets": (str(ROOT), *EXTERNAL),
    "a configuration": (*EXTERNAL, "--configuration", "x"),
    "a stack to keep": (*EXTERNAL, "--keep-stack"),
    "a shard": (*EXTERNAL, "--shard", "1/2"),
    "a compose file": (*EXTERNAL, "--compose-override", "x"),
    "no drill": ("--stack", "external", "--external={copy}/empty.yml"),
    "nobody there": ("--stack", "external", "--external={copy}/external.yml"),
}


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[int, str]]:
    """Exit code and output of each case, from the checkout."""
    folder = tmp_path_factory.mktemp("external")
    copy = folder / "staging"
    (copy / "drills").mkdir(parents=True)
    for name in ("stopped_worker.py", "failing_thumbnails.py"):
        (copy / "drills" / name).write_text((EXAMPLE / "drills" / name).read_text())
    (copy / "drills" / "deeper").mkdir()
    (copy / "drills" / "deeper" / "worker.py").write_text(
        (EXAMPLE / "drills" / "stopped_worker.py").read_text().replace("parents[1]", "parents[2]")
    )
    (copy / "drills" / "_draft.py").write_text("not Python yet")
    (copy / "drills" / "notes.md").write_text("not Python at all")
    for name in ("locustfile.py", "control.py"):
        (copy / name).write_text((EXAMPLE / name).read_text())
    (copy / "sink-token").write_text("a-token-of-some-length")
    text = (EXAMPLE / "external.yml").read_text()
    for port in ("9590", "9593"):
        text = text.replace(f"127.0.0.1:{port}", "127.0.0.1:9")
    (copy / "external.yml").write_text(text)
    (copy / "none").mkdir()
    (copy / "none" / "_draft.py").write_text("not Python yet")
    (copy / "empty.yml").write_text(text.replace("drills: drills", "drills: none"))

    def run(arguments: tuple[str, ...]) -> tuple[int, str]:
        ended = subprocess.run(
            [
                *(sys.executable, "-m", "pytest", "-p", "no:cacheprovider"),
                f"--report={folder / 'reports'}",
                *(argument.replace("{copy}", str(copy)) for argument in arguments),
            ],
            capture_output=True,
            text=True,
            cwd=ROOT.parent,
            timeout=120,
            check=False,
        )
        return ended.returncode, ended.stdout + ended.stderr

    token = EXAMPLE / "sink-token"
    is_ours = not token.exists()
    if is_ours:
        token.write_text("a-token-of-some-length")
    try:
        with ThreadPoolExecutor(2) as pool:
            return dict(zip(CASES, pool.map(run, CASES.values()), strict=True))
    finally:
        if is_ours:
            token.unlink()


def test_the_drills_of_the_folder_are_collected_and_no_others(
    done: dict[str, tuple[int, str]],
) -> None:
    code, said = done["collected"]
    assert code == 0
    assert [line for line in said.splitlines() if "::" in line] == [
        "examples/thumbnails/drills/failing_thumbnails.py::drill",
        "examples/thumbnails/drills/stopped_worker.py::drill",
    ]


@pytest.mark.parametrize("case", ["one by name", "one by path"])
def test_one_of_them_can_be_chosen(case: str, done: dict[str, tuple[int, str]]) -> None:
    code, said = done[case]
    assert code == 0
    assert "stopped_worker.py::drill" in said
    assert "failing_thumbnails.py" not in said


def test_a_folder_outside_of_the_checkout_is_collected(done: dict[str, tuple[int, str]]) -> None:
    code, said = done["from elsewhere"]
    assert code == 0, said
    assert [line for line in said.splitlines() if "::" in line] == [
        "deeper/worker.py::drill",
        "failing_thumbnails.py::drill",
        "stopped_worker.py::drill",
    ]


@pytest.mark.parametrize(
    ("case", "told"),
    [
        ("no file", "--stack external needs --external FILE"),
        ("a file that is not there", "nowhere.yml: cannot be read"),
        ("a file for nothing", "--external is for --stack external"),
        ("another speed", "--speed 60 is not for --stack external"),
        ("drills of Flash Tickets", "is not among the drills of"),
        ("a configuration", "--configuration is not for --stack external"),
        ("a stack to keep", "--keep-stack is not for --stack external"),
        ("a shard", "--shard is not for --stack external"),
        ("a compose file", "--compose-override is for --stack compose"),
        ("no drill", "empty.yml: drills: there is none in "),
        ("nobody there", "Prometheus at http://127.0.0.1:9/api/v1/status/flags does not answer"),
    ],
)
def test_a_mistake_is_told_before_anything_runs(
    case: str, told: str, done: dict[str, tuple[int, str]]
) -> None:
    code, said = done[case]
    assert code == REFUSED, said
    assert told in said
    assert "Traceback" not in said
