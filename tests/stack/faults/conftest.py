"""Small real stacks for the tests of faults."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from stack.run.stack import Service
from tests.stack.faults.small_stack import SmallStack


@pytest.fixture
def start_stack(tmp_path: Path) -> Iterator[Callable[..., SmallStack]]:
    """Starts a stack of the named services; several in one test are several stacks."""
    started: list[SmallStack] = []

    def start(*services: Service, **settings: Any) -> SmallStack:
        stack = SmallStack(tmp_path / f"stack-{len(started)}", services, **settings)
        started.append(stack)
        return stack

    yield start
    for stack in started:
        stack.close()


@pytest.fixture
def bare_stack(start_stack: Callable[..., SmallStack]) -> SmallStack:
    """A stack without services: processes only."""
    return start_stack()
