"""Two Alertmanagers that share the work: flags of each, and when they have found one another.

Both get every alert from Prometheus, and each waits ``--cluster.peer-timeout`` for each live one
before it in the order of names; by then gossip must have told it what was sent. So gossip is
quicker at a higher speed, as far as it pays; probing of a peer that is gone stays as it is.
"""

from collections.abc import Callable
from functools import partial

from stack.observe.alertmanager import Alertmanager
from stack.observe.prometheus import Prometheus, ReadError
from stack.run.waiting import wait_until

GOSSIP_MILLISECONDS = 200
# Below this, gossip costs CPU and gains nothing on one host.
SHORTEST_GOSSIP_MILLISECONDS = 20
# Production's, which the speed divides; see stack/run/speed/alertmanager_config.py.
PEER_TIMEOUT_SECONDS = 15.0
MEMBERS = 2
SETTLED_WITHIN_SECONDS = 20.0


def gossip_milliseconds(speed: float) -> int:
    """How often members gossip; they settle within some fifty of these after a start."""
    return max(SHORTEST_GOSSIP_MILLISECONDS, round(GOSSIP_MILLISECONDS / speed))


def cluster_flags(listen: str, peer: str, speed: float) -> tuple[str, ...]:
    """The flags of the member that listens for gossip at ``listen`` and finds the other at
    ``peer``, both ``host:port``."""
    return (
        f"--cluster.listen-address={listen}",
        f"--cluster.peer={peer}",
        f"--cluster.gossip-interval={gossip_milliseconds(speed)}ms",
    )


def wait_until_paired(
    prometheus: Prometheus, urls: tuple[str, ...], patience: Callable[[float], float]
) -> None:
    """Until both have settled as one cluster and Prometheus sends to both. Raises NotSeen and
    ReadError."""
    within_seconds = patience(SETTLED_WITHIN_SECONDS)
    for url in urls:
        wait_until(
            f"{url} to settle in a cluster of {MEMBERS}",
            partial(has_settled, Alertmanager(url)),
            within_seconds=within_seconds,
        )

    def known() -> tuple[bool, str]:
        active = prometheus.active_alertmanagers()
        return len(active) >= MEMBERS, f"active Alertmanagers: {active or 'none'}"

    wait_until("Prometheus to find both Alertmanagers", known, within_seconds=within_seconds)


def has_settled(manager: Alertmanager) -> tuple[bool, str]:
    """Whether this member is ready and sees the other; and what it says."""
    try:
        cluster = manager.cluster()
    except ReadError as error:
        return False, str(error)
    return (
        cluster.status == "ready" and cluster.members >= MEMBERS,
        f"{cluster.status}, {cluster.members} members",
    )
