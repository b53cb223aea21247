"""Versions, recipes and names of the pinned engines."""

import dataclasses

import pytest

from stack.run.engines.catalogue import CATALOGUE, Acceptable, GoModule, release_of, source_of

MODULES = {source.name: source for source in CATALOGUE if isinstance(source, GoModule)}


def test_versions_compare_as_numbers() -> None:
    """3.9 is older than 3.15, though it sorts after it as text."""
    assert release_of("3.9.1") not in Acceptable(minimum=(3, 15))
    assert release_of("3.15.0") in Acceptable(minimum=(3, 15))


@pytest.mark.parametrize(
    ("version", "taken"),
    [("3.14.9", False), ("3.15.0", True), ("3.15.7", True), ("3.40.0", True), ("4.0.0", False)],
)
def test_a_program_on_path_must_be_of_the_pinned_major_and_not_older(
    version: str, taken: bool
) -> None:
    """The pinned minor version and any later one of the same major are good enough."""
    assert (release_of(version) in MODULES["prometheus"].acceptable) is taken


def test_every_engine_of_the_contract_is_there() -> None:
    """The names that other rooms ask for are those of the catalogue."""
    assert set(source_of(CATALOGUE)) == {
        "prometheus",
        "promtool",
        "alertmanager",
        "amtool",
        "node_exporter",
        "redis_exporter",
        "toxiproxy",
        "redis-server",
    }


@pytest.mark.parametrize(
    "change",
    [
        {"module_version": "v0.316.0"},
        {"module_sum": "h1:other"},
        {"tags": ()},
        {"version": "3.16.0"},
        {"added_files": (("a", ""),)},
    ],
)
def test_what_decides_the_build_decides_its_directory(change: dict[str, object]) -> None:
    """With another pin or build option an old build is not taken for the one that is wanted."""
    pinned = MODULES["prometheus"]
    assert dataclasses.replace(pinned, **change).recipe != pinned.recipe  # type: ignore[arg-type]


def test_how_a_version_is_recognised_does_not_decide_the_build() -> None:
    """A better pattern for --version makes nobody build again."""
    pinned = MODULES["toxiproxy"]
    program = dataclasses.replace(pinned.programs[0], version_pattern="other")
    assert dataclasses.replace(pinned, programs=(program,)).recipe == pinned.recipe
