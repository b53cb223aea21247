"""The compose way: images are built once in a run, then each drill has its own containers."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from stack.run.compose.engine import ask_engine, compose
from stack.run.compose.images import COMPOSE_FILE, images_of
from stack.run.compose.project import ComposeStack
from stack.run.configuration import layers_in
from stack.run.stack import StackError
from stack.run.way import Feature, Wanted

# Only pulls and builds; each drill's stack is a project of its own.
IMAGES_PROJECT = "flash-drills"
IMAGES_WITHIN_SECONDS = 1800
LACKS: Mapping[Feature, str] = {
    "host": "node_exporter sees no network interface of the host from its container; run it with "
    "--stack local",
    "two-alertmanagers": "compose.yaml has one Alertmanager; run it with --stack local",
}
# Of which feature a layer is, without which true alerts of it would only be foreign to a drill.
LAYERS: Mapping[str, tuple[Feature, str]] = {
    "container": ("containers", "the drill is of no container"),
    "database": ("postgresql", "the drill is of no PostgreSQL"),
    "system": ("host", "other containers share the host"),
}


class ComposeWay:
    """``overrides`` are compose files that are added to compose.yaml, such as the stand-ins'."""

    name = "compose"
    lacks = LACKS
    # The name of the container under test, which its metrics carry, can be had once on a host.
    one_at_a_time = True
    fills_host = True

    def __init__(self, overrides: Sequence[Path] = ()) -> None:
        self._files = (COMPOSE_FILE, *(path.resolve() for path in overrides))
        self._images: Mapping[str, str] | None = None

    def layers_absent(self, source: Path, features: frozenset[Feature]) -> Mapping[str, str]:
        return {
            layer: LAYERS[layer][1]
            for layer in layers_in(source)
            if layer in LAYERS and LAYERS[layer][0] not in features
        }

    def prepare(self, say: Callable[[str], None]) -> None:
        """Ask the engine, and have every image before the first drill. Raises StackError."""
        say(f"compose: {ask_engine()}")
        for override in self._files[1:]:
            say(f"compose: not compose.yaml alone, but with {override}")
        say("compose: pulling and building images where they are missing")
        pull = ("pull", "--quiet", "--policy", "missing", "--ignore-buildable")
        try:
            compose(self._files, IMAGES_PROJECT, pull, within_seconds=IMAGES_WITHIN_SECONDS)
        except StackError as error:
            raise StackError(
                f"an image cannot be pulled: {error}\nWhere no registry serves them, `python -m "
                "stack.images` builds stand-ins, used with --compose-override "
                "stack/compose.standins.yaml"
            ) from error
        build = ("build", "--quiet")
        compose(self._files, IMAGES_PROJECT, build, within_seconds=IMAGES_WITHIN_SECONDS)
        self._images = images_of(self._files, IMAGES_PROJECT)

    def stack(self, wanted: Wanted) -> ComposeStack:
        assert self._images is not None, "prepare comes first"
        return ComposeStack(
            wanted,
            self._files,
            self._images,
            layers_absent=self.layers_absent(wanted.source, wanted.features),
        )
