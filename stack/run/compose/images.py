"""What a run's compose files are made of: each service is there, and images stay the same."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from docker.errors import DockerException, ImageNotFound

from stack.run.compose.engine import client, compose
from stack.run.configuration import PRODUCTION
from stack.run.stack import StackError

COMPOSE_FILE = PRODUCTION / "compose.yaml"
# For people to look at; a drill has nobody who does.
NOT_DRILLED = ("grafana",)


def images_of(files: Sequence[Path], project: str) -> dict[str, str]:
    """The id of each image of the files together, by its name. Raises StackError."""
    told = json.loads(compose(files, project, ("config", "--format", "json")))
    services: Mapping[str, Any] = told["services"]
    drilled = yaml.safe_load(COMPOSE_FILE.read_text())["services"]
    gone = sorted(
        name
        for name, service in drilled.items()
        if name not in services and name not in NOT_DRILLED and not service.get("profiles")
    )
    if gone:
        raise StackError(
            f"{', '.join(map(str, files))}: together they leave out {', '.join(gone)}, without "
            "which no drill shows what it says; take that out of the override"
        )
    return _ids({str(service["image"]) for service in services.values() if "image" in service})


def refuse_others(images: Mapping[str, str]) -> None:
    """Raises StackError where an image of these names is no longer the one with this id."""
    changed = sorted(name for name, id_ in _ids(images).items() if images[name] != id_)
    if changed:
        raise StackError(
            f"{', '.join(changed)}: built or pulled anew since this run began, so that its drills "
            "would not be of one system; let no other run build meanwhile, and run it again"
        )


def _ids(names: Mapping[str, str] | set[str]) -> dict[str, str]:
    engine = client()
    name = ""
    try:
        ids = {}
        for name in sorted(names):
            ids[name] = str(engine.images.get(name).id)
        return ids
    except ImageNotFound:
        raise StackError(f"the image {name} is gone since this run built or pulled it") from None
    except (DockerException, OSError) as error:
        raise StackError(f"Docker's engine did not look for the image {name}: {error}") from error
    finally:
        engine.close()
