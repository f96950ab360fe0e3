"""Numbers the portal has refused as landlines: another number of the same client is chosen from then on."""

from collections.abc import Iterable

from sqlalchemy import select

from ledger.database import upsert
from ledger.store import Store
from ledger.tables import landlines


class Phones(Store):
    """What has been learnt of phone numbers (E.164), per firm."""

    def landlines(self, firm: str) -> set[str]:
        """The firm's numbers that are known to be landlines."""
        wanted = select(landlines.c.number).where(landlines.c.firm == firm)
        with self._database.reading() as connection:
            return set(connection.execute(wanted).scalars())

    def learn_landlines(self, firm: str, numbers: Iterable[str]) -> None:
        """Remember that these numbers are landlines."""
        with self._database.writing() as connection:
            now = self._database.now(connection)
            rows = [{"firm": firm, "number": number, "learnt_at": now} for number in set(numbers)]
            upsert(connection, landlines, rows, update=())
