"""Orders at many times their recent rate are told to the business team; twice the rate is not."""

from scenarios.drill import Drill, fault, fires, near_miss
from scenarios.load import Load
from scenarios.surge import OrderSurge

DRILL = Drill(
    load=Load("orders", 2),
    steps=[
        near_miss(OrderSurge(orders_per_second=2.2), of="OrderCreationSpike"),
        fault(OrderSurge(orders_per_second=18)),
    ],
    expects=[
        fires(
            "OrderCreationSpike",
            within="8m",
            at="business-chat",
            group={"alertname": "OrderCreationSpike", "service": "orders"},
            labels={"severity": "warning"},
            resolves_within="15m",
        ),
    ],
)
