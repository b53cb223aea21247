"""Durations of the services and engines that no speed divides; the README's table is made of it."""

from stack.run.speed import ALERTMANAGER_SHORTEST_ATTEMPT, RealDuration

KEPT_REAL = (
    RealDuration("the app's timeout of a Redis command", 1_000),
    RealDuration("the app's timeout of a payment", 5_000),
    RealDuration("the app's wait for its database", 5_000),
    RealDuration("the life of the catalogue in the app's cache", 5_000),
    RealDuration("the life of a reservation", 120_000),
    ALERTMANAGER_SHORTEST_ATTEMPT,
    RealDuration("Alertmanager's first pause before it retries a delivery", 500),
    RealDuration("a second of Locust's statistics and ledger", 1_000),
    RealDuration("an Alertmanager's probe whether its peer still lives", 1_000),
)
