"""More than 1000 people waiting are told to the business team; 700 are not."""

from scenarios.drill import Drill, fault, fires, near_miss
from scenarios.load import Load
from scenarios.surge import QueueSurge

DRILL = Drill(
    # Nobody orders: those held up in the queue would order all at once when it drains.
    load=Load("browse", 10),
    steps=[
        near_miss(QueueSurge(waiting=700), of="QueueWaitingHigh"),
        fault(QueueSurge(waiting=1600)),
    ],
    expects=[
        fires(
            "QueueWaitingHigh",
            within="4m",
            at="business-chat",
            group={"alertname": "QueueWaitingHigh", "service": "waiting-room"},
            labels={"severity": "warning"},
            resolves_within="10m",
        ),
    ],
)
