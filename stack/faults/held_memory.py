"""Memory that a stressor holds: taken from the host chunk by chunk, and given back the same way."""

import contextlib
import mmap
import os
from typing import Protocol

CHUNK_BYTES = 16 << 20


class HeldMemory(Protocol):
    """Memory that nobody else can have while it is held."""

    @property
    def held_bytes(self) -> int: ...

    def grow(self) -> None:
        """One chunk more. Raises OSError where the system gives none."""

    def trim(self) -> None:
        """One chunk less, if there is one."""


class FileInMemory:
    """Linux: a file that lives in memory only, whose pages are allocated and never written.

    The kernel gives its pages to nobody else, and counts them as used, as soon as they are
    allocated. Writing them too would cost more than time: a virtual machine's own host would
    have to find each page, and take all back at the end, which stops the machine for a second.
    """

    def __init__(self) -> None:
        self._file = os.memfd_create("held-memory")
        self.held_bytes = 0

    def grow(self) -> None:
        os.posix_fallocate(self._file, self.held_bytes, CHUNK_BYTES)
        self.held_bytes += CHUNK_BYTES

    def trim(self) -> None:
        self.held_bytes = max(0, self.held_bytes - CHUNK_BYTES)
        os.ftruncate(self._file, self.held_bytes)


class WrittenPages:
    """Where there are no such files: pages that differ from zeros, which could be shared."""

    def __init__(self) -> None:
        self._chunks: list[mmap.mmap] = []

    @property
    def held_bytes(self) -> int:
        return len(self._chunks) * CHUNK_BYTES

    def grow(self) -> None:
        chunk = mmap.mmap(-1, CHUNK_BYTES, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        chunk[:: mmap.PAGESIZE] = b"\x01" * (CHUNK_BYTES // mmap.PAGESIZE)
        self._chunks.append(chunk)

    def trim(self) -> None:
        with contextlib.suppress(IndexError):
            self._chunks.pop().close()


def held_memory() -> HeldMemory:
    """Nothing held yet, of the kind that suits this system."""
    return FileInMemory() if hasattr(os, "memfd_create") else WrittenPages()
