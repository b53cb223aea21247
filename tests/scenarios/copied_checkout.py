"""A copy of the checkout to which a test can add drills; nothing of the true one is changed."""

import shutil
from pathlib import Path

from scenarios.collect import ROOT


def copied_checkout(copy: Path) -> Path:
    """Make ``copy``, with scenarios of its own and all that they need; gives its scenarios."""
    scenarios = copy / "scenarios"
    shutil.copytree(ROOT, scenarios, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("pyproject.toml", "conftest.py"):
        shutil.copy(ROOT.parent / file, copy)
    for package in ("stack", "sink", "locustfiles"):
        (copy / package).symlink_to(ROOT.parent / package)
    return scenarios
