"""What the rule of a slow payment provider leaves alone, on hand-written series."""

from pathlib import Path

import pytest

from tests.stack.prometheus.promtool import counter, fires

pytestmark = pytest.mark.engines

API = 'instance="api:4000",job="flash-tickets-api"'


@pytest.mark.parametrize(
    ("charges_a_scrape", "seconds_a_charge", "expected"),
    [(30, 3.0, True), (30, 1.4, False), (1, 5.0, False), (0, 0.0, False)],
    ids=["slow", "not that slow", "one that hangs now and then", "none"],
)
def test_a_slow_provider_is_one_that_many_wait_for(
    charges_a_scrape: int, seconds_a_charge: float, expected: bool, tmp_path: Path
) -> None:
    """Four charges a minute say little of the provider, however long they took."""
    series = {
        f"payment_gateway_request_duration_seconds_count{{{API}}}": counter(charges_a_scrape),
        f"payment_gateway_request_duration_seconds_sum{{{API}}}": counter(
            charges_a_scrape * seconds_a_charge
        ),
    }
    assert fires("business.yml", "PaymentGatewaySlow", series, tmp_path) is expected
