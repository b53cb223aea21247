"""``python -m stack.images``: builds the stand-ins that compose.standins.yaml names.

For Debian, as root, with Docker's engine running and Go on PATH. Where a registry serves the
official images nobody needs this.
"""

import sys
import tempfile
from pathlib import Path

from stack.images.standins import base, programs
from stack.images.standins.command import BuildError, run
from stack.run.engines import EngineError

STANDINS = Path(__file__).parent / "standins"


def main() -> int:
    """Build all; 0 is success, 2 what the user has to put right."""
    try:
        _build()
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
        run(
            "building the images",
            ["docker", "compose", "--file", str(STANDINS / "build.yaml"), "build", "--quiet"],
            environment={"BUILD_CONTEXT": folder},
        )


def _say(line: str) -> None:
    sys.stderr.write(f"images: {line}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
