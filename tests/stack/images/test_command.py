"""Commands of the stand-ins' build: each failure says at which step, why, and what to do."""

import sys

import pytest

from stack.images.__main__ import main
from stack.images.standins.command import BrokenBuildError, BuildError, build, run


def test_what_a_command_prints_is_returned() -> None:
    script = "import os; print(os.environ['ENGINE'])"
    said = run("asking", [sys.executable, "-c", script], environment={"ENGINE": "redis"})
    assert said == "redis\n"


def test_a_program_that_is_not_there_is_named_with_what_to_do() -> None:
    with pytest.raises(BuildError, match=r"making the base image.* no debootstrap-x .*install"):
        run("making the base image", ["debootstrap-x", "--variant=minbase"])


def test_a_command_that_fails_is_told_with_its_step_and_its_last_words() -> None:
    script = "import sys; sys.exit('no space left')"
    with pytest.raises(BuildError, match=r"(?s)packing: exit code 1 of .*no space left"):
        run("packing", [sys.executable, "-c", script])


def test_a_build_that_fails_where_nothing_is_lacking_is_the_build_s_own_fault() -> None:
    """CI passes over what a machine lacks, and must not pass over what this project broke."""
    wrong = [sys.executable, "-c", "import sys; sys.exit('does not compile')"]
    there = [sys.executable, "-c", ""]
    with pytest.raises(BrokenBuildError, match="does not compile"):
        build("building with Go", wrong, needs=there)
    lacking = [sys.executable, "-c", "import sys; sys.exit('no proxy answers')"]
    with pytest.raises(BuildError, match=r"(?s)building with Go.*compile.*no proxy") as told:
        build("building with Go", wrong, needs=lacking)
    assert not isinstance(told.value, BrokenBuildError)


def test_a_build_that_goes_well_looks_for_nothing_else() -> None:
    said = build("asking", [sys.executable, "-c", "print('built')"], needs=["debootstrap-x"])
    assert said == "built\n"


@pytest.mark.parametrize(("error", "code"), [(BuildError("lack"), 2), (BrokenBuildError("bug"), 1)])
def test_the_exit_code_tells_a_lack_from_a_mistake_of_the_build(
    error: BuildError, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    def fails(*_: object) -> None:
        raise error

    monkeypatch.setattr("stack.images.__main__.run", fails)
    assert main() == code
    assert capsys.readouterr().err == f"images: error: {error}\n"
