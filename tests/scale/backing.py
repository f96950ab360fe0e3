"""A PostgreSQL and a Redis of the tests' own, over data that outlives them, to be stopped and started again."""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import httpx
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from deployments.cluster import Backing
from tests.flows.processes import free_port

PATIENCE = 60.0


def programs_missing() -> list[str]:
    """What must be on this machine and is not."""
    return [
        name for name, found in (("redis-server", shutil.which("redis-server")), ("postgres", _binaries())) if not found
    ]


def _binaries() -> Path | None:
    """The newest PostgreSQL of the system's packages: Prefect needs its extension pg_trgm, which wheels leave out."""
    return max(Path("/usr/lib/postgresql").glob("*/bin"), default=None, key=lambda path: int(path.parent.name))


class Postgres:
    """A PostgreSQL server with the databases ``prefect`` and ``casebridge``."""

    def __init__(self, directory: Path) -> None:
        self._data, self.port = directory / "postgresql", free_port()
        # PostgreSQL refuses to run as root.
        self._user = pwd.getpwnam("postgres").pw_name if os.geteuid() == 0 else None
        self._data.mkdir()
        if self._user:
            shutil.chown(self._data, self._user)
        self._call("initdb", "--auth", "trust", "--username", "postgres", "--no-sync")
        self.start()
        admin = create_engine(self.address("postgres"), isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            for name in ("prefect", "casebridge"):
                connection.execute(text(f"CREATE DATABASE {name}"))
        admin.dispose()

    def address(self, database: str, driver: str = "postgresql") -> str:
        return f"{driver}://postgres@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c max_connections=300"
        self._call("pg_ctl", "--wait", "--log", str(self._data / "log"), "--options", options, "start")

    def stop(self) -> None:
        """As an upgrade stops it: every connection is cut, what was committed stays."""
        self._call("pg_ctl", "--wait", "--mode", "fast", "stop")

    def _call(self, program: str, *arguments: str) -> None:
        directory = _binaries()
        assert directory is not None
        command = [str(directory / program), "--pgdata", str(self._data), *arguments]
        subprocess.run(command, check=True, user=self._user, cwd="/", stdout=subprocess.DEVNULL, timeout=PATIENCE)


class Redis:
    """A Redis that keeps what it is told, as compose.yaml has it."""

    def __init__(self, directory: Path) -> None:
        self._data, self.port = directory / "redis", free_port()
        self._data.mkdir()
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self._data)]
        self._process = subprocess.Popen([*command, "--appendonly", "yes"], stdout=subprocess.DEVNULL)
        eventually(
            lambda: (
                subprocess.run(["redis-cli", "-p", str(self.port), "ping"], check=False, capture_output=True).stdout
                == b"PONG\n"
            )
        )

    def kill(self, *, forget: bool = False) -> None:
        """As power goes; ``forget``: its disk goes, too."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        if forget:
            shutil.rmtree(self._data)
            self._data.mkdir()


def backing_of(postgres: Postgres, redis: Redis) -> Backing:
    return Backing(
        postgres.address("prefect", "postgresql+asyncpg"),
        postgres.address("casebridge"),
        f"redis://127.0.0.1:{redis.port}",
    )


def eventually(is_so: Callable[[], object], patience: float = PATIENCE) -> None:
    """Wait until it is so; what cannot be asked just now is asked again."""
    deadline = time.monotonic() + patience
    while True:
        with contextlib.suppress(httpx.HTTPError, OperationalError):
            if is_so():
                return
        assert time.monotonic() < deadline, f"not so after {patience:.0f} seconds"
        time.sleep(0.2)
