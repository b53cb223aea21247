"""When Prometheus or Alertmanager is gone the heartbeat stops, and it comes back with them."""

from scenarios.drill import Drill, fault, heartbeat
from scenarios.judge.expectation import Allowed
from scenarios.load import Load
from stack.faults.alertmanager_down import AlertmanagerDown
from stack.faults.prometheus_down import PrometheusDown

DRILL = Drill(
    load=Load("browse", 2),
    steps=[fault(PrometheusDown()), fault(AlertmanagerDown())],
    expects=[
        heartbeat(
            "Watchdog",
            every="7m",
            at="dead-mans-switch",
            group={"alertname": "Watchdog"},
            stops={"prometheus_down": "6m", "alertmanager_down": "1m"},
        ),
    ],
    allows=[
        Allowed(
            "TargetDown",
            "platform-chat",
            "Prometheus sees that Alertmanager is gone, and whether that is told once Alertmanager "
            "is back, or its end comes first, is chance",
        ),
    ],
)
