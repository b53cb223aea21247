"""The shop on a real PostgreSQL: races, locks, a restart, and a password that comes from a file."""

import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest
from sqlalchemy import NullPool, create_engine, make_url, text
from sqlalchemy.exc import OperationalError

from stack.app.invariants import UnreadableError, check
from stack.app.settings import Settings, SettingsError
from tests.stack.postgresql_cluster import PASSWORD, Cluster, new_cluster

pytest.importorskip("psycopg", reason="needs psycopg: pip install alert-drills[compose]")

QUICK = {"APP_DATABASE_TIMEOUT_SECONDS": "1"}


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with new_cluster() as one:
        yield one


@pytest.fixture
def on_postgresql(cluster: Cluster, new_rig) -> Callable:
    """Starts a shop whose records are in a database of its own."""

    def start(**app_environment: str):
        name = f"shop_{uuid.uuid4().hex}"
        cluster.new_database(name)
        rig = new_rig(APP_DATABASE_URL=cluster.url(name), **app_environment)
        rig.database_url = cluster.url(name)
        return rig

    return start


@contextmanager
def locked(rig, table: str) -> Iterator[None]:
    """Another program's transaction, begun and not ended, that keeps writers out."""
    engine = create_engine(rig.database_url)
    with engine.connect() as other, other.begin():
        other.execute(text(f"LOCK TABLE {table} IN EXCLUSIVE MODE"))
        yield
    engine.dispose()


def test_tickets_are_never_oversold_by_buyers_at_the_same_time(on_postgresql):
    rig = on_postgresql()
    passes = [rig.new_pass(rig.small_event) for _ in range(20)]
    answers = rig.at_once(20, lambda number: rig.order(rig.small_event, 4, passes[number]))
    # Twelve orders of four are 48 of the fifty seats; the others find two left.
    assert Counter(answer.status_code for answer in answers) == {201: 12, 409: 8}
    rig.assert_invariants_hold()


def test_one_pass_and_one_key_count_once_however_many_send_them_at_once(on_postgresql):
    rig = on_postgresql()
    text_of_pass = rig.new_pass()
    orders = rig.at_once(8, lambda _: rig.order(text=text_of_pass))
    assert sorted(answer.status_code for answer in orders) == [201] + 7 * [403]
    (order_id,) = (answer.json()["id"] for answer in orders if answer.status_code == 201)
    payments = rig.at_once(8, lambda _: rig.pay(order_id, key="one"))
    assert {answer.status_code for answer in payments} <= {201, 409}
    assert rig.pay(order_id, key="one").status_code == 201
    assert rig.charges()["count"] == 1
    rig.assert_invariants_hold()


def test_reservations_expire_and_give_their_tickets_back(on_postgresql):
    rig = on_postgresql(APP_RESERVATION_SECONDS="1")
    order_id = rig.order_id(rig.small_event, 5)
    rig.wait_for_status(order_id, "expired")
    (event,) = [each for each in rig.uncached_events() if each["id"] == rig.small_event]
    assert event["stock"] == 50
    rig.assert_invariants_hold()


def test_a_lock_fails_orders_in_time_and_reads_go_on(on_postgresql):
    rig = on_postgresql(**QUICK)
    text_of_pass = rig.new_pass()
    with locked(rig, "events"):
        began = time.monotonic()
        answer = rig.order(text=text_of_pass)
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "1"
        assert time.monotonic() - began >= 1
        assert len(rig.uncached_events()) == 21
    assert rig.metric("db_query_errors_total", operation="update") == 1
    # The pass was not used up by the order that failed.
    assert rig.order(text=text_of_pass).status_code == 201


def test_books_agree_after_a_lock_in_the_middle_of_payments(on_postgresql):
    """Charges that could not be recorded are settled; nobody is charged twice or for nothing."""
    rig = on_postgresql(**QUICK)
    with rig.background() as pool:
        payments = rig.pay_at_a_frozen_gateway(pool, 6)
        with locked(rig, "orders"):
            rig.thaw(rig.gateway)
            statuses = [payment.result().status_code for payment in payments]
    assert 503 in statuses
    assert set(statuses) <= {201, 503}
    rig.assert_invariants_hold()


@contextmanager
def every_connection_taken(url: str) -> Iterator[None]:
    """Others hold all that PostgreSQL has left."""
    engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with ExitStack() as held:
        with suppress(OperationalError):
            while True:
                held.enter_context(engine.connect())
        with pytest.raises(OperationalError, match="too many clients"):
            engine.connect()
        yield


def test_the_shop_goes_on_with_its_own_connections_when_others_take_all_the_rest(on_postgresql):
    rig = on_postgresql(**QUICK)
    with every_connection_taken(rig.database_url):
        assert rig.order().status_code == 201
    rig.assert_invariants_hold()


def test_a_shop_that_is_let_in_no_more_fails_orders_and_recovers(on_postgresql, cluster: Cluster):
    rig = on_postgresql(**QUICK)
    text_of_pass = rig.new_pass()
    name = make_url(rig.database_url).database
    engine = create_engine(cluster.url("postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as other:
        other.execute(text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false"))
        apps = text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name")
        assert other.execute(apps, {"name": name}).all()
        assert rig.order(text=text_of_pass).status_code == 503
        other.execute(text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true"))
    engine.dispose()
    rig.eventually("orders again", lambda: rig.order(text=text_of_pass).status_code == 201)
    rig.assert_invariants_hold()


def test_the_shop_outlives_a_restart_of_its_database(on_postgresql, cluster: Cluster):
    rig = on_postgresql(**QUICK)
    order_id = rig.order_id()
    text_of_pass = rig.new_pass()
    cluster.stop()
    try:
        assert rig.order(text=text_of_pass).status_code == 503
        assert rig.get("/health/ready").json()["dependencies"]["database"] != "ok"
    finally:
        cluster.start()
    rig.eventually("orders again", lambda: rig.order(text=text_of_pass).status_code == 201)
    assert rig.pay(order_id).status_code == 201
    rig.assert_invariants_hold()


def test_a_frozen_database_fails_every_request_in_time_is_counted_and_comes_back(
    on_postgresql, cluster: Cluster
):
    """Nothing refuses or breaks then: its kernel takes what is sent, and nobody answers."""
    rig = on_postgresql(**QUICK, APP_DATABASE_POOL_SIZE="3")
    text_of_pass = rig.new_pass()
    with rig.background() as pool, cluster.frozen():
        requests = [pool.submit(rig.order, text=text_of_pass)]
        # With more than there are connections some wait for one, and some for a new one.
        requests += [pool.submit(rig.get, "/api/events") for _ in range(7)]
        assert {request.result().status_code for request in requests} == {503}
        assert rig.metric("db_query_errors_total") >= 3
        rig.eventually("a free pool", lambda: rig.metric("db_connections_active") == 0)
        assert rig.get("/health/ready").json()["dependencies"]["database"] != "ok"
        assert rig.metric("http_requests_total", status="500") == 0
    assert rig.order().status_code == 201
    assert rig.get("/api/events/1").status_code == 200
    rig.assert_invariants_hold()


def test_books_agree_after_a_freeze_in_the_middle_of_payments(on_postgresql, cluster: Cluster):
    """What was asked for last may have been done or not; nobody is charged twice or for nothing."""
    rig = on_postgresql(**QUICK)
    with rig.background() as pool:
        payments = rig.pay_at_a_frozen_gateway(pool, 6)
        with cluster.frozen():
            rig.thaw(rig.gateway)
            statuses = [payment.result().status_code for payment in payments]
    assert 503 in statuses
    assert set(statuses) <= {201, 503}
    rig.assert_invariants_hold()


def test_the_password_comes_from_its_file(cluster: Cluster, new_rig, tmp_path: Path):
    cluster.new_database("by_file")
    file = tmp_path / "database_password"
    file.write_text(f"{PASSWORD}\n")
    rig = new_rig(
        APP_DATABASE_URL=cluster.without_password("by_file"),
        APP_DATABASE_PASSWORD_FILE=str(file),
    )
    assert rig.order().status_code == 201


def test_a_password_is_never_told(cluster: Cluster):
    with pytest.raises(UnreadableError) as caught:
        check(cluster.url("nowhere", password="very-secret"), "http://127.0.0.1:1")
    assert "nowhere" in str(caught.value)
    assert "very-secret" not in str(caught.value)


def test_a_driver_that_is_not_there_is_named_with_what_to_install():
    environment = {
        "APP_DATABASE_URL": "postgresql+pg8000://127.0.0.1/tickets",
        "APP_REDIS_URL": "redis://127.0.0.1:6379/0",
        "APP_GATEWAY_URL": "http://127.0.0.1:8081",
        "APP_SECRET": "secret",
    }
    with pytest.raises(SettingsError, match=r"pg8000.*install psycopg"):
        Settings.from_environment(environment)
    with pytest.raises(SettingsError, match="no address of a database"):
        Settings.from_environment(environment | {"APP_DATABASE_URL": "tickets.db"})
