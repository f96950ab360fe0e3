"""How our entries stand in a firm's books: kept as they were read last, on both databases."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from domain.books import EntryKind, EntryStatus, Stage
from ledger import BookEntry, Ledger
from tests.ledger.samples import FIRM

COST = BookEntry(EntryKind.COST, "44021", "CP:hp:cost:55120", "41873", "9014", Decimal("38.75"), EntryStatus.PENDING)
INVOICE = BookEntry(
    EntryKind.INVOICE, "6640", "CP:hp:inv:41873:fee:1", "41873", "9014", Decimal("6075.00"), Stage.REVIEW
)


def test_an_entry_is_kept_to_the_cent_and_as_it_was_read_last(ledger: Ledger) -> None:
    ledger.book_entries.note(FIRM, [COST, INVOICE])
    printed = replace(COST, status=EntryStatus.PRINTED, number="1042", dated=date(2031, 2, 4))
    ledger.book_entries.note(FIRM, [printed])

    assert ledger.book_entries.of(FIRM, EntryKind.COST, ["44021", "1"]) == {"44021": printed}
    assert ledger.book_entries.of(FIRM, EntryKind.INVOICE, ["6640"]) == {"6640": INVOICE}
    assert ledger.book_entries.of("another", EntryKind.COST, ["44021"]) == {}


def test_entries_are_found_by_how_they_stand(ledger: Ledger) -> None:
    ledger.book_entries.note(FIRM, [COST, INVOICE, replace(INVOICE, entry_id="6641", status=Stage.RELEASED)])
    assert ledger.book_entries.standing_as(FIRM, EntryKind.INVOICE, [Stage.REVIEW, Stage.RELEASE]) == [INVOICE]
    assert ledger.book_entries.standing_as(FIRM, EntryKind.COST, [EntryStatus.VOID]) == []
    ledger.book_entries.note(FIRM, [])
    assert ledger.book_entries.of(FIRM, EntryKind.COST, []) == {}
