"""The API's container has ended, and nothing starts it again."""

from dataclasses import dataclass
from typing import ClassVar

from stack.faults.app_down import AppDown
from stack.faults.contained import CADVISOR_SECONDS
from stack.run.way import Feature


@dataclass(frozen=True)
class ContainerGone(AppDown):
    """As AppDown, where the API is in a container that cAdvisor watches."""

    name: ClassVar[str] = "container_gone"
    needs: ClassVar[frozenset[Feature]] = frozenset({"flash-tickets", "containers"})

    @property
    def lag_seconds(self) -> float:
        return CADVISOR_SECONDS

    @property
    def heal_lag_seconds(self) -> float:
        return CADVISOR_SECONDS
