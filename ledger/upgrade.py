"""Bringing a ledger's database to the newest revision, one process at a time."""

import fcntl
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import Connection, Text, inspect, literal_column, select, table, text

from ledger.database import Database

HEAD = "0007"
"""The newest revision in ``migrations/versions``; a test compares the two."""
REVISION_TABLE = "ledger_revision"
"""Not alembic's usual name: the ledger may live beside another application's tables."""
ADVISORY_LOCK = 7_342_911_505
"""Our number among PostgreSQL's advisory locks."""


def upgrade(database: Database, revision: str = HEAD) -> None:
    """Bring the database to ``revision``, all steps or none; a no-op when it is there already.

    Raises:
        LedgerTooNew: a newer casebridge has upgraded it.
    """
    with _alone(database) as connection:
        present = _present_revision(connection)
        if present != revision:
            # Costs 0.2 s to import, and nearly every process finds its ledger up to date.
            from ledger.migrate import migrate  # noqa: PLC0415

            migrate(connection, present, revision)


@contextmanager
def _alone(database: Database) -> Iterator[Connection]:
    """A writing transaction that no other process is upgrading beside."""
    if database.is_postgresql:
        with database.writing() as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": ADVISORY_LOCK})
            yield connection
        return
    file = Path(str(database.url.database))
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with file.with_name(f"{file.name}.lock").open("w") as lock:
        # SQLite does not wait when two processes switch a fresh file to WAL at once: one is told it is locked.
        fcntl.flock(lock, fcntl.LOCK_EX)
        with closing(database.engine.raw_connection()) as raw:
            raw.cursor().execute("PRAGMA journal_mode = WAL")
        with database.writing() as connection:
            yield connection


def _present_revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table(REVISION_TABLE):
        return None
    written = select(literal_column("version_num", Text)).select_from(table(REVISION_TABLE))
    revision: str | None = connection.execute(written).scalar_one_or_none()
    return revision
