"""A worker that stands still is told in the chat once twenty pictures wait."""

import sys
from pathlib import Path

from scenarios.drill import Drill, fault, fires
from scenarios.load import Load
from stack.faults.hooks import Hooked

HERE = Path(__file__).resolve().parents[1]
CONTROL = (sys.executable, str(HERE / "control.py"))

DRILL = Drill(
    load=Load(str(HERE / "locustfile.py"), 10),
    steps=[
        fault(
            Hooked(
                name="stopped worker",
                inject_command=[*CONTROL, "set", "stopped", "1"],
                read_back_command=[*CONTROL, "waiting", "25"],
                heal_command=[*CONTROL, "set", "stopped", "0"],
                read_back_healed_command=[*CONTROL, "drained", "10"],
            )
        ),
    ],
    expects=[
        fires(
            "PicturesWaiting",
            within="30s",
            at="media-chat",
            group={"alertname": "PicturesWaiting"},
        ),
    ],
)
