"""When the rules of PostgreSQL fire, and what they leave alone, on hand-written series."""

from pathlib import Path

import pytest

from tests.stack.prometheus.promtool import SCRAPES_OF_20_MINUTES, constant, fires

pytestmark = pytest.mark.engines

EXPORTER = 'instance="postgres-exporter:9187",job="postgres"'
SERVER = f'{EXPORTER},server="postgres:5432"'


def sessions(state: str, datname: str = "tickets", wait: str = "") -> str:
    labels = f'{SERVER},datname="{datname}",state="{state}",wait_event_type="{wait}"'
    return f"pg_stat_activity_count{{{labels}}}"


def for_the_last(minutes: int, value: float) -> str:
    """A series that is there only since so many minutes."""
    scrapes = 4 * minutes
    return f"_x{SCRAPES_OF_20_MINUTES - scrapes} {value}+0x{scrapes}"


@pytest.mark.parametrize(
    ("pg_up", "expected"),
    [
        (constant(0), True),
        (f"1+0x{SCRAPES_OF_20_MINUTES - 8} 0+0x7", True),
        # What a failing scrape leaves.
        (f"1+0x{SCRAPES_OF_20_MINUTES - 8} stale", True),
        (f"1+0x{SCRAPES_OF_20_MINUTES - 2} 0+0x1", False),
        (constant(1), False),
    ],
    ids=["never up", "down", "nobody knows", "just down", "up"],
)
def test_postgresql_is_down_where_nobody_says_that_it_is_up(
    pg_up: str, expected: bool, tmp_path: Path
) -> None:
    series = {f"pg_up{{{EXPORTER}}}": pg_up}
    assert fires("database.yml", "PostgresDown", series, tmp_path) is expected


@pytest.mark.parametrize(
    ("idle", "elsewhere", "reserved", "expected"),
    [(80, 0, 3, True), (76, 0, 3, False), (76, 0, 10, True), (40, 40, 3, True), (40, 30, 3, False)],
    ids=["most", "fewer", "more kept back", "of all databases", "fewer of all databases"],
)
def test_connections_are_counted_against_what_ordinary_users_may_have(
    idle: int, elsewhere: int, reserved: int, expected: bool, tmp_path: Path
) -> None:
    series = {
        sessions("idle"): constant(idle),
        sessions("idle", datname="postgres"): constant(elsewhere),
        f"pg_settings_max_connections{{{SERVER}}}": constant(100),
        f"pg_settings_superuser_reserved_connections{{{SERVER}}}": constant(reserved),
    }
    assert fires("database.yml", "PostgresConnectionsNearLimit", series, tmp_path) is expected


@pytest.mark.parametrize(
    ("series", "expected"),
    [
        ({sessions("active", wait="Lock"): for_the_last(2, 5)}, True),
        (
            {
                sessions("active", wait="Lock"): constant(3),
                sessions("idle in transaction", wait="Lock"): constant(3),
            },
            True,
        ),
        ({sessions("active", wait="Lock"): constant(4)}, False),
        ({sessions("active", wait="IO"): constant(20)}, False),
        (
            {
                sessions("active", wait="Lock"): constant(3),
                sessions("active", datname="postgres", wait="Lock"): constant(3),
            },
            False,
        ),
    ],
    ids=["five", "in two states", "four", "for the disk", "in two databases"],
)
def test_waits_are_told_of_where_at_least_five_sessions_of_one_database_wait_for_locks(
    series: dict[str, str], expected: bool, tmp_path: Path
) -> None:
    assert fires("database.yml", "PostgresLockWaits", series, tmp_path) is expected
