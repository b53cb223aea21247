"""Commands of the stand-ins' build: each failure says at which step, why, and what to do."""

import sys

import pytest

from stack.images.standins.command import BuildError, run


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
