"""The ledger of a casefile, made from its entries each time it is asked for; balances are its sums, so they always add up."""

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from datetime import date
from decimal import Decimal

from sandbox.soluno.books import Books
from sandbox.soluno.entries import NOTHING, Entry, Invoice
from sandbox.soluno.stamps import day_of


@dataclass(frozen=True, slots=True)
class Effect:
    """What moves, or what there is, in the four places where money of a casefile can be."""

    trust: Decimal = NOTHING
    unbilled_costs: Decimal = NOTHING
    unbilled_fees: Decimal = NOTHING
    receivable: Decimal = NOTHING

    def __add__(self, other: "Effect") -> "Effect":
        return Effect(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(Effect)))

    def __neg__(self) -> "Effect":
        return Effect(*(-getattr(self, one.name) for one in fields(Effect)))


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the ledger; the reversal of a voided entry is a line of its own, on the day of the void."""

    day: date
    kind: str
    entry_id: int
    text: str
    effect: Effect
    reversal: bool = False


def rows_of(books: Books, casefile_id: int) -> list[Row]:
    """All lines of a casefile, the earliest day first."""
    return sorted(_rows(books, casefile_id), key=lambda row: (row.day, row.reversal))


def balances_of(books: Books, casefile_id: int) -> Effect:
    """What there is now: the sum of all lines."""
    return sum((row.effect for row in _rows(books, casefile_id)), Effect())


def total_of(books: Books, invoice: Invoice) -> Decimal:
    """What an invoice comes to."""
    return sum((charge.amount for charge in books.charges_of(invoice)), NOTHING)


def trust_of(books: Books, invoice: Invoice) -> Decimal:
    """What is taken from trust for an invoice: as much as was wanted, but not more than it comes to."""
    return max(NOTHING, min(invoice.trust_wanted, total_of(books, invoice)))


def _rows(books: Books, casefile_id: int) -> Iterator[Row]:
    for cost in books.costs.of_casefile(casefile_id):
        yield from _both("CostEntry", cost, Effect(unbilled_costs=cost.amount))
    for fee in books.fees.of_casefile(casefile_id):
        yield from _both("FeeEntry", fee, Effect(unbilled_fees=fee.amount))
    for receipt in books.receipts.of_casefile(casefile_id):
        yield from _both("TrustReceipt", receipt, Effect(trust=receipt.amount))
    for cheque in books.cheques.of_casefile(casefile_id):
        yield from _both("TrustCheque", cheque, Effect(trust=-cheque.amount))
    for transfer in books.transfers.of_casefile(casefile_id):
        yield from _both("Transfer", transfer, Effect(trust=-transfer.amount, receivable=-transfer.amount))
    for invoice in books.invoices.of_casefile(casefile_id):
        if invoice.released is not None:
            yield _billed(books, invoice, invoice.released)


def _both(kind: str, entry: Entry, effect: Effect) -> Iterator[Row]:
    row = Row(entry.day, kind, entry.id, entry.explanation, effect)
    yield row
    if entry.void_day is not None:
        yield replace(row, day=entry.void_day, effect=-effect, reversal=True)


def _billed(books: Books, invoice: Invoice, released: int) -> Row:
    """Releasing moves costs and fees to what is receivable [help]."""
    costs = sum((books.costs.there(cost).amount for cost in invoice.costs), NOTHING)
    fees = sum((books.fees.there(fee).amount for fee in invoice.fees), NOTHING)
    effect = Effect(unbilled_costs=-costs, unbilled_fees=-fees, receivable=costs + fees)
    return Row(day_of(released), "Invoice", invoice.id, f"Invoice {invoice.number}", effect)
