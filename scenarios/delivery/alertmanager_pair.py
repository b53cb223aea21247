"""Two Alertmanagers tell each alert once; if one is killed, the other tells it, and of its peer."""

from scenarios.drill import Drill, begin, end, fault, fires
from scenarios.load import Load
from stack.faults.alertmanager_down import AlertmanagerDown
from stack.faults.slow_uploads import SlowUploads

UPLOADS = SlowUploads(resident_bytes=225e6)

DRILL = Drill(
    load=Load("browse", 2),
    alertmanagers=2,
    steps=[
        fault(UPLOADS, name="with both"),
        begin(UPLOADS, name="with one", until="pending"),
        # The first is the one that sends: the other has to wait for it in vain.
        begin(AlertmanagerDown("first"), until="in"),
        end("with one", "alertmanager_down"),
    ],
    expects=[
        fires(
            "ApiMemoryHigh",
            within="4m",
            at="api-chat",
            group={"service": "api"},
            resolves_within="8m",
            fault="with both",
        ),
        fires(
            "ApiMemoryHigh",
            # The group of the first may still be there, and hold the second to its interval.
            within="9m",
            at="api-chat",
            group={"service": "api"},
            resolves_within="8m",
            fault="with one",
        ),
        fires(
            "TargetDown",
            within="5m",
            at="platform-chat",
            group={"alertname": "TargetDown", "service": "monitoring"},
            labels={"instance": "alertmanager:9093"},
            resolves_within="8m",
            fault="alertmanager_down",
        ),
    ],
)
