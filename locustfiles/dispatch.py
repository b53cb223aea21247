"""Where Locust's users go with several workers: one to each, whatever --users says."""

from __future__ import annotations

from collections.abc import Iterator

from locust import User
from locust.runners import MasterRunner, WorkerNode


class OneUserEach(Iterator[dict[str, dict[str, int]]]):
    """Takes the place of Locust's UsersDispatcher, which would place one user on one worker."""

    # Asked by the master before it dispatches anew: here a dispatch is one step.
    dispatch_in_progress = False

    def __init__(
        self, runner: MasterRunner, worker_nodes: list[WorkerNode], user_classes: list[type[User]]
    ) -> None:
        self._runner = runner
        self._workers = {node.id for node in worker_nodes}
        self._users = {user.__name__: 1 for user in user_classes}
        self._is_told = True

    def new_dispatch(
        self,
        target_user_count: int,  # noqa: ARG002
        spawn_rate: float,  # noqa: ARG002
        user_classes: list[type[User]] | None = None,  # noqa: ARG002
    ) -> None:
        """Tell every worker once more, which also takes changed settings there."""
        # What the master waits for, and shows as the number of users.
        self._runner.target_user_count = len(self._workers)
        self._is_told = False

    def __next__(self) -> dict[str, dict[str, int]]:
        if self._is_told:
            raise StopIteration
        self._is_told = True
        return {worker: dict(self._users) for worker in sorted(self._workers)}

    def add_worker(self, worker_node: WorkerNode) -> None:
        self._workers.add(worker_node.id)

    def remove_worker(self, worker_node: WorkerNode) -> None:
        self._workers.discard(worker_node.id)
