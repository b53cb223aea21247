"""What pytest must know wherever it starts here, though the path it is given does not exist."""

from scenarios.external_option import pytest_configure  # noqa: F401 - pytest finds hooks by name
from scenarios.misspelt import pytest_collection  # noqa: F401
from scenarios.plugin import pytest_addoption  # noqa: F401
