"""Leases: at most one holder of a name, whichever process dies or freezes; its fence number only ever grows."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, select, update

from ledger.database import Database, upsert
from ledger.errors import LeaseHeld, LeaseLost
from ledger.tables import leases


@dataclass(frozen=True, slots=True)
class Lease:
    """A hold on ``name`` until ``expires_at`` (aware UTC, the database's clock); ``fence`` is newer than any before."""

    name: str
    owner: str
    fence: int
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a lease now, and since when."""

    owner: str
    note: str
    since: datetime
    expires_at: datetime


_SHARED = (
    select(leases.c.fence, leases.c.expires_at).where(leases.c.name == bindparam("name")).with_for_update(read=True)
)
"""A lease, locked against whoever would take it over."""


@contextmanager
def fenced(database: Database, lease: Lease) -> Iterator[Connection]:
    """A writing transaction that happens only while ``lease`` is the newest hold of its name and has not run out.

    The lease's row stays locked until the transaction ends: nobody can take the lease over in between.

    Raises:
        LeaseLost: the lease has passed or run out; nothing was written.
    """
    with database.writing() as connection:
        row = connection.execute(_SHARED, {"name": lease.name}).one_or_none()
        # The clock is read after the lock was waited for, never before.
        if (
            row is None
            or row.fence != lease.fence
            or row.expires_at is None
            or row.expires_at <= database.now(connection)
        ):
            raise LeaseLost(f"The hold on {lease.name} has passed to another run or has run out; nothing was written.")
        yield connection


class Leases:
    """Named leases with expiry and fencing numbers."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def acquire(self, name: str, owner: str, seconds: float, *, note: str = "") -> Lease:
        """Hold ``name`` for ``seconds``; its fence is greater than that of every earlier hold.

        Raises:
            LeaseHeld: somebody (also the same owner) holds it and has not run out.
        """
        with self._database.writing() as connection:
            upsert(connection, leases, [{"name": name, "fence": 0}], update=())
            row = connection.execute(select(leases).where(leases.c.name == name).with_for_update()).one()
            now = self._database.now(connection)
            if row.expires_at is not None and row.expires_at > now:
                raise LeaseHeld(name, row.owner, row.note, row.since, row.expires_at)
            lease = Lease(name, owner, row.fence + 1, now + timedelta(seconds=seconds))
            connection.execute(
                update(leases)
                .where(leases.c.name == name)
                .values(fence=lease.fence, owner=owner, note=note, since=now, expires_at=lease.expires_at)
            )
        return lease

    def renew(self, lease: Lease, seconds: float) -> Lease:
        """Hold it for ``seconds`` from now.

        Raises:
            LeaseLost: it has passed to another or has run out, even if nobody has taken it since.
        """
        with self._database.writing() as connection:
            row = connection.execute(select(leases).where(leases.c.name == lease.name).with_for_update()).one_or_none()
            now = self._database.now(connection)
            if row is None or row.fence != lease.fence or row.expires_at is None or row.expires_at <= now:
                raise LeaseLost(f"The hold on {lease.name} has passed to another run or has run out.")
            renewed = replace(lease, expires_at=now + timedelta(seconds=seconds))
            connection.execute(update(leases).where(leases.c.name == lease.name).values(expires_at=renewed.expires_at))
        return renewed

    def release(self, lease: Lease) -> None:
        """Let the next one in; a no-op when the lease has already passed. The fence stays, for ever."""
        with self._database.writing() as connection:
            connection.execute(
                update(leases)
                .where(leases.c.name == lease.name, leases.c.fence == lease.fence)
                .values(owner=None, note=None, since=None, expires_at=None)
            )

    def holder(self, name: str) -> Holder | None:
        """Who holds ``name`` now, or None."""
        with self._database.reading() as connection:
            row = connection.execute(select(leases).where(leases.c.name == name)).one_or_none()
            if row is None or row.expires_at is None or row.expires_at <= self._database.now(connection):
                return None
            return Holder(row.owner, row.note, row.since, row.expires_at)
