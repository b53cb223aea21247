"""A restart of Prometheus makes a pending alert start over, and does not resolve one that fires."""

from scenarios.drill import Drill, begin, end, fires, inhibited, until_notified
from scenarios.load import Load
from stack.faults.app_down import AppDown
from stack.faults.prometheus_down import PrometheusDown

DRILL = Drill(
    load=Load("browse", 2),
    steps=[
        begin(AppDown(), until="pending"),
        begin(PrometheusDown(), name="restart while pending", until="in"),
        end("restart while pending"),
        until_notified("app_down"),
        begin(PrometheusDown(), name="restart while firing", until="in"),
        end("restart while firing"),
        end("app_down"),
    ],
    expects=[
        fires(
            "ApiDown",
            # A minute of pending is lost, and as long as Prometheus takes to come back.
            within="5m",
            at="api-pager",
            group={"service": "api"},
            labels={"severity": "critical", "instance": "api:4000"},
            resolves_within="8m",
            fault="app_down",
            restarts={"restart while pending": "pending", "restart while firing": "firing"},
        ),
        inhibited("TargetDown", by="ApiDown", labels={"instance": "api:4000"}, fault="app_down"),
    ],
)
