"""How much memory a stressor may hold: pure functions of what the host and its container have."""

from dataclasses import dataclass

GIB = 1 << 30
LEFT_FREE_BYTES = GIB
# Part of the host within which a level counts as reached.
TOLERANCE = 0.005


@dataclass(frozen=True)
class Memory:
    """A host's memory, and what a container around this process may still take, if limited."""

    total_bytes: int
    available_bytes: int
    container_room_bytes: int | None = None

    @property
    def used_ratio(self) -> float:
        """As of ``1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes``."""
        return 1 - self.available_bytes / self.total_bytes


def bytes_to_take(memory: Memory, used_ratio: float) -> int:
    """How much more to hold for the host to be used to this ratio; below 0, how much less.

    Never so much that less than 1 GiB would be left to the host or to the container.
    """
    goal_available = max((1 - used_ratio) * memory.total_bytes, LEFT_FREE_BYTES)
    wanted = memory.available_bytes - goal_available
    if memory.container_room_bytes is not None:
        wanted = min(wanted, memory.container_room_bytes - LEFT_FREE_BYTES)
    return int(wanted)


def why_unavailable(memory: Memory, used_ratio: float) -> str | None:
    """Why the host cannot be filled to this ratio as it is now, or None."""
    left_bytes = (1 - used_ratio) * memory.total_bytes
    if left_bytes < LEFT_FREE_BYTES:
        return (
            f"a used ratio of {used_ratio:g} would leave {left_bytes / GIB:.2f} GiB of the host's "
            f"{memory.total_bytes / GIB:.2f} GiB, and 1 GiB is always left free: at most "
            f"{max(0.0, 1 - LEFT_FREE_BYTES / memory.total_bytes):.2f} can be had here"
        )
    needed_bytes = memory.available_bytes - left_bytes
    if needed_bytes <= TOLERANCE * memory.total_bytes:
        return (
            f"the host's memory is already used to {memory.used_ratio:.3f}, and {used_ratio:g} "
            f"is wanted: end what takes it"
        )
    room = memory.container_room_bytes
    if room is not None and room - LEFT_FREE_BYTES < needed_bytes:
        return (
            f"a used ratio of {used_ratio:g} needs {needed_bytes / GIB:.2f} GiB, and the memory "
            f"limit of this container (cgroup) leaves {max(0, room) / GIB:.2f} GiB, of which "
            f"1 GiB stays free: raise the limit, or run outside of it"
        )
    return None
