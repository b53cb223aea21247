"""A fault whose own code is wrong: told as a fault that failed, with the place in its file."""

import contextlib
import sys
import traceback
from collections.abc import Iterator

from stack.faults.fault import Fault, FaultError
from stack.run.stack import StackError

LIBRARIES = (sys.prefix, sys.base_prefix)


@contextlib.contextmanager
def defects_told(fault: Fault) -> Iterator[None]:
    """Around a call of one of the fault's methods. Raises FaultError, StackError."""
    try:
        yield
    except (FaultError, StackError):
        raise
    except Exception as error:
        raise FaultError(
            f"{fault.name} raised {type(error).__name__}: {error} ({_place(error)})"
        ) from error


def _place(error: Exception) -> str:
    """File and line, of the user's own code where it is in any: a library has no such defect."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if not frame.filename.startswith(LIBRARIES)]
    last = (own or frames)[-1]
    return f"{last.filename}:{last.lineno}"
