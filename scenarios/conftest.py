"""Makes pytest collect and run the drills in this folder; see plugin.py."""

from scenarios.plugin import (  # noqa: F401 - pytest finds hooks by name
    pytest_collect_file,
    pytest_collection_modifyitems,
    pytest_configure,
    pytest_pycollect_makemodule,
    pytest_report_collectionfinish,
    pytest_runtestloop,
    pytest_sessionfinish,
    pytest_sessionstart,
    pytest_terminal_summary,
)
