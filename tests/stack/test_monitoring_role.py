"""The role of PostgreSQL's exporter: it sees what everybody does, and no order of anybody."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from sqlalchemy import Engine, NullPool, create_engine, make_url, text
from sqlalchemy.exc import ProgrammingError

from stack.run.configuration import PRODUCTION
from tests.stack.postgresql_cluster import PASSWORD, USER, Cluster, new_cluster

pytest.importorskip("psycopg", reason="needs psycopg: pip install alert-drills[compose]")
pytestmark = pytest.mark.engines

SCRIPT = PRODUCTION / "postgres" / "monitoring.sql"
# As awkward as a password can be.
MONITORING_PASSWORD = "it's; 50 % \\n"
COMPOSE = yaml.safe_load((PRODUCTION / "compose.yaml").read_text())


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """One on which the script was run, its secret read from another place."""
    secrets = tmp_path_factory.mktemp("secrets")
    (secrets / "monitoring_password").write_text(MONITORING_PASSWORD)
    script = secrets / "monitoring.sql"
    script.write_text(SCRIPT.read_text().replace("/run/secrets", str(secrets)))
    psql = shutil.which("psql")
    if psql is None:
        pytest.skip("needs psql: apt-get install postgresql-client")
    with new_cluster() as one:
        subprocess.run(
            [
                *(psql, "--no-psqlrc", "--set=ON_ERROR_STOP=1"),
                *("--host=127.0.0.1", f"--port={one.port}", f"--username={USER}"),
                *("--dbname=postgres", f"--file={script}"),
            ],
            check=True,
            capture_output=True,
            timeout=30,
            env={**os.environ, "PGPASSWORD": PASSWORD},
        )
        yield one


@pytest.fixture
def exporter(cluster: Cluster) -> Engine:
    """What connects as the exporter does in compose.yaml."""
    user = COMPOSE["services"]["postgres-exporter"]["environment"]["DATA_SOURCE_USER"]
    owner = make_url(cluster.url("postgres"))
    return create_engine(owner.set(username=user, password=MONITORING_PASSWORD), poolclass=NullPool)


def test_it_sees_what_another_user_is_doing(cluster: Cluster, exporter: Engine) -> None:
    owner = create_engine(cluster.url("postgres"), poolclass=NullPool)
    looking = text("SELECT query FROM pg_stat_activity WHERE usename = :owner")
    with owner.connect() as other, exporter.connect() as connection:
        other.execute(text("SELECT 'a statement of the owner'"))
        seen = list(connection.execute(looking, {"owner": USER}).scalars())
    assert any("a statement of the owner" in query for query in seen)


@pytest.mark.parametrize("statement", ["SELECT * FROM orders", "DELETE FROM orders"])
def test_it_reads_and_changes_nothing_of_the_shop(
    cluster: Cluster, exporter: Engine, statement: str
) -> None:
    owner = create_engine(cluster.url("postgres"), poolclass=NullPool)
    with owner.begin() as connection:
        connection.execute(text("CREATE TABLE IF NOT EXISTS orders (id integer)"))
        connection.execute(text(statement))
    with (
        exporter.connect() as connection,
        pytest.raises(ProgrammingError, match="permission denied for table orders"),
    ):
        connection.execute(text(statement))


def test_the_script_stands_where_the_image_looks_for_it() -> None:
    """And its secret is one that the service has."""
    volumes = COMPOSE["services"]["postgres"]["volumes"]
    assert f"./{SCRIPT.parent.name}:/docker-entrypoint-initdb.d:ro" in volumes
    assert "database-secrets:/run/secrets:ro" in volumes
    assert [path.name for path in Path(SCRIPT.parent).iterdir()] == [SCRIPT.name]
