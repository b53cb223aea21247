"""The table of what stays real says what services, load and judge really do."""

from locustfiles.ledger import Ledger
from scenarios.judge import duplicates, held_up
from stack.app.catalogue import CACHE_SECONDS
from stack.app.settings import Settings
from stack.run.kept_real import KEPT_REAL

APP = Settings.from_environment(
    {
        "APP_DATABASE_URL": "sqlite:///app.db",
        "APP_REDIS_URL": "redis://127.0.0.1:6379/0",
        "APP_GATEWAY_URL": "http://127.0.0.1:8081",
        "APP_SECRET": "secret",
    }
)


def ledger_seconds() -> float:
    """How long the first line of a ledger is."""
    ledger = Ledger(None, clock=lambda: 0.0)
    ledger.begin()
    return ledger.seconds_to_next()


IN_FORCE = {
    "the app's timeout of a Redis command": APP.redis_timeout_seconds,
    "the app's timeout of a payment": APP.gateway_timeout_seconds,
    "the app's wait for its database": APP.database_timeout_seconds,
    "the life of the catalogue in the app's cache": CACHE_SECONDS,
    "the life of a reservation": APP.reservation_seconds,
    "Alertmanager's shortest delivery attempt": held_up.SHORTEST_FLUSH_SECONDS,
    "Alertmanager's first pause before it retries a delivery": held_up.FIRST_PAUSE_SECONDS,
    "a second of Locust's statistics and ledger": ledger_seconds(),
    "an Alertmanager's probe whether its peer still lives": duplicates.FOUND_WITHIN_SECONDS,
}


def test_each_duration_of_the_table_is_the_one_in_force() -> None:
    """None is missing, and what judge or service changes must change in the table too."""
    assert {real.name: real.milliseconds / 1000 for real in KEPT_REAL} == IN_FORCE
