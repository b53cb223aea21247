"""Mounts a small file system in memory, and unmounts it once whoever asked for it is gone.

Run as ``python -m stack.faults.mount_holder``, with a pipe as standard input. It says "mounted"
on standard output, or why not. End of file on the pipe means that the other end has ended,
however it did: a process that is killed can unmount nothing. So this one belongs to nobody's
family, where it would be killed along.
"""

import argparse
import contextlib
import ctypes
import os
import signal
import sys
from pathlib import Path

# From sys/mount.h: no device files, no set-user-id, nothing to execute.
MS_NOSUID, MS_NODEV, MS_NOEXEC = 2, 4, 8
# Gone from the tree at once, though a file in it may still be open.
MNT_DETACH = 2


def mount(directory: Path, size_bytes: int) -> None:
    """Raises OSError."""
    libc = ctypes.CDLL(None, use_errno=True)
    failed = libc.mount(
        b"tmpfs",
        os.fsencode(directory),
        b"tmpfs",
        ctypes.c_ulong(MS_NOSUID | MS_NODEV | MS_NOEXEC),
        f"size={size_bytes},mode=0700".encode(),
    )
    if failed:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error), str(directory))


def unmount(directory: Path) -> None:
    """Raises OSError where nothing is mounted there."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.umount2(os.fsencode(directory), MNT_DETACH):
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error), str(directory))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--directory", type=Path, required=True)
    parser.add_argument("--size-bytes", type=int, required=True)
    options = parser.parse_args()

    if os.fork():
        os._exit(0)
    os.setsid()
    for ending in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, signal.SIG_IGN)
    try:
        options.directory.mkdir(exist_ok=True)
        mount(options.directory, options.size_bytes)
    except OSError as error:
        sys.exit(f"nothing was mounted: {error}")
    try:
        with contextlib.suppress(OSError):
            print("mounted", flush=True)
        sys.stdin.buffer.read()
    finally:
        unmount(options.directory)
        # The stack's directory may be on its way out already.
        with contextlib.suppress(OSError):
            options.directory.rmdir()


if __name__ == "__main__":
    main()
