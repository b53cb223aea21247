"""``python -m stack.images``: builds the stand-ins that compose.standins.yaml names.

For Debian, as root, with Docker's engine running and Go on PATH. Where a registry serves the
official images nobody needs this. Exit code 2 is what a machine lacks, 1 a build that is wrong.
"""

import sys
import tempfile
from pathlib import Path

from stack.images.standins import base, programs
from stack.images.standins.command import BrokenBuildError, BuildError, build, run
from stack.run.engines import EngineError

STANDINS = Path(__file__).parent / "standins"


def main() -> int:
    """Build all; 0 is success, 2 what the user has to put right, 1 what this project has."""
    try:
        _build()
    except BrokenBuildError as error:
        sys.stderr.write(f"images: error: {error}\n")
        return 1
    except (BuildError, EngineError) as error:
        sys.stderr.write(f"images: error: {error}\n")
        return 2
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        return 130
    _say("done: docker compose -f stack/compose.yaml -f stack/compose.standins.yaml up")
    return 0


def _build() -> None:
    run("asking Docker's engine", ["docker", "info", "--format", "{{.ServerVersion}}"])
    programs.install_compose(_say)
    base.make(_say)
    with tempfile.TemporaryDirectory(prefix="flash-drills-images-") as folder:
        programs.gather(Path(folder), _say)
        _say("building the images")
        build(
            "building the images",
            ["docker", "compose", "--file", str(STANDINS / "build.yaml"), "build", "--quiet"],
            # Containers that run, and that reach Debian's packages.
            needs=["docker", "run", "--rm", base.NAME, "apt-get", "update", "--error-on=any"],
            environment={"BUILD_CONTEXT": folder},
        )


def _say(line: str) -> None:
    sys.stderr.write(f"images: {line}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
