"""A slow payment provider is told of to the payments team, and once to that of the slow API."""

from scenarios.drill import Drill, fault, fires, near_miss
from scenarios.load import Load
from stack.faults.gateway_slow import GatewaySlow

API_CHAT = {"service": "api"}

DRILL = Drill(
    load=Load("payments", 6),
    steps=[
        near_miss(
            GatewaySlow(delay_seconds=1.4),
            of="ApiEndpointSlow",
            also=["ApiResponseSlow", "PaymentGatewaySlow"],
        ),
        fault(GatewaySlow(delay_seconds=3.0)),
    ],
    expects=[
        fires(
            "PaymentGatewaySlow",
            within="9m",
            at="payments-chat",
            group={"service": "payments"},
            labels={"severity": "warning", "instance": "api:4000"},
            annotations={"summary": "for a charge"},
            resolves_within="15m",
        ),
        fires(
            "ApiResponseSlow",
            within="9m",
            at="api-chat",
            group=API_CHAT,
            together_with=["ApiEndpointSlow"],
            resolves_within="15m",
        ),
        fires(
            "ApiEndpointSlow",
            within="9m",
            at="api-chat",
            group=API_CHAT,
            labels={"route": "/api/payments", "method": "POST"},
            resolves_within="15m",
        ),
    ],
)
