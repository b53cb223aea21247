"""The third-party programs of a stack: found on this machine, or put into a per-user cache once."""

from stack.run.engines.engine import Engine, EngineError
from stack.run.engines.resolve import NAMES, engines, passed_over, require

__all__ = ["NAMES", "Engine", "EngineError", "engines", "passed_over", "require"]
