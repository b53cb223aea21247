"""More than 10 % failed thumbnails page the media team; fewer do not."""

import sys
from pathlib import Path

from scenarios.drill import Drill, fault, fires, near_miss
from scenarios.load import Load
from stack.faults.hooks import Hooked

HERE = Path(__file__).resolve().parents[1]
CONTROL = (sys.executable, str(HERE / "control.py"))


def failures(ratio: float) -> Hooked:
    return Hooked(
        name="failing thumbnails",
        inject_command=[*CONTROL, "set", "failure_ratio", str(ratio)],
        read_back_command=[*CONTROL, "is", "failure_ratio", str(ratio)],
        heal_command=[*CONTROL, "set", "failure_ratio", "0"],
        read_back_healed_command=[*CONTROL, "is", "failure_ratio", "0"],
        symptom_ratio=ratio,
    )


DRILL = Drill(
    load=Load(str(HERE / "locustfile.py"), 10),
    steps=[
        near_miss(failures(0.07), of="ThumbnailsFailing"),
        fault(failures(0.3), name="three in ten fail", events_per_second=10),
    ],
    expects=[
        fires(
            "ThumbnailsFailing",
            within="30s",
            at="media-pager",
            group={"alertname": "ThumbnailsFailing"},
        ),
    ],
)
