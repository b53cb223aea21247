"""People pour into a waiting room that lets nobody in, and two teams are told; 650 do no harm."""

from scenarios.drill import Drill, fault, fires, near_miss
from scenarios.load import Load
from scenarios.surge import QueueSurge

DRILL = Drill(
    # Nobody orders: those held up in the queue would order all at once when it drains.
    load=Load("browse", 10),
    steps=[
        near_miss(QueueSurge(waiting=650, admitted_per_second=5), of="QueueWaitingHigh"),
        fault(QueueSurge(waiting=1500, admitted_per_second=0)),
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
        fires(
            "QueueNotMoving",
            within="6m",
            at="api-pager",
            group={"service": "waiting-room"},
            labels={"severity": "critical"},
            resolves_within="10m",
        ),
    ],
)
