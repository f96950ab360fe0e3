"""The ledger's database: where it is, how its transactions begin, whose clock counts."""

import os
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import orjson
from sqlalchemy import ColumnElement, Connection, Engine, Table, create_engine, event, func, make_url, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError

from ledger.errors import LedgerUnusable

BUSY_SECONDS = 30
"""How long a transaction waits for another process's one before it gives up."""

Item = TypeVar("Item")
Row = Mapping[str, Any]


def home() -> Path:
    """The directory of the embedded ledger and its key: ``CASEBRIDGE_HOME``, or ``.casebridge`` where we stand."""
    return Path(os.environ.get("CASEBRIDGE_HOME") or ".casebridge").absolute()


def default_url() -> str:
    """``CASEBRIDGE_DATABASE_URL``, or the embedded SQLite file under :func:`home`."""
    return os.environ.get("CASEBRIDGE_DATABASE_URL") or f"sqlite:///{home() / 'ledger.db'}"


class Database:
    """An engine whose writing transactions exclude each other where the database cannot do better (SQLite)."""

    def __init__(self, url: str) -> None:
        """Raises LedgerUnusable when ``url`` is none of SQLite or PostgreSQL; nothing is connected yet."""
        self.url = _parsed(url)
        self.engine = _postgresql_engine(self.url) if self.is_postgresql else _sqlite_engine(self.url)
        self._writing = self.engine.execution_options(casebridge_writing=True)
        # Waiting inside the process is fair and instant; SQLite's own waiting is a poll with growing pauses.
        self._turn = threading.Lock()

    @property
    def is_postgresql(self) -> bool:
        """True on PostgreSQL, False on SQLite."""
        return self.url.get_backend_name() == "postgresql"

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that only reads."""
        with self.engine.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that may write; on SQLite it is the only one from its first statement on."""
        if self.is_postgresql:
            with self.engine.begin() as connection:
                yield connection
        else:
            with self._turn, self._writing.begin() as connection:
                yield connection

    def now(self, connection: Connection) -> datetime:
        """The present instant by the clock that decides leases: PostgreSQL's own, or this machine's for SQLite."""
        if self.is_postgresql:
            moment: datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
            return moment.astimezone(UTC)
        return datetime.now(UTC)

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def upsert(
    connection: Connection,
    table: Table,
    rows: Sequence[Row],
    *,
    update: Sequence[str] | None = None,
    also: Mapping[str, ColumnElement[Any]] | None = None,
) -> None:
    """Insert ``rows`` (all with the same keys), or update those whose primary key is there already.

    ``update`` names the columns to overwrite (default: all given ones but the key; none: leave the row alone);
    ``also`` overwrites columns by expressions over the row that is there.
    Rows are sent in the order of their keys, so that two writers never wait for each other in a circle.
    """
    if not rows:
        return
    keys = [column.name for column in table.primary_key]
    overwritten = [name for name in rows[0] if name not in keys] if update is None else update
    statement = _insert(connection, table)
    if overwritten:
        overwrite = {name: statement.excluded[name] for name in overwritten} | dict(also or {})
        statement = statement.on_conflict_do_update(index_elements=keys, set_=overwrite)
    else:
        statement = statement.on_conflict_do_nothing()
    ordered = sorted(rows, key=lambda row: [row[key] for key in keys])
    if connection.dialect.name == "sqlite":
        _execute_directly(connection, statement, table, ordered)
    else:
        connection.execute(statement, ordered)


def _execute_directly(
    connection: Connection, statement: postgresql.Insert | sqlite.Insert, table: Table, rows: Sequence[Row]
) -> None:
    """Hand rows to SQLite's driver: SQLAlchemy's own way costs a row twice what SQLite itself needs to write it."""
    compiled = statement.compile(dialect=connection.dialect, column_keys=list(rows[0]))
    order = compiled.positiontup or []
    dialect = connection.dialect
    # As the dialect writes them: an instant without microseconds would otherwise be another text than the same one elsewhere.
    preparing = [(name, table.c[name].type.dialect_impl(dialect).bind_processor(dialect)) for name in rows[0]]
    columns = {
        name: [prepare(row[name]) for row in rows] if prepare else [row[name] for row in rows]
        for name, prepare in preparing
    }
    fixed = compiled.params  # what expressions bring along, the same for each row
    values = [columns[name] if name in columns else [fixed[name]] * len(rows) for name in order]
    connection.exec_driver_sql(str(compiled), list(zip(*values, strict=True)))


def insert_or_ignore(connection: Connection, table: Table) -> postgresql.Insert | sqlite.Insert:
    """An insert that leaves out the rows that are there already by any unique key."""
    return _insert(connection, table).on_conflict_do_nothing()


def _insert(connection: Connection, table: Table) -> postgresql.Insert | sqlite.Insert:
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)


def chunks(items: Iterable[Item], size: int = 500) -> Iterator[list[Item]]:
    """``items`` in lists of at most ``size``: as many values as one statement should carry."""
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk


def _parsed(address: str) -> URL:
    try:
        url = make_url(address)
    except ArgumentError:
        url = URL.create("nothing")
    if url.drivername in ("postgres", "postgresql"):
        return url.set(drivername="postgresql+psycopg2")
    if url.drivername not in ("sqlite", "sqlite+pysqlite", "postgresql+psycopg2"):
        # The address is not repeated: it may hold a password.
        raise LedgerUnusable("CASEBRIDGE_DATABASE_URL must begin with postgresql:// or with sqlite:/// and a file.")
    if url.get_backend_name() == "sqlite" and url.database in (None, "", ":memory:"):
        raise LedgerUnusable("The ledger must be a file: several processes share it.")
    return url


def _to_json(value: Any) -> str:
    return orjson.dumps(value).decode()


def _postgresql_engine(url: URL) -> Engine:
    engine = create_engine(
        url,
        pool_size=5,
        max_overflow=27,
        pool_pre_ping=True,
        executemany_mode="values_plus_batch",
        connect_args={"connect_timeout": 10, "application_name": "casebridge"},
        json_serializer=_to_json,
        json_deserializer=orjson.loads,
    )
    event.listen(engine, "connect", _prepare_postgresql)
    return engine


def _prepare_postgresql(connection: Any, _record: Any) -> None:
    # A process that freezes inside a transaction must not keep its locks: the server ends it, and the write with it.
    with connection.cursor() as cursor:
        cursor.execute(f"SET idle_in_transaction_session_timeout = '{BUSY_SECONDS}s'")
        cursor.execute(f"SET lock_timeout = '{BUSY_SECONDS}s'")
    connection.commit()


def _sqlite_engine(url: URL) -> Engine:
    engine = create_engine(
        url,
        pool_size=5,
        max_overflow=27,
        connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
        json_serializer=_to_json,
        json_deserializer=orjson.loads,
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # The driver must not begin transactions by itself: it would begin them too late and without the write lock.
    connection.isolation_level = None
    connection.execute("PRAGMA synchronous = NORMAL")


def _begin_sqlite(connection: Connection) -> None:
    writing = connection.get_execution_options().get("casebridge_writing", False)
    # Through the driver itself: SQLAlchemy takes longer to pass this on than SQLite to begin.
    connection.connection.cursor().execute("BEGIN IMMEDIATE" if writing else "BEGIN")
