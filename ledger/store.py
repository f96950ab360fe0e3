"""What every store of the ledger has: the database."""

from ledger.database import Database


class Store:
    """A part of the ledger; all of its methods are thread-safe and block for a few milliseconds."""

    def __init__(self, database: Database) -> None:
        self._database = database
