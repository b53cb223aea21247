"""The image that the stand-ins are made from: Debian bookworm, by debootstrap, once."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from stack.images.standins.command import BuildError, run

NAME = "flash-drills/base:bookworm"


def make(progress: Callable[[str], None]) -> None:
    """Make the image where there is none. Raises BuildError."""
    if run("looking for the base image", ["docker", "images", "--quiet", NAME]).strip():
        return
    if os.geteuid() != 0:
        raise BuildError("making the base image: debootstrap needs root: run this as root, once")
    with tempfile.TemporaryDirectory(prefix="flash-drills-base-") as folder:
        # Not the folder itself: that is nobody else's to enter, and would be the image's root.
        root = Path(folder) / "root"
        root.mkdir(mode=0o755)
        progress(f"making {NAME} (once; it takes about half a minute)")
        run("making the base image", ["debootstrap", "--variant=minbase", "bookworm", str(root)])
        archive = Path(folder) / "root.tar"
        run("packing the base image", ["tar", "-C", str(root), "-cf", str(archive), "."])
        run("importing the base image", ["docker", "import", str(archive), NAME])
