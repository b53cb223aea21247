"""One group's life: alerts told together, inhibited, joining, resolving beside others, repeated."""

from scenarios.drill import Drill, begin, end, fires, inhibited, repeats
from scenarios.judge.expectation import Allowed
from scenarios.load import Load
from stack.faults.gateway_slow import GatewaySlow
from stack.faults.payment_failures import PaymentFailures
from stack.faults.slow_uploads import SlowUploads

API_CHAT = {"service": "api"}
PAYMENTS = {"service": "payments"}
SLOW_SECONDS = 2.5

DRILL = Drill(
    load=Load("payments", 6),
    steps=[
        begin(SlowUploads(resident_bytes=200e6)),
        begin(
            PaymentFailures(failure_ratio=0.3, answered_after_seconds=SLOW_SECONDS),
            until="pending",
            events_per_second=3,
        ),
        # The API team hears that the API is slow, and not which endpoint: the pager has told why.
        begin(GatewaySlow(delay_seconds=SLOW_SECONDS)),
        # One alert of the API team's group is resolved while another fires.
        end("slow_uploads"),
        # From here on the slow endpoint is news, and joins the group.
        end("payment_failures"),
        end("gateway_slow"),
    ],
    expects=[
        *(
            fires(
                "PaymentFailureRatioHigh",
                within="7m",
                at="payments-pager",
                group=PAYMENTS,
                labels={"method": method},
                resolves_within="10m",
                fault="payment_failures",
            )
            for method in ("card", "wallet")
        ),
        *(
            repeats(
                "PaymentFailureRatioHigh",
                every="7m",
                at="payments-pager",
                group=PAYMENTS,
                labels={"method": method},
                fault="payment_failures",
            )
            for method in ("card", "wallet")
        ),
        inhibited(
            "ApiEndpointSlow",
            by="PaymentFailureRatioHigh",
            labels={"route": "/api/payments"},
            fault="gateway_slow",
        ),
        # Its own matter, told by the chat: the pager tells of failures alone.
        fires(
            "PaymentGatewaySlow",
            within="9m",
            at="payments-chat",
            group=PAYMENTS,
            resolves_within="15m",
            fault="gateway_slow",
        ),
        fires(
            "ApiMemoryHigh",
            within="4m",
            at="api-chat",
            group=API_CHAT,
            labels={"instance": "api:4000"},
            resolves_within="12m",
            fault="slow_uploads",
        ),
        fires(
            "ApiResponseSlow",
            within="14m",
            at="api-chat",
            group=API_CHAT,
            together_with=["ApiMemoryHigh"],
            resolves_within="15m",
            fault="gateway_slow",
        ),
    ],
    allows=[
        Allowed(
            "RedisLatencyHigh",
            at="platform-chat",
            reason="while the API takes in hundreds of uploads, its Redis commands wait for it",
        ),
    ],
)
