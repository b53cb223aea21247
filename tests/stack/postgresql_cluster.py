"""A real PostgreSQL for tests: its server's own programs, on a free port, in a folder that goes."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest
from mirakuru import TCPExecutor
from sqlalchemy import create_engine, make_url, text

from stack.run.ports import PortLease

PASSWORD = "p@ss/word"
USER = "tickets"
START_SECONDS = 60
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

    def running(self) -> bool:
        return bool(self._server.running())

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """It is there and does nothing, as under `docker pause`: the kernel goes on for it."""
        server = psutil.Process(self._server.process.pid)
        # It first, so that none of its children is new after they were listed.
        server.suspend()
        processes = [server, *server.children()]
        try:
            for process in processes:
                process.suspend()
            yield
        finally:
            for process in reversed(processes):
                with suppress(psutil.NoSuchProcess):
                    process.resume()

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


@contextmanager
def new_cluster() -> Iterator[Cluster]:
    """One that runs until the block ends."""
    ports = PortLease()
    try:
        with tempfile.TemporaryDirectory(prefix="flash-postgresql-") as folder:
            one = Cluster(Path(folder), ports.take())
            one.start()
            try:
                yield one
            finally:
                one.stop()
    finally:
        ports.release()
