"""The ledger as a whole: opened once per process, one store per concern."""

from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy.exc import DatabaseError

from ledger.attempts import Attempts
from ledger.book_entries import BookEntries
from ledger.database import Database, default_url, home
from ledger.deliveries import Deliveries
from ledger.errors import LedgerTooNew, LedgerUnusable
from ledger.feeds import Feeds
from ledger.figures import FiguresStore
from ledger.incidents import Incidents
from ledger.leases import Leases
from ledger.limits import Limits
from ledger.links import Links
from ledger.overview import Overview
from ledger.phones import Phones
from ledger.readings import Readings
from ledger.retention import Retention
from ledger.runs import Runs
from ledger.tokens import Tokens
from ledger.upgrade import upgrade
from ledger.usage import Usage
from ledger.watermarks import Watermarks


class Ledger:
    """What has been done, for whom, with what result. Thread-safe; calls block for milliseconds.

    From async code call the stores through ``asyncio.to_thread``.
    """

    def __init__(self, database: Database, key_directory: Path) -> None:
        self._database = database
        self.leases = Leases(database)
        self.runs = Runs(database)
        self.links = Links(database)
        self.attempts = Attempts(database)
        self.watermarks = Watermarks(database)
        self.phones = Phones(database)
        self.limits = Limits(database)
        self.tokens = Tokens(database, key_directory)
        self.deliveries = Deliveries(database)
        self.feeds = Feeds(database)
        self.readings = Readings(database)
        self.incidents = Incidents(database)
        self.book_entries = BookEntries(database)
        self.overview = Overview(database)
        self.retention = Retention(database)
        self.usage = Usage(database)
        self.figures = FiguresStore(database)

    @classmethod
    def open(cls, url: str | None = None) -> Self:
        """Open the ledger at ``url`` (default: ``CASEBRIDGE_DATABASE_URL``, else SQLite under ``CASEBRIDGE_HOME``).

        The database is made or upgraded when needed; of processes that start at once, one does it.

        Raises:
            LedgerTooNew: a newer casebridge has upgraded it.
            LedgerUnusable: the database cannot be reached, or the address is none we know.
        """
        database = Database(url or default_url())
        try:
            upgrade(database)
        except (DatabaseError, OSError) as error:
            database.close()
            why = error.orig if isinstance(error, DatabaseError) else error.strerror
            raise LedgerUnusable(f"The ledger at {database.url!r} cannot be opened: {_first_line(why)}") from error
        except LedgerTooNew:
            database.close()
            raise
        return cls(database, home())

    def close(self) -> None:
        """Close every connection to the database."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _first_line(why: object) -> str:
    return str(why).strip().partition("\n")[0]
