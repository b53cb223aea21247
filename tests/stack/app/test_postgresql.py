"""The shop on a real PostgreSQL: races, locks, a restart, and a password that comes from a file."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from mirakuru import TCPExecutor
from sqlalchemy import create_engine, make_url, text

from stack.app.invariants import UnreadableError, check
from stack.app.settings import Settings, SettingsError

pytest.importorskip("psycopg", reason="needs psycopg: pip install alert-drills[compose]")

PASSWORD = "p@ss/word"
USER = "tickets"
START_SECONDS = 20
QUICK = {"APP_DATABASE_TIMEOUT_SECONDS": "1"}
# PostgreSQL refuses to be run by root; a user without rights does as well.
RUN_AS = "nobody" if os.geteuid() == 0 else None


def programs() -> Path:
    """The folder of PostgreSQL's server programs, which Debian keeps off PATH."""
    folders = [*map(Path, os.get_exec_path()), *Path("/usr/lib/postgresql").glob("*/bin")]
    for folder in folders:
        if (folder / "initdb").is_file() and (folder / "postgres").is_file():
            return folder
    pytest.skip("needs PostgreSQL's server: apt-get install postgresql")


class Cluster:
    """A PostgreSQL of its own, on a free port and in a folder that goes with it."""

    def __init__(self, folder: Path, port: int) -> None:
        self.port = port
        self._bin = programs()
        self._data = folder / "data"
        password_file = folder / "password"
        password_file.write_text(PASSWORD)
        if RUN_AS:
            shutil.chown(folder, RUN_AS)
            shutil.chown(password_file, RUN_AS)
        subprocess.run(
            [
                *(str(self._bin / "initdb"), "-D", str(self._data), "-U", USER, "-N"),
                *("-A", "scram-sha-256", f"--pwfile={password_file}", "-E", "UTF8"),
            ],
            check=True,
            capture_output=True,
            user=RUN_AS,
            cwd=folder,
        )
        self._server = self._new_server(folder)

    def _new_server(self, folder: Path) -> TCPExecutor:
        as_user = ["setpriv", f"--reuid={RUN_AS}", "--clear-groups"] if RUN_AS else []
        return TCPExecutor(
            [
                *(*as_user, str(self._bin / "postgres"), "-D", str(self._data)),
                *("-p", str(self.port), "-h", "127.0.0.1", "-k", str(folder)),
                *("-c", "fsync=off"),
            ],
            host="127.0.0.1",
            port=self.port,
            timeout=START_SECONDS,
            # A client in its way is sent away, as by `docker stop`.
            stop_signal=signal.SIGINT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def start(self) -> None:
        self._server.start()

    def stop(self) -> None:
        self._server.stop()

    def url(self, database: str, password: str = PASSWORD) -> str:
        address = f"postgresql+psycopg://{USER}@127.0.0.1:{self.port}/{database}"
        return make_url(address).set(password=password).render_as_string(hide_password=False)

    def without_password(self, database: str) -> str:
        return f"postgresql+psycopg://{USER}@127.0.0.1:{self.port}/{database}"

    def new_database(self, name: str) -> None:
        engine = create_engine(self.url("postgres"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        engine.dispose()


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="flash-postgresql-") as folder:
        one = Cluster(Path(folder), port)
        one.start()
        try:
            yield one
        finally:
            one.stop()


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
    orders = [rig.order_id() for _ in range(6)]
    rig.disturb(delay_seconds=0.5, expires_in_seconds=60)
    with rig.background() as pool:
        payments = [pool.submit(rig.pay, order_id) for order_id in orders]
        rig.eventually(
            "charges under way",
            lambda: [rig.order_status(id_) for id_ in orders].count("paying") > 2,
        )
        with locked(rig, "orders"):
            statuses = [payment.result().status_code for payment in payments]
    rig.heal()
    assert 503 in statuses
    assert set(statuses) <= {201, 503}
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
