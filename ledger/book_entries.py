"""How the entries that we have posted stand in a firm's books, as it was last read there."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import select

from domain.books import EntryKind, EntryStatus, Stage
from ledger.database import chunks, upsert
from ledger.store import Store
from ledger.tables import book_entries


@dataclass(frozen=True, slots=True)
class BookEntry:
    """One of our entries. ``status`` is an :class:`EntryStatus`, of an invoice its :class:`Stage`."""

    kind: EntryKind
    entry_id: str
    marker: str
    case_id: str
    casefile_id: str
    amount: Decimal
    status: EntryStatus | Stage
    number: str | None = None
    """Of its cheque or invoice, once there is one."""
    dated: date | None = None
    """When it was printed, voided or released, as its status says."""


_COLUMNS = [book_entries.c[name] for name in BookEntry.__slots__]


class BookEntries(Store):
    """The entries of all firms."""

    def note(self, firm: str, entries: Iterable[BookEntry]) -> None:
        """Keep how these stand now."""
        with self._database.writing() as connection:
            now = self._database.now(connection)
            rows = [
                {
                    "firm": firm,
                    "kind": entry.kind.value,
                    "entry_id": entry.entry_id,
                    "marker": entry.marker,
                    "case_id": entry.case_id,
                    "casefile_id": entry.casefile_id,
                    "amount": str(entry.amount),
                    "status": entry.status.value,
                    "number": entry.number,
                    "dated": entry.dated,
                    "changed_at": now,
                }
                for entry in entries
            ]
            upsert(connection, book_entries, rows)

    def of(self, firm: str, kind: EntryKind, entry_ids: Collection[str]) -> dict[str, BookEntry]:
        """Those of ``entry_ids`` that are known, by id."""
        wanted = select(*_COLUMNS).where(book_entries.c.firm == firm, book_entries.c.kind == kind.value)
        with self._database.reading() as connection:
            return {
                row[1]: _entry(*row)
                for page in chunks(sorted(entry_ids))
                for row in connection.execute(wanted.where(book_entries.c.entry_id.in_(page))).tuples()
            }

    def standing_as(self, firm: str, kind: EntryKind, statuses: Collection[EntryStatus | Stage]) -> list[BookEntry]:
        """Entries of one kind that stand so now, those first that were noted the longest ago."""
        wanted = select(*_COLUMNS).where(
            book_entries.c.firm == firm,
            book_entries.c.kind == kind.value,
            book_entries.c.status.in_([status.value for status in statuses]),
        )
        with self._database.reading() as connection:
            return [_entry(*row) for row in connection.execute(wanted.order_by(book_entries.c.changed_at)).tuples()]


def _entry(
    kind: str,
    entry_id: str,
    marker: str,
    case_id: str,
    casefile_id: str,
    amount: str,
    status: str,
    number: str | None,
    dated: date | None,
) -> BookEntry:
    sort = EntryKind(kind)
    stands = Stage(status) if sort is EntryKind.INVOICE else EntryStatus(status)
    return BookEntry(sort, entry_id, marker, case_id, casefile_id, Decimal(amount), stands, number, dated)
