"""What the README says of the code is what the code is."""

import re
from pathlib import Path

from scenarios.collect import ROOT, load_drill
from stack.run.kept_real import KEPT_REAL
from stack.run.speed import format_duration

REPOSITORY = ROOT.parent
README = (REPOSITORY / "README.md").read_text()


def test_the_table_of_what_stays_real_is_that_of_the_code() -> None:
    rows = re.findall(r"^\| (.+) \| (\d\w*) \|$", README, re.MULTILINE)
    assert rows == [(real.name, format_duration(real.milliseconds)) for real in KEPT_REAL]


def test_the_drill_that_is_shown_can_be_collected(tmp_path: Path) -> None:
    (shown,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    path = tmp_path / "business" / "shown.py"
    path.parent.mkdir()
    path.write_text(shown)
    drill = load_drill(path, tmp_path)
    assert drill.expects[0].alert == "PaymentFailureRatioHigh"


def test_the_folders_that_are_named_exist() -> None:
    (tree,) = re.findall(r"## Where things are\n\n```\n(.*?)```", README, re.DOTALL)
    parents: list[str] = []
    for line in tree.splitlines():
        name = line.split()[0]
        depth = (len(line) - len(line.lstrip())) // 2
        parents[depth:] = [name]
        assert (REPOSITORY / "/".join(part.strip("/") for part in parents)).exists(), line


def test_quick_start_is_one_block_of_two_command_lines() -> None:
    (block,) = re.findall(r"## Quick start\n\n```sh\n(.*?)```", README, re.DOTALL)
    assert len(block.strip().splitlines()) == 2
